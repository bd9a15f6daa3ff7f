/**
 * Pure. Batches for tests, made of text: what a writer is given, without a Kafka record behind it.
 * Encoding of measurements is not tested here; the lines are taken as they are.
 */
import type { Document, DocumentBatch, ItemOrigin, LineBatch } from "../core/delivery/batch.ts";
import type { RecordBlock } from "../core/delivery/records.ts";

const encoder = new TextEncoder();

/** A block with one record per text, of partition 0 of topic "metrics". */
export function recordBlock(texts: readonly string[]): RecordBlock {
  const values = texts.map((text) => encoder.encode(text));
  const starts = new Int32Array(values.length);
  const ends = new Int32Array(values.length);
  let length = 0;
  values.forEach((value, i) => {
    starts[i] = length;
    length += value.length;
    ends[i] = length;
  });
  const bytes = new Uint8Array(length);
  values.forEach((value, i) => bytes.set(value, starts[i]));
  return {
    topic: "metrics",
    partition: 0,
    bytes,
    count: values.length,
    offsets: Float64Array.from(values, (_, i) => i),
    timestamps: new Float64Array(values.length).fill(NaN),
    valueStarts: starts,
    valueEnds: ends,
    keyStarts: new Int32Array(values.length).fill(-1),
    keyEnds: new Int32Array(values.length).fill(-1),
    nextOffset: values.length,
  };
}

/** Lines of line protocol (without newlines) as one batch; record i of its block holds line i. */
export function lineBatch(
  lines: readonly string[],
  options: { readonly destination?: string; readonly precision?: "ms" | "ns" } = {},
): LineBatch {
  const encoded = lines.map((line) => encoder.encode(`${line}\n`));
  const ends = new Int32Array(encoded.length);
  let length = 0;
  encoded.forEach((line, i) => {
    length += line.length;
    ends[i] = length;
  });
  const body = new Uint8Array(length);
  encoded.forEach((line, i) => body.set(line, i === 0 ? 0 : ends[i - 1]));
  return {
    kind: "lines",
    destination: options.destination ?? "",
    precision: options.precision ?? "ms",
    count: lines.length,
    body,
    ends,
    originOf: originIn(recordBlock(lines)),
  };
}

/** Documents as one batch; record i of its block holds document i. */
export function documentBatch(documents: readonly Document[], destination = ""): DocumentBatch {
  return {
    kind: "documents",
    destination,
    count: documents.length,
    documents,
    originOf: originIn(recordBlock(documents.map((document) => document.json))),
  };
}

function originIn(block: RecordBlock): (i: number) => ItemOrigin {
  return (index) => ({ block, index });
}
