/**
 * Pure. The body of a /write or /api/v2/write request: which bytes of a batch, plain or gzipped. Where
 * it goes and what the answer means is the business of the two writers.
 */
import type { GzipChoice } from "../config/endpoint.ts";
import type { Batch, LineBatch } from "../delivery/batch.ts";
import { StoreError } from "../delivery/writer.ts";

/**
 * influxd's own `max-body-size` (25 MB), counted uncompressed: several items that are more than this
 * are halved without asking. A single one is sent, for the server's own limit may be higher.
 */
export const requestBytesMax = 25_000_000;

/** Smaller bodies than about one packet gain nothing. */
const gzipBytesMin = 1400;

/** Body and headers that belong together. */
export interface LineRequest {
  readonly body: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

/** The batch as a request body. Throws a StoreError "split" where it is too large for any server. */
export function lineRequest(batch: LineBatch, options: { readonly gzip: boolean }): LineRequest {
  const body = batch.body.subarray(0, batch.ends[batch.count - 1] ?? 0);
  if (body.length > requestBytesMax && batch.count > 1) {
    throw new StoreError(
      `Cannot write ${batch.count} lines at once: ${body.length} bytes, expected at most ` +
        `${requestBytesMax}`,
      "split",
    );
  }
  const headers = { "Content-Type": "text/plain; charset=utf-8" };
  if (!options.gzip || body.length < gzipBytesMin) return { body, headers };
  return {
    body: Bun.gzipSync(new Uint8Array(body), { level: 1 }),
    headers: { ...headers, "Content-Encoding": "gzip" },
  };
}

/** Whether requests to that host are gzipped: a network is slower than gzip, loopback is not. */
export function usesGzip(choice: GzipChoice, host: string): boolean {
  if (choice !== "auto") return choice === "always";
  return !(host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host));
}

/** The batch as lines; another kind is a defect of whoever wired the writer. */
export function asLines(batch: Batch): LineBatch {
  if (batch.kind !== "lines") throw new TypeError(`an InfluxDB writer takes no ${batch.kind}`);
  return batch;
}
