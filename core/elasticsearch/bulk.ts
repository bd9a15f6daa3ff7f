/**
 * Pure. The body of a `_bulk` request and the answer to it. `index` with an id of our own, so that the
 * same document written twice is one; no `_type`, which OpenSearch 2 refuses.
 */
import type { Document } from "../delivery/batch.ts";
import type { SearchError } from "./reactions.ts";

/** Only what decides is asked for: the answer to 10,000 stored documents is then 270 kB. */
export const bulkPath =
  "/_bulk?filter_path=errors,status,error,items.*.status,items.*.error.type,items.*.error.reason," +
  "items.*.error.caused_by.reason";

/** Documents as pairs of lines: what to do, and the document. */
export function bulkBody(documents: readonly Document[]): string {
  return documents.map(({ index, id, json }) =>
    `${JSON.stringify({ index: { _index: index, _id: id } })}\n${json}\n`
  ).join("");
}

/** An error with its words, for people. */
export interface SearchRefusal extends SearchError {
  readonly words: string;
}

/**
 * The verdict on each document, undefined where it is stored; undefined in place of the list where the
 * text is no complete answer for `count` documents.
 */
export function bulkVerdicts(
  text: string,
  count: number,
): readonly (SearchRefusal | undefined)[] | undefined {
  const answer = parseJson(text);
  if (!isObject(answer)) return undefined;
  const { errors, items } = answer;
  if (!Array.isArray(items) || items.length !== count) return undefined;
  if (errors === false) return items.map(() => undefined);
  const verdicts: (SearchRefusal | undefined)[] = [];
  for (const item of items) {
    const result: unknown = isObject(item) ? item.index : undefined;
    if (!isObject(result) || typeof result.status !== "number") return undefined;
    const stored = result.status >= 200 && result.status < 300;
    verdicts.push(stored ? undefined : refusalOf(result.status, result.error));
  }
  return verdicts;
}

/** The error in an answer to the whole request; the text itself where it has none. */
export function requestRefusal(status: number, text: string): SearchRefusal {
  const answer = parseJson(text);
  return isObject(answer) && answer.error !== undefined
    ? refusalOf(status, answer.error)
    : { status, type: "", words: text };
}

/** `bytes_limit` of a circuit breaker's answer, undefined where there is none. */
export function breakerLimit(text: string): number | undefined {
  const answer = parseJson(text);
  const error = isObject(answer) ? answer.error : undefined;
  const limit = isObject(error) ? error.bytes_limit : undefined;
  return typeof limit === "number" ? limit : undefined;
}

/** `error` is an object, or a mere text where no handler was reached. */
function refusalOf(status: number, error: unknown): SearchRefusal {
  if (!isObject(error)) return { status, type: "", words: String(error ?? "") };
  const cause = isObject(error.caused_by) ? textOf(error.caused_by.reason) : "";
  const words = [textOf(error.reason), cause].filter((part) => part !== "").join(": ");
  const type = textOf(error.type);
  return { status, type, words: [type, words].filter((part) => part !== "").join(": ") };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
