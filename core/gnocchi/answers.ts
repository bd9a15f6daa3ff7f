/**
 * Pure. What Gnocchi answers, taken apart, and what an answer that nobody expected means for the
 * delivery. Gnocchi writes JSON only to clients that accept nothing else.
 */
import { type Reaction, StoreError } from "../delivery/writer.ts";
import { type Answer, quotation, retryAfterMs } from "../http/answer.ts";
import { isObject, listOf, parseObject, textOf } from "../keystone/json.ts";

/** An answer's `description`, which is a text or an object. */
export interface Words {
  readonly status: number;
  /** "" where there is none. */
  readonly cause: string;
  readonly detail: readonly unknown[];
  /** Fit for a log. */
  readonly text: string;
}

/** Takes an answer apart. */
export function wordsOf({ status, text }: Answer): Words {
  const description = parseObject(text)?.description;
  if (isObject(description)) {
    const [cause, reason] = [textOf(description.cause), textOf(description.reason)];
    const shown = reason === "" ? `${cause} ${JSON.stringify(description.detail ?? "")}` : reason;
    return { status, cause, detail: listOf(description.detail), text: quotation(shown) };
  }
  const said = textOf(description);
  return { status, cause: "", detail: [], text: quotation(said === "" ? text : said) };
}

/** The first row that holds decides; a success that is not the one asked for is not Gnocchi's. */
const reactions: readonly (readonly [(status: number) => boolean, Reaction, string])[] = [
  [(status) => status === 403, "hold", "credentials with the right to do so"],
  [(status) => status < 400 || status === 404, "hold", "Gnocchi's API at that address"],
  [(status) => status === 413, "split", "a smaller request"],
  [(status) => status === 408 || status === 409 || status === 429, "retry", "202"],
  [(status) => status >= 500, "retry", "202"],
  [() => true, "bisect", "what Gnocchi takes"],
];

/** Who answered, when, and to what. */
export interface Asked {
  /** Gnocchi as operators name it. */
  readonly name: string;
  /** "create resource 'x'": follows "Cannot". */
  readonly what: string;
  readonly nowMs: number;
}

/** The StoreError for an answer that has no better meaning. */
export function failureOf(answer: Answer, { name, what, nowMs }: Asked): StoreError {
  const words = wordsOf(answer);
  const [, reaction, expected] = reactions.find(([holds]) => holds(words.status)) ??
    [undefined, "bisect", ""] as const;
  return new StoreError(
    `Cannot ${what} in '${name}': it answered ${words.status} ${words.text}, expected ${expected}`,
    reaction,
    { retryAfterMs: retryAfterMs(answer.headers, nowMs) },
  );
}
