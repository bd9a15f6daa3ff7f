/**
 * Edge (files, stdio). What the modes of `tpctl validate` read: stdin as a file, and the pipelines that
 * the paths mean.
 */
import { type ReadSetup, readSetup } from "../core/explanation/read_setup.ts";
import { UsageError } from "../core/errors.ts";
import { decoded, type FileText } from "../core/validate/file_text.ts";
import type { Hit } from "../core/validate/finding.ts";
import { loadPublisherKinds } from "../publishers/mod.ts";
import { surroundings } from "./daemon_output.ts";
import type { ReportFormat, ValidateFlags } from "./validate_flags.ts";

/** Stdin, or what keeps it from being a text. */
export async function readStdinText(): Promise<FileText | Hit> {
  const bytes = await Bun.stdin.bytes();
  try {
    return { text: decoded(bytes), isPublic: false };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const text = "Cannot read the file: it is not UTF-8, expected a readable text file";
    return { rule: "file/not-text", place: undefined, text };
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
