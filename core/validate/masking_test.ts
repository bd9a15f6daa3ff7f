/**
 * Pure. What a line shows of its secrets: nothing, and columns still point where they did.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { printable, shownLine, withoutSecrets } from "./masking.ts";
import { SourceText } from "./source_text.ts";

describe("a line", () => {
  test.each([
    ["password = s3cret # not a comment", "password = ***"],
    ["service_password=s3cret", "service_password=***"],
    ["passwrd: s3cret", "passwrd: ***"],
    ["token_file = /etc/token", "token_file = /etc/token"],
    ["transport_url = rabbit://u:s3@cret@h:1,u:s3cret@h2/v", "transport_url = rabbit://***@h2/v"],
    ['  - "http://u:s3cret@h/x?a=1&token=s3cret&b=2"', '  - "http://***@h/x?a=1&token=***&b=2"'],
    ["  api_key: s3cret", "  api_key: ***"],
    ["auth_url = https://keystone:5000/v3", "auth_url = https://keystone:5000/v3"],
    ["# mail me@example.org", "# mail me@example.org"],
    ["password s3cret", "password ***"],
  ])("%j is %j", (line, shown) => {
    expect(shownLine(line).text).toBe(shown);
  });

  test("keeps its columns", () => {
    const line = '- "http://user:s3cret@host/x", other';
    const { text, columnOf } = shownLine(line);
    for (const word of ["http", "host", "other"]) {
      expect(text.slice(columnOf(line.indexOf(word) + 1) - 1).startsWith(word)).toBe(true);
    }
    expect(text.slice(columnOf(line.indexOf("s3cret") + 1) - 1)).toStartWith("***");
  });

  test.each([
    "a.",
    "a://",
    "?pass",
    "pass",
    "pass-",
    "pass  ",
    "&pass",
    "a@",
    "password: ",
    "a:",
    " a:b",
    "a:b,",
  ])(
    "of %j a hundred thousand times is looked at in one pass",
    (piece) => {
      const line = `x ${piece.repeat(100_000)}`;
      expect(shownLine(line).text.length).toBeGreaterThan(0);
      expect(withoutSecrets(line).length).toBeGreaterThan(0);
    },
    3000,
  );

  test("is never slow, whatever it is", () => {
    const pieces = fc.constantFrom("://", "@", "pass", "=", ":", " ", "a", "token", "'", "?", "&");
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 3000 }), (parts) => {
        const { text, columnOf } = shownLine(parts.join(""));
        expect(columnOf(1)).toBeLessThanOrEqual(text.length + 1);
      }),
      { numRuns: 50 },
    );
  });
});

test("what stands at a place is short, and found in one pass", () => {
  const source = new SourceText("f", `a: b # c\nx: "q r" z\ny:${" ".repeat(300_000)}end`);
  expect(source.found({ file: "f", line: 1, column: 4 })).toBe("b");
  expect(source.found({ file: "f", line: 2, column: 4 })).toBe('"q r"');
  expect(source.found({ file: "f", line: 3, column: 1 })).toBe("y:");
}, 3000);

test("a sentence loses what stands before @ in its URLs", () => {
  expect(withoutSecrets("Cannot use 'http://u:p@h/x?token=t', expected 'http://h'"))
    .toBe("Cannot use 'http://***@h/x?token=***', expected 'http://h'");
  const forms = "expected influxdb://user@host:8086/database";
  expect(withoutSecrets(forms)).toBe(forms);
  expect(withoutSecrets("'kafka://user@a,user:p@b/t'")).toBe("'kafka://***@b/t'");
  expect(withoutSecrets("Cannot use 'user:p@host': at 10:20, a@b")).toBe(
    "Cannot use '***@host': at 10:20, a@b",
  );
});

test("control characters become one sign each", () => {
  expect(printable("a\u001b[31m\u0007\tb\u2028\ud800")).toBe("a\ufffd[31m\ufffd\tb\ufffd\ufffd");
});
