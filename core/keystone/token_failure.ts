/**
 * Pure. What an answer of Keystone other than a token means: credentials that it refuses and
 * addresses that are none of its are the operator's to mend (`hold`), overload passes (`retry`).
 */
import { StoreError } from "../delivery/writer.ts";
import { type Answer, quotation, retryAfterMs } from "../http/answer.ts";
import { isObject, parseObject, textOf } from "./json.ts";

/** Who was asked, by whom and when. */
export interface TokenAsked {
  /** Keystone's URL, fit to show. */
  readonly name: string;
  /** The section of the credentials. */
  readonly section: string;
  readonly nowMs: number;
}

/** The StoreError for an answer that brought no token; it holds Keystone's words and no secret. */
export function tokenFailure(answer: Answer, { name, section, nowMs }: TokenAsked): StoreError {
  const { status } = answer;
  const said = `it answered ${status} ${keystoneWords(answer.text)}`;
  if (status === 429 || status >= 500) {
    return new StoreError(
      `Cannot get a token from '${name}': ${said}, expected 201`,
      "retry",
      { retryAfterMs: retryAfterMs(answer.headers, nowMs) },
    );
  }
  const expected = status === 401 || status === 403
    ? `a user, password and project in [${section}] that it knows`
    : status === 400
    ? `complete credentials in [${section}], names with their domains`
    : `[${section}] auth_url to be that of Keystone v3`;
  return new StoreError(`Cannot get a token from '${name}': ${said}, expected ${expected}`, "hold");
}

/** `error.message` of an answer of Keystone's, else the beginning of whatever it is. */
export function keystoneWords(text: string): string {
  const error = parseObject(text)?.error;
  const message = isObject(error) ? textOf(error.message) : "";
  return quotation(message === "" ? text : message);
}
