/**
 * Pure. The store `null:`: takes everything and keeps nothing, for measuring all that stands before a
 * store. The account counts.
 */
import type { Writer } from "../delivery/writer.ts";

/** A writer for both kinds of batches that resolves at once. */
export function createNullWriter(): Writer {
  let closed = false;
  return {
    name: "null:",
    takes: ["lines", "documents"],
    concurrency: 1,
    write: () =>
      closed ? Promise.reject(new Error("a write to null: after its close")) : Promise.resolve(),
    createDestination: () => Promise.resolve(),
    ping: () => Promise.resolve(),
    close: () => {
      closed = true;
      return Promise.resolve();
    },
  };
}
