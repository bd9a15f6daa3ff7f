/**
 * Pure. How a row of the reaction tables looks, and how an answer finds its row. The tables themselves
 * are reactions1.ts (InfluxDB 1.x) and reactions2.ts (2.x and 3.x).
 */
import { type Answer, quotation, retryAfterMs } from "../http/answer.ts";
import { type Reaction, StoreError } from "../delivery/writer.ts";

/** A real answer that the row is about; the tests play each one to the writer. */
export interface ExampleAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * One row: an answer belongs to the first row of its table whose conditions all hold. Status and the
 * structured `code` decide; `words` stands only where the server gives no other sign.
 */
export interface ReactionRow {
  readonly name: string;
  /** First and last status. */
  readonly status: readonly [number, number];
  /** Whether the body is an error in the dialect's JSON form; left out: either. */
  readonly structured?: boolean;
  /** `code` of a 2.x error. */
  readonly code?: string;
  /** What the server's message must match, anchored at its start: messages quote users' data. */
  readonly words?: RegExp;
  readonly reaction: Reaction;
  /** For the operator, behind "expected"; left out where the data is at fault. */
  readonly expected?: string;
  readonly examples: readonly ExampleAnswer[];
}

/** An answer's error, taken from its JSON form where it has one. */
export interface ServerError {
  readonly structured: boolean;
  /** "" where there is none. */
  readonly code: string;
  readonly words: string;
}

/**
 * Reads `{"error"}` (1.x; 3.x with `data[].error_message`) and `{"code", "message"}` (2.x). Any other
 * body is unstructured, and its text stands for the message.
 */
export function serverError(answer: Answer): ServerError {
  const body = parseObject(answer.text);
  const message = textOf(body?.message) ?? textOf(body?.error);
  if (message === undefined) return { structured: false, code: "", words: answer.text };
  const first: unknown = Array.isArray(body?.data) ? body.data[0] : undefined;
  const detail = isObject(first) ? textOf(first.error_message) : undefined;
  const words = detail === undefined ? message : `${message}: ${detail}`;
  return { structured: true, code: textOf(body?.code) ?? "", words };
}

/** The row that an answer belongs to. A table ends with a row for any status. */
export function findRow(table: readonly ReactionRow[], answer: Answer): ReactionRow {
  const error = serverError(answer);
  const row = table.find(({ status: [from, to], structured, code, words }) =>
    answer.status >= from && answer.status <= to &&
    (structured === undefined || structured === error.structured) &&
    (code === undefined || code === error.code) &&
    (words === undefined || words.test(error.words))
  );
  if (row === undefined) throw new RangeError(`no reaction to status ${answer.status}`);
  return row;
}

/** The StoreError that an answer amounts to: "Cannot <what>: <status> <the server's words>". */
export function refusal(
  table: readonly ReactionRow[],
  answer: Answer,
  context: { readonly what: string; readonly nowMs: number },
): StoreError {
  const row = findRow(table, answer);
  const said = quotation(serverError(answer).words) || "without a word";
  // Some servers say the status in their words once more.
  const words = said.startsWith(`${answer.status} `) ? said.slice(said.indexOf(" ") + 1) : said;
  const expected = row.expected === undefined ? "" : `, expected ${row.expected}`;
  return new StoreError(
    `Cannot ${context.what}: ${answer.status} ${words}${expected}`,
    row.reaction,
    { retryAfterMs: retryAfterMs(answer.headers, context.nowMs) },
  );
}

/** The text as a JSON object, or undefined. */
export function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a decoded value is an object (or array) whose members may be asked for. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
