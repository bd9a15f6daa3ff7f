/**
 * Pure. What the answer to a publisher's POST means: one table over the status, for every publisher
 * that posts to a server nobody knows more about (http, https, prometheus, opentelemetryhttp).
 */
import { type Reaction, StoreError } from "../delivery/writer.ts";
import { type Answer, quotation, retryAfterMs } from "./answer.ts";

/** What one range of statuses means; the first row that holds wins. */
export interface PostRow {
  /** A status, or its first digit. */
  readonly statuses: readonly number[];
  readonly reaction: Reaction;
  readonly expected: string;
}

/** Statuses other than 2xx. */
export const postRows: readonly PostRow[] = [
  { statuses: [401, 403, 407], reaction: "hold", expected: "a user who may post there" },
  { statuses: [408, 425, 429], reaction: "retry", expected: "a server that is not overloaded" },
  { statuses: [413], reaction: "split", expected: "a request that is small enough" },
  { statuses: [5], reaction: "retry", expected: "a server that works" },
  // A client that follows as browsers do would send a GET without the data, and take its 200 for
  // acceptance.
  { statuses: [3], reaction: "hold", expected: "the final address in the publisher's URL" },
  { statuses: [4], reaction: "bisect", expected: "data that the server accepts" },
  { statuses: [1, 6, 7, 8, 9], reaction: "hold", expected: "a status from 200 to 599" },
];

/** The StoreError for an answer, undefined where it is acceptance (2xx). */
export function postRefusal(answer: Answer, name: string, nowMs: number): StoreError | undefined {
  const { status } = answer;
  const digit = Math.floor(status / 100);
  if (digit === 2) return undefined;
  const row = postRows.find(({ statuses }) =>
    statuses.includes(status) || statuses.includes(digit)
  );
  const words = quotation(answer.text);
  const location = digit === 3 ? answer.headers.get("location") : null;
  const why = [
    `status ${status}`,
    location === null ? "" : `a redirection to '${withoutSecrets(location)}'`,
    words,
  ].filter((part) => part !== "").join(": ");
  return new StoreError(
    `Cannot post to '${name}': ${why}, expected ${row?.expected ?? "acceptance"}`,
    row?.reaction ?? "hold",
    { retryAfterMs: retryAfterMs(answer.headers, nowMs) },
  );
}

/** Nothing up to the last `@`, which may be a password's whatever it holds, and no query. */
function withoutSecrets(location: string): string {
  return location.replace(/\/\/.*@/s, "//").replace(/[?#].*$/s, "");
}
