/**
 * Edge (files). The forms of samples and events against what Ceilometer itself wrote and sent. The
 * recordings are of release 19, whose samples had no user_name and project_name yet.
 */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { loadValue } from "../notifications/load_value.ts";
import { PyFloat, type Value } from "../notifications/value.ts";
import { dumpValue, valueRepr } from "../notifications/value_text.ts";
import { dictOf, makeEvent, makeSample, sampleOfLine } from "../../testing/samples.ts";
import { packMessage, unpackMessage } from "../../testing/msgpack.ts";
import { dateTimeRepr, dateTimeStr, isoDateTime } from "./datetime_text.ts";
import { DateTimeValue, type Event } from "./event.ts";
import {
  eventJson,
  eventLiteral,
  eventMessage,
  sampleDict,
  sampleJson,
  sampleLiteral,
  serializeEvent,
} from "./messages.ts";
import { meterMessage } from "./meter_message.ts";
import { createSigner } from "./signature.ts";

const testdata = join(import.meta.dir, "../../testdata");
const folders = ["ceilometer-publishers-fixed", "ceilometer-agent/create-end"];
const signer = createSigner("secret");

function recorded(folder: string, name: string): Buffer {
  return readFileSync(join(testdata, "captures", folder, name));
}

function linesOf(folder: string, name: string): string[] {
  return recorded(folder, name).toString().trimEnd().split("\n");
}

/** As release 19 had it. */
function withoutNames(line: string): string {
  return line.replace(/(["'])(user|project)_name\1: (null|None), /g, "");
}

describe.each(folders)("samples of %s", (folder) => {
  const samples = linesOf(folder, "file-json.log").map(sampleOfLine);

  test("as JSON and as Python literal are the recorded lines and the two names", () => {
    const json = samples.map((sample) => withoutNames(sampleJson(sample)));
    expect(json).toEqual(linesOf(folder, "file-json.log"));
    const literal = samples.map((sample) => withoutNames(sampleLiteral(sample)));
    expect(literal).toEqual(linesOf(folder, "file-repr.log"));
    expect(sampleJson(makeSample())).toContain(
      '"user_id": "user-1", "user_name": null, "project_id": "project-1", "project_name": null, ',
    );
  });

  test("as meter messages are the recorded datagrams and the two names", () => {
    samples.forEach((sample, n) => {
      const datagram = recorded(folder, `udp-0${n + 1}.udp`);
      const { user_name: _u, project_name: _p, ...ours } = meterMessage(sample, signer);
      // The signature covers the two names, so theirs stands in for ours.
      const theirs = dictOf(unpackMessage(new Uint8Array(datagram))).message_signature ?? null;
      const packed = packMessage({ ...ours, message_signature: theirs });
      expect(Buffer.from(packed).equals(datagram)).toBe(true);
    });
  });
});

test("samples that share metadata are written as each alone", () => {
  const metadata = { a: 1, list: ["x"] };
  const shared = [1, 2].map((volume) => makeSample({ volume, resource_metadata: metadata }));
  for (const sample of shared) {
    const alone = makeSample({ ...sample, resource_metadata: { ...metadata } });
    expect(sampleJson(sample)).toBe(dumpValue(sampleDict(alone)));
    expect(sampleLiteral(sample)).toBe(valueRepr(sampleDict(alone)));
  }
});

/** The event that an agent posted: times were texts there. */
function recordedEvent(serialized: Value | undefined): Event {
  const { message_id: id = null, event_type: type, generated, traits } = dictOf(serialized);
  return makeEvent({
    message_id: id,
    event_type: String(type),
    generated: dateTimeOf(generated),
    traits: (Array.isArray(traits) ? traits : []).map((trait) => {
      const [name, kind, value = null] = Array.isArray(trait) ? trait : [];
      if (kind !== 1 && kind !== 2 && kind !== 3 && kind !== 4) throw new Error("no trait");
      return { name: String(name), type: kind, value: kind === 4 ? dateTimeOf(value) : value };
    }),
  });
}

function dateTimeOf(text: Value | undefined): DateTimeValue {
  const [seconds = "", fraction = ""] = String(text).split(".");
  return new DateTimeValue(
    BigInt(Date.parse(`${seconds}Z`)) * 1000n + BigInt(fraction.padEnd(6, "0")),
  );
}

describe("an event", () => {
  const body = recorded("ceilometer-agent/create-end", "httpevent-01.req").toString()
    .split("\r\n\r\n")[1] ?? "";

  test("serialized is what the agent posted", () => {
    const posted = loadValue(body);
    const events = (Array.isArray(posted) ? posted : []).map(recordedEvent);
    expect(events).toHaveLength(1);
    expect(dumpValue(events.map(serializeEvent))).toBe(body);
  });

  test("signed is what the agent sent", () => {
    const envelope = dictOf(
      loadValue(recorded("ceilometer-agent/create-end", "amqp-00.body")),
    );
    const { payload } = dictOf(loadValue(String(envelope["oslo.message"])));
    for (const sent of Array.isArray(payload) ? payload : []) {
      expect(eventMessage(recordedEvent(sent), signer)).toEqual(dictOf(sent));
    }
  });

  test("in a file has its times as Python prints them", () => {
    expect(eventJson(makeEvent({ raw: { "é": new PyFloat(1) } }))).toBe(
      '{"message_id": "4ad0a080-7790-457b-963d-e09b1398d505", ' +
        '"event_type": "compute.instance.create.end", ' +
        '"generated": "2026-01-02 03:04:05.678901", "traits": [' +
        '{"name": "service", "dtype": 1, "value": "compute"}, ' +
        '{"name": "vcpus", "dtype": 2, "value": 2}, ' +
        '{"name": "ratio", "dtype": 3, "value": 1.5}, ' +
        '{"name": "launched_at", "dtype": 4, "value": "2026-01-02 03:04:16"}], ' +
        '"raw": {"\\u00e9": 1.0}}',
    );
    expect(eventLiteral(makeEvent({ message_id: null, raw: { k: [true, "é"] } }))).toBe(
      "{'message_id': None, 'event_type': 'compute.instance.create.end', " +
        "'generated': datetime.datetime(2026, 1, 2, 3, 4, 5, 678901), 'traits': [" +
        "{'name': 'service', 'dtype': 1, 'value': 'compute'}, " +
        "{'name': 'vcpus', 'dtype': 2, 'value': 2}, " +
        "{'name': 'ratio', 'dtype': 3, 'value': 1.5}, " +
        "{'name': 'launched_at', 'dtype': 4, 'value': datetime.datetime(2026, 1, 2, 3, 4, 16)}], " +
        "'raw': {'k': [True, 'é']}}",
    );
  });
});

describe("a datetime", () => {
  const { times } = JSON.parse(readFileSync(join(testdata, "messages/cases.json"), "utf8")) as {
    times: { microseconds: string; iso: string; str: string; repr: string }[];
  };
  test.each(times)("$iso is as CPython has it", ({ microseconds, iso, str, repr }) => {
    const value = new DateTimeValue(BigInt(microseconds));
    expect([isoDateTime(value), dateTimeStr(value), dateTimeRepr(value)]).toEqual([iso, str, repr]);
  });
});
