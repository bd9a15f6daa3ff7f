/**
 * Pure. That a number which is taken as it stands is what Python would have made of it.
 */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { floatRepr } from "../python/numbers.ts";
import { type NumberKind, NumberScanner } from "./number_scan.ts";

function kindOf(text: string): NumberKind {
  const scanner = new NumberScanner();
  const bytes = new TextEncoder().encode(`${text}, "value_meta"`);
  scanner.scan(new DataView(bytes.buffer), 0, bytes.length);
  return scanner.kind;
}

const digits = (count: number): fc.Arbitrary<string> =>
  fc.stringMatching(new RegExp(`^[1-9][0-9]{${count - 1}}$`));
/** The same digits, with a point somewhere within. */
const anyDecimal = fc.tuple(fc.integer({ min: 14, max: 17 }).chain(digits), fc.nat())
  .map(([text, at]) => {
    const point = 1 + at % (text.length - 1);
    return `${text.slice(0, point)}.${text.slice(point)}`;
  });
/** Floats around powers, where the distance between floats changes. */
const edge = fc.tuple(fc.constantFrom(2, 10), fc.nat(15), fc.integer({ min: -9, max: 9 }))
  .map(([base, exponent, steps]) => (base ** exponent * (1 + steps * 2 ** -52)).toPrecision(16));

test("what is the same is Python's repr(float) to the letter", () => {
  fc.assert(
    fc.property(fc.oneof(anyDecimal, edge, fc.double().map(String)), (text) => {
      if (kindOf(text) === "same") expect(floatRepr(Number(text))).toBe(text);
    }),
    { numRuns: 5_000 },
  );
});

test("decimals of 16 digits are the same where no shorter one, and no other, is their float", () => {
  expect(kindOf("5154.649484536082")).toBe("same");
  expect(kindOf("-1.234567890123456")).toBe("same");
  expect([kindOf("9007.199254740993"), floatRepr(9007.199254740993)])
    .toEqual(["other", "9007.199254740994"]);
  expect([kindOf("0.1000000000000001"), floatRepr(0.1000000000000001)])
    .toEqual(["other", "0.1000000000000001"]);
  expect([kindOf("4096.000000000001"), kindOf("8192.000000000001")]).toEqual(["same", "other"]);
  expect([kindOf("5000.000000000000"), kindOf("4503599627370496.1")]).toEqual(["other", "other"]);
});
