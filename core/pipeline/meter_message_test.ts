/**
 * Edge (files). The metering message: what is packed against the straightforward way to the same
 * bytes, for any values; what is signed against what a receiver recomputes.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isDict, PyFloat, type Value } from "../notifications/value.ts";
import { valueStr } from "../notifications/value_text.ts";
import { packMessage, unpackMessage } from "../../testing/msgpack.ts";
import { dictOf, makeSample, sampleOfLine } from "../../testing/samples.ts";
import { ByteBuffer } from "./byte_buffer.ts";
import { meterMessage, MeterPacker } from "./meter_message.ts";
import { UnpackableError } from "./msgpack.ts";
import type { Sample } from "./sample.ts";
import { bytesRepr, createSigner, signatureOf } from "./signature.ts";

const signer = createSigner("secret");
const captures = join(import.meta.dir, "../../testdata/captures/ceilometer-publishers-fixed");
const recorded = readFileSync(join(captures, "file-json.log"), "utf8").trimEnd().split("\n")
  .map(sampleOfLine);

describe("a meter message", () => {
  test("is signed as a receiver verifies it, with and without a publisher", () => {
    const packers = [new MeterPacker(signer), new MeterPacker(signer, "tphost")];
    for (const sample of recorded) {
      const message = meterMessage(sample, signer);
      expect(message.message_signature).toBe(signatureOf(message, "secret"));
      const [plain, named] = packers.map((packer) => dictOf(unpackMessage(packed(packer, sample))));
      expect(plain).toEqual(message);
      expect(named?.publisher_id).toBe("tphost");
      expect(named?.message_signature).toBe(signatureOf(named ?? {}, "secret"));
    }
    expect(meterMessage(makeSample(), createSigner("")).message_signature).toBe("");
  });

  test("may have an object or a list where a text is usual", () => {
    const odd = makeSample({ user_id: { b: [1, "é"], a: null }, project_id: ["x"], volume: "1.5" });
    const message = meterMessage(odd, signer);
    expect(message.message_signature).toBe(signatureOf(message, "secret"));
  });
});

describe("packed", () => {
  test("any samples have the straightforward bytes, one behind the other", () => {
    const packer = new MeterPacker(signer);
    fc.assert(fc.property(fc.array(samples, { maxLength: 6 }), (some) => {
      const out = new ByteBuffer();
      for (const sample of some) packer.pack(out, sample);
      const expected = some.map((sample) => {
        const { message_signature: _, ...message } = meterMessage(sample, createSigner(""));
        const text = pairsOf("", message);
        const signature = createHmac("sha256", "secret").update(text).digest("hex");
        return packMessage({ ...message, message_signature: signature });
      });
      expect(Buffer.from(out.since(0)).equals(Buffer.concat(expected))).toBe(true);
    }));
  });

  test("a sample that cannot be packed harms no other", () => {
    const packer = new MeterPacker(signer);
    const resource_metadata = { a: { b: "\ud800" } };
    for (let n = 0; n < 2; n++) {
      expect(() => packed(packer, makeSample({ resource_metadata }))).toThrow(UnpackableError);
    }
    expect(packed(packer, makeSample())).toEqual(packed(new MeterPacker(signer), makeSample()));
  });
});

const wellFormed = fc.string({ unit: "grapheme" });
const { value: values } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    wellFormed,
    fc.constantFrom<Value>(null, true, false, new PyFloat(1), "x".repeat(40), "é".repeat(300)),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) =>
      Number.isInteger(value) ? new PyFloat(value) : value
    ),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
    fc.array(tie("value"), { maxLength: 20 }),
    fc.dictionary(wellFormed, tie("value"), { maxKeys: 20 }),
  ),
}));
const metadata = fc.dictionary(wellFormed, values, { maxKeys: 40 });
// Some have the same metadata as others, in the same object or in an equal one.
const samples = fc.record({
  name: wellFormed,
  volume: values,
  user_id: values,
  resource_metadata: fc.oneof(metadata, fc.constant(recorded[0]?.resource_metadata ?? {})),
}).map((given): Sample => makeSample(given));

/** The signed text, as the reference's `recursive_keypairs` describes it. */
function pairsOf(prefix: string, value: Value): string {
  if (!isDict(value)) return prefix + (Array.isArray(value) ? reprOf(value) : valueStr(value));
  const under = prefix === "" ? "" : `${prefix}:`;
  return namesOf(value).map((name) => pairsOf(under + name, value[name] ?? null)).join("");
}

function reprOf(value: Value): string {
  if (typeof value === "string") return bytesRepr(value);
  if (Array.isArray(value)) return `[${value.map(reprOf).join(", ")}]`;
  if (!isDict(value)) return valueStr(value);
  const members = namesOf(value).map((name) =>
    `${bytesRepr(name)}: ${reprOf(value[name] ?? null)}`
  );
  return `{${members.join(", ")}}`;
}

/** In the order of code points, which is UTF-8's. */
function namesOf(value: object): string[] {
  return Object.keys(value).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

function packed(packer: MeterPacker, sample: Sample): Uint8Array {
  const out = new ByteBuffer();
  packer.pack(out, sample);
  return out.since(0);
}
