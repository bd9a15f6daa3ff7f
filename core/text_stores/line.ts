/**
 * Edge (files, stdout). The store `line:`: InfluxDB line protocol as text, for looking and for taking
 * elsewhere. Lines stand as they would go to InfluxDB, in the batch's own precision (Monasca: ms).
 */
import type { LineEndpoint } from "../config/endpoint.ts";
import type { LineBatch } from "../delivery/batch.ts";
import type { Writer } from "../delivery/writer.ts";
import type { OutputDeps } from "./output.ts";
import { createTextWriter } from "./text_writer.ts";

/** Appends to a file (fsynced before a write resolves) or to stdout ("-"). */
export function createLineWriter(
  endpoint: Pick<LineEndpoint, "path">,
  deps: OutputDeps,
): Promise<Writer> {
  return createTextWriter({ scheme: "line", kind: "lines", textOf }, endpoint.path, deps);
}

function textOf({ body, ends, count }: LineBatch): Uint8Array {
  return body.subarray(0, ends[count - 1]);
}
