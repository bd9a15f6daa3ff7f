/**
 * Pure. Several stores as one Writer: lines by the number before their destination, documents to the
 * store of events. What one store answers holds for its batch alone.
 */
import type { Batch } from "../delivery/batch.ts";
import type { Writer } from "../delivery/writer.ts";

/** `writers` in the order of the stores; `documents` is the one that takes those. */
export function routeWriters(writers: readonly Writer[], documents: Writer): Writer {
  const of = (destination: string): { readonly writer: Writer; readonly inner: string } => {
    const [, number, inner = ""] = /^(\d+):(.*)$/s.exec(destination) ?? [];
    const writer = number === undefined ? documents : writers[Number(number)];
    if (writer === undefined) throw new Error(`no store has destination '${destination}'`);
    return { writer, inner: number === undefined ? destination : inner };
  };
  return {
    name: writers.map(({ name }) => name).join(", "),
    takes: ["lines", "documents"],
    concurrency: Math.max(...writers.map(({ concurrency }) => concurrency)),
    write(batch: Batch, signal: AbortSignal): Promise<void> {
      if (batch.kind === "documents") return documents.write(batch, signal);
      const { writer, inner } = of(batch.destination);
      return writer.write({ ...batch, destination: inner }, signal);
    },
    createDestination(destination: string, signal: AbortSignal): Promise<void> {
      const { writer, inner } = of(destination);
      return writer.createDestination(inner, signal);
    },
    async ping(signal: AbortSignal): Promise<void> {
      for (const writer of writers) await writer.ping(signal);
    },
    async close(): Promise<void> {
      for (const writer of writers) await writer.close();
    },
  };
}
