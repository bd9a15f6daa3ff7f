/**
 * Pure. A dead letter as one line of JSON, as it stands in the files and in the dead-letter topic.
 */
import type { DeadLetter } from "./dead_letter.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** Who writes a letter down, and when. */
export interface LetterContext {
  /** The subcommand: `persist`, `pipeline`, ... */
  readonly command: string;
  /** ms since the epoch. */
  readonly nowMs: number;
}

/** The line with its newline, in UTF-8. */
export function letterLine(letter: DeadLetter, context: LetterContext): Uint8Array {
  const { source, class: letterClass, reason, destination, item, payload } = letter;
  const time = new Date(context.nowMs).toISOString();
  const line = JSON.stringify({
    time,
    command: context.command,
    source,
    class: letterClass,
    reason,
    destination,
    item,
    ...payloadMember(payload),
  });
  return encoder.encode(`${line}\n`);
}

function payloadMember(payload: Uint8Array): { payload: string } | { payload_base64: string } {
  try {
    return { payload: utf8.decode(payload) };
  } catch {
    const { buffer, byteOffset, length } = payload;
    return { payload_base64: Buffer.from(buffer, byteOffset, length).toString("base64") };
  }
}
