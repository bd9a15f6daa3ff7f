/**
 * Edge (files, stdio). What the modes of `tpctl validate` read: stdin as a file, and the pipelines that
 * the paths mean.
 */
import { type ReadSetup, readSetup } from "../core/explanation/read_setup.ts";
import { UsageError } from "../core/errors.ts";
import { decoded, type FileText } from "../core/validate/file_text.ts";
import type { Hit } from "../core/validate/finding.ts";
import { fileBytesMax } from "../core/validate/limits.ts";
import { loadPublisherKinds } from "../publishers/mod.ts";
import { surroundings } from "./daemon_output.ts";
import type { ReportFormat, ValidateFlags } from "./validate_flags.ts";

/** Stdin, or what keeps it from being a text. */
export async function readStdinText(): Promise<FileText | Hit> {
  const refused = (why: string, rule: string): Hit => {
    const text = `Cannot read the file: ${why}, expected a readable text file`;
    return { rule, place: undefined, text };
  };
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of Bun.stdin.stream()) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > fileBytesMax) {
      return refused(`it has more than ${fileBytesMax} bytes`, "file/unreadable");
    }
  }
  try {
    return { text: decoded(Buffer.concat(chunks)), isPublic: false, isStream: true };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return refused("it is not UTF-8", "file/not-text");
  }
}

/** The pipelines of the paths. Rejects with UsageError or ConfigErrors. */
export async function readPipelines(
  { paths, kind }: Pick<ValidateFlags, "paths" | "kind">,
): Promise<ReadSetup> {
  return readSetup({
    paths,
    kind,
    surroundings: surroundings(),
    publisherKinds: await loadPublisherKinds(),
    stdin: paths.includes("-") ? await readStdinText() : undefined,
  });
}

/** Throws a UsageError for a format that the mode cannot write. */
export function checkFormat<Format extends ReportFormat>(
  format: ReportFormat,
  { mode, able }: { readonly mode: string; readonly able: readonly Format[] },
): Format {
  const found = able.find((one) => one === format);
  if (found !== undefined) return found;
  throw new UsageError(
    `Cannot use --format '${format}' with ${mode}: it writes something else, expected ` +
      able.join(", "),
  );
}
