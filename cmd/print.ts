/**
 * Edge (stdout). Prints a command's result: all of it, also into a pipe that is read slowly. A reader
 * that has gone away (`tpctl ... | head`) is no error.
 */
import { systemClock } from "../core/clock.ts";
import { silentLog } from "../core/log/log.ts";
import { openOutput } from "../core/text_stores/output.ts";

/** Resolves when the text is out, or nobody reads it any more. */
export async function print(text: string): Promise<void> {
  let isGone = false;
  const onReaderGone = (): void => {
    isGone = true;
  };
  const output = await openOutput("stdout", "-", {
    clock: systemClock,
    log: silentLog,
    onReaderGone,
  });
  try {
    await output.write(new TextEncoder().encode(text));
  } catch (error) {
    if (!isGone) throw error;
  }
}
