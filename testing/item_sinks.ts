/**
 * Pure. `ItemSinks` that keep everything, for tests and benchmarks of encoders.
 */
import type { Document } from "../core/delivery/batch.ts";
import type { RecordBlock } from "../core/delivery/records.ts";
import type { ItemSinks, LineSink } from "../core/persist/encoder.ts";

/** One ended line. */
export interface KeptLine {
  readonly destination: string;
  readonly line: string;
  readonly index: number;
}

/** What an encoder gave, in its order. */
export interface KeptItems extends ItemSinks {
  readonly kept: KeptLine[];
  readonly documents: Document[];
}

/** Sinks that take lines apart as they end, each with a buffer of its own that moves when it grows. */
export function keptItems(): KeptItems {
  const kept: KeptLine[] = [];
  const documents: Document[] = [];
  const sinks = new Map<string, LineSink>();
  const makeSink = (destination: string): LineSink => {
    let buffer = new Uint8Array(16);
    const sink: LineSink = {
      length: 3,
      reserve(bytes: number): Uint8Array {
        if (buffer.length - sink.length >= bytes) return buffer;
        const moved = new Uint8Array(sink.length + bytes);
        moved.set(buffer.subarray(0, sink.length));
        buffer = moved;
        return buffer;
      },
      endLine(_block: RecordBlock, index: number): void {
        const line = Buffer.from(buffer.subarray(3, sink.length)).toString("latin1");
        kept.push({ destination, line: Buffer.from(line, "latin1").toString(), index });
        sink.length = 3;
      },
    };
    return sink;
  };
  return {
    kept,
    documents,
    lines(destination: string): LineSink {
      const sink = sinks.get(destination) ?? makeSink(destination);
      sinks.set(destination, sink);
      return sink;
    },
    document: (_block, _index, document) => void documents.push(document),
  };
}
