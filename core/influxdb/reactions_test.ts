/**
 * Pure. The reaction tables as tables: complete, unambiguous, each example finding its own row, and no
 * users' data in a message deciding anything.
 */
import { describe, expect, test } from "bun:test";
import { findRow, type ReactionRow, refusal, serverError } from "./reactions.ts";
import { creation1, reactions1, tenantCreation1 } from "./reactions1.ts";
import { creation2, organization2, reactions2, tenantCreation2 } from "./reactions2.ts";
import type { Answer } from "../http/answer.ts";

const tables: readonly [string, readonly ReactionRow[]][] = [
  ["1.x", reactions1],
  ["1.x creation", [...tenantCreation1, ...creation1, ...reactions1]],
  ["2.x", reactions2],
  ["2.x organization", [...organization2, ...reactions2]],
  ["2.x creation", [...tenantCreation2, ...creation2, ...reactions2]],
];

function answerOf(status: number, body: string, headers: Record<string, string> = {}): Answer {
  return { status, headers: new Headers(headers), text: body };
}

describe.each(tables)("the %s table", (_, table) => {
  test("has a reaction to every status, whatever stands in the body", () => {
    for (let status = 100; status <= 999; status++) {
      for (const body of ["", "text", '{"error":"e"}', '{"code":"c","message":"m"}', "[1]"]) {
        expect(findRow(table, answerOf(status, body)).reaction).toBeString();
      }
    }
  });
  test("has names that are told apart, and operators are told what is expected", () => {
    for (const row of table) {
      const holds = row.reaction === "hold" || row.reaction === "hold_destination";
      expect([row.name, row.expected !== undefined]).toEqual([row.name, holds]);
    }
  });
});

test("no row is without an example, and each example finds its own row and no earlier one", () => {
  const creations = [creation1, tenantCreation1, creation2, organization2, tenantCreation2];
  for (const table of [reactions1, reactions2, ...creations]) {
    expect(new Set(table.map(({ name }) => name)).size).toBe(table.length);
    for (const row of table) {
      expect(row.examples.length).toBeGreaterThan(0);
      for (const { status, body, headers } of row.examples) {
        expect(findRow(table, answerOf(status, body, headers)).name).toBe(row.name);
      }
    }
  }
});

describe("users' data in a message decides nothing", () => {
  test.each([
    "unable to parse 'database not found': missing fields",
    "unable to parse 'x': partial write: points beyond retention policy dropped=1",
    "partial write: unable to parse 'max-series-per-database limit exceeded': missing fields dropped=0",
    'partial write: field type conflict: input field "points beyond retention policy dropped=1" on ' +
    'measurement "partial write: max-values-per-tag limit exceeded" is type string, already exists ' +
    "as type float dropped=1",
  ])("%s", (error) => {
    expect(findRow(reactions1, answerOf(400, JSON.stringify({ error }))).reaction).toBe("bisect");
  });
  test("a 2.x bucket that is named after an organization is missing all the same", () => {
    const message = 'bucket "organization name" not found';
    const answer = answerOf(404, JSON.stringify({ code: "not found", message }));
    expect(findRow(reactions2, answer).reaction).toBe("create");
  });
  test("a point refused by a write window is no expiry", () => {
    const message = "failure writing points to database: partial write: dropped 1 points outside " +
      "retention policy of duration 1h0m0s - oldest point m at 2031-09-09T01:46:40Z dropped because " +
      "it violates a Write Window Upper Bound at 2026-11-22T20:00:00Z, newest point m at " +
      "2031-09-09T01:46:40Z dropped because it violates a Write Window Upper Bound at " +
      "2026-11-22T20:00:00Z dropped=1 for database: a for retention policy: b";
    const answer = answerOf(422, JSON.stringify({ code: "unprocessable entity", message }));
    expect(findRow(reactions2, answer).reaction).toBe("bisect");
  });
});

describe("a refusal", () => {
  const context = { what: "write to 'influxdb://h:1/db'", nowMs: Date.UTC(2026, 10, 22) };
  test("says what could not be done, the status, the server's words and what is expected", () => {
    const answer = answerOf(401, '{"error":"authorization failed"}');
    expect(refusal(reactions1, answer, context).message).toBe(
      "Cannot write to 'influxdb://h:1/db': 401 authorization failed, expected a user and password " +
        "that this server knows ([influxdb], or the URL and TPCTL_PASSWORD)",
    );
  });
  test("is one line of bounded length that keeps the reason at the end of a long quotation", () => {
    const error = `unable to parse '${"x".repeat(100_000)}\n\u0007': missing fields`;
    const { message } = refusal(reactions1, answerOf(400, JSON.stringify({ error })), context);
    expect(message.length).toBeLessThan(700);
    expect(message).toEndWith("missing fields");
    expect(message).not.toMatch(/\p{Cc}/u);
  });
  test("without a word of the server still says so", () => {
    const { message } = refusal(reactions1, answerOf(502, ""), context);
    expect(message).toBe("Cannot write to 'influxdb://h:1/db': 502 without a word");
  });
  test.each([
    ["7", 7000],
    ["0", 0],
    ["Sun, 22 Nov 2026 00:00:30 GMT", 30_000],
    ["Sat, 21 Nov 2026 00:00:00 GMT", 0],
    ["99999999", 3_600_000],
    ["soon", undefined],
    ["", undefined],
  ])("Retry-After '%s' is a wait of %p ms", (value, expected) => {
    for (const table of [reactions1, reactions2]) {
      for (const status of [429, 503]) {
        const answer = answerOf(status, "", { "Retry-After": value });
        expect(refusal(table, answer, context).retryAfterMs).toBe(expected);
      }
    }
  });
});

test("a server's error is read from each dialect's JSON form, and from nothing else", () => {
  const read = (body: string) => serverError(answerOf(400, body));
  expect(read('{"error":"e"}')).toEqual({ structured: true, code: "", words: "e" });
  expect(read('{"code":"c","message":"m"}')).toEqual({ structured: true, code: "c", words: "m" });
  expect(read('{"error":"e","data":[{"error_message":"d"}]}').words).toBe("e: d");
  expect(read('{"error":"e","data":null}').words).toBe("e");
  for (const body of ["", "x", "[]", "null", '{"error":{"a":1}}', '{"message":5}']) {
    expect(read(body)).toEqual({ structured: false, code: "", words: body });
  }
});
