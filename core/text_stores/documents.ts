/**
 * Edge (files, stdout). The store `documents:`: events as NDJSON, one `{"index", "document"}` per line,
 * for looking and for taking elsewhere.
 */
import type { DocumentsEndpoint } from "../config/endpoint.ts";
import type { DocumentBatch } from "../delivery/batch.ts";
import type { Writer } from "../delivery/writer.ts";
import type { OutputDeps } from "./output.ts";
import { createTextWriter } from "./text_writer.ts";

/** Appends to a file (fsynced before a write resolves) or to stdout ("-"). */
export function createDocumentsWriter(
  endpoint: Pick<DocumentsEndpoint, "path">,
  deps: OutputDeps,
): Promise<Writer> {
  return createTextWriter({ scheme: "documents", kind: "documents", textOf }, endpoint.path, deps);
}

const encoder = new TextEncoder();

function textOf({ documents }: DocumentBatch): Uint8Array {
  const lines = documents.map(({ index, json }) =>
    `{"index":${JSON.stringify(index)},"document":${json}}\n`
  );
  return encoder.encode(lines.join(""));
}
