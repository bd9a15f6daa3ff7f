/**
 * Edge (files). Signatures and texts of messages against what CPython made of them
 * (testdata/messages/generate.py), and against messages that a real agent signed.
 */
import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { loadValue } from "../notifications/load_value.ts";
import { type Dict, isDict, type Value } from "../notifications/value.ts";
import { dumpValue, valueRepr } from "../notifications/value_text.ts";
import { bytesRepr, createSigner, signatureOf } from "./signature.ts";
import { packMessage, unpackMessage } from "../../testing/msgpack.ts";

const testdata = join(import.meta.dir, "../../testdata");

interface Case {
  readonly message: string;
  readonly secret: string;
  readonly signature: string;
  readonly msgpack: string;
  readonly msgpack_length: number;
  readonly repr?: string;
  readonly json?: string;
}

const { messages } = JSON.parse(
  readFileSync(join(testdata, "messages/cases.json"), "utf8"),
) as { readonly messages: readonly Case[] };

/** An object, or the text of one. */
function dictOf(source: Value | undefined): Dict {
  const value = typeof source === "string" ? loadValue(source) : source;
  if (!isDict(value)) throw new Error("not an object");
  return value;
}

function listOf(value: Value | undefined): Value[] {
  if (!Array.isArray(value)) throw new Error("not a list");
  return value;
}

describe("messages as CPython has them", () => {
  test.each(messages.map((one, n) => [n, one] as const))("message %i", (_, one) => {
    const message = dictOf(one.message);
    expect(signatureOf(message, one.secret)).toBe(one.signature);
    if (one.json !== undefined) expect(dumpValue(message)).toBe(one.json);
    if (one.repr !== undefined) expect(valueRepr(message)).toBe(one.repr);
    const packed = packMessage(message);
    expect(packed.length).toBe(one.msgpack_length);
    expect(new Bun.CryptoHasher("sha256").update(packed).digest("hex")).toBe(one.msgpack);
    expect(dumpValue(unpackMessage(packed))).toBe(dumpValue(message));
  });
});

describe("a signature", () => {
  test("is that of the messages that real agents sent", () => {
    for (const folder of ["ceilometer-agent/create-end", "ceilometer-publishers-fixed"]) {
      const path = join(testdata, "captures", folder);
      const names = readdirSync(path).filter((name) => name.endsWith(".udp"));
      expect(names).toHaveLength(5);
      for (const name of names) {
        const message = unpackMessage(new Uint8Array(readFileSync(join(path, name))));
        if (!isDict(message)) throw new Error(`${name} is no message`);
        expect(signatureOf(message, "secret")).toBe(String(message.message_signature));
      }
    }
  });

  test("covers notifier's events, whose traits are lists", () => {
    const path = join(testdata, "captures/ceilometer-agent/create-end/amqp-00.body");
    const envelope = dictOf(readFileSync(path, "utf8"));
    const { payload } = dictOf(String(envelope["oslo.message"]));
    if (!Array.isArray(payload)) throw new Error("no events");
    expect(payload.length).toBe(1);
    for (const event of payload.filter(isDict)) {
      expect(signatureOf(event, "secret")).toBe(String(event.message_signature));
    }
  });

  test("is what the reference sent in the conformance cases", () => {
    let signed = 0;
    for (const name of ["publishers", "quirks"]) {
      const file = readFileSync(join(testdata, "conformance", `${name}.json`), "utf8");
      for (const one of listOf(dictOf(file).cases)) {
        const { conf = {}, expect: expected } = dictOf(one);
        const { wire = {} } = dictOf(expected);
        const secret = dictOf(conf)["publisher.telemetry_secret"] ??
          "change this for valid signing";
        const { udp = [], tcp = [] } = dictOf(wire);
        for (const message of [...listOf(udp), ...listOf(tcp)].map(dictOf)) {
          expect(signatureOf(message, String(secret))).toBe(String(message.message_signature));
          signed++;
        }
      }
    }
    expect(signed).toBeGreaterThan(150);
  });

  test("does not depend on the order of members, and is empty without a secret", () => {
    fc.assert(fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (dict) => {
      const message = dictOf(JSON.stringify(dict));
      const turned = Object.fromEntries(Object.entries(message).reverse());
      expect(signatureOf(turned, "secret")).toBe(signatureOf(message, "secret"));
    }));
    expect(createSigner("").sign(() => {})).toBe("");
  });

  test("shows byte strings as Python does", () => {
    expect(bytesRepr("plain")).toBe("b'plain'");
    expect(bytesRepr("it's")).toBe('b"it\'s"');
    expect(bytesRepr("'\"")).toBe("b'\\'\"'");
    expect(bytesRepr("é\n\u0000\\")).toBe("b'\\xc3\\xa9\\n\\x00\\\\'");
  });
});
