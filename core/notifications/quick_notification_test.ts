/**
 * Pure. Shows that a notification that is looked into before it is made says the same as one that is
 * made, to all who ask: members, expressions, samples, events.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { loadMessages } from "../../testing/bench/notifications.ts";
import { EventConverter } from "../events/converter.ts";
import { defaultEventDefinitions } from "../events/default_events.ts";
import { compileJsonPath } from "../jsonpath/jsonpath.ts";
import { defaultMeterFiles } from "../meters/default_meters.ts";
import { sampleDefaults } from "../meters/make_sample.ts";
import { readMeterFiles } from "../meters/meter_files.ts";
import { createSampleMaker } from "../meters/sample_maker.ts";
import { sampleDict, sampleJson } from "../pipeline/messages.ts";
import { lookedInto, type Notification } from "./notification.ts";
import { decodeNotification } from "./oslo.ts";
import { QuickReader } from "./quick_notification.ts";
import { type Dict, PyFloat, type Value } from "./value.ts";
import { PythonError } from "./value_rules.ts";
import { dumpValue } from "./value_text.ts";

const reader = new QuickReader();

function decoded(bytes: Uint8Array): Notification | undefined {
  const found = decodeNotification(bytes);
  return found.kind === "notification" ? found.notification : undefined;
}

/** Version 2, as oslo.messaging writes it. */
function enveloped(message: Dict): Buffer {
  return Buffer.from(
    dumpValue({ "oslo.version": "2.0", "oslo.message": dumpValue(message) }),
  );
}

/** All that a notification says, made. */
function saidBy(notification: Notification | undefined): unknown {
  if (notification === undefined) return undefined;
  const { priority, event_type, publisher_id, payload, ctxt, metadata, message } = notification;
  return { priority, event_type, publisher_id, payload, ctxt, metadata, message };
}

const sent: Dict = {
  message_id: "m-1",
  publisher_id: "compute.node-1",
  event_type: "compute.instance.update",
  priority: "INFO",
  timestamp: "2026-01-02 03:04:05.678901",
  payload: {
    id: "i",
    size: new PyFloat(3),
    nested: { a: { b: "c" }, list: [{ n: 1 }, { n: 2 }], empty: {} },
    text: 'say "ä"\n',
    metadata: { "metering.x": "y" },
  },
  _context_user_id: "u",
  _context_project_id: "p",
  _context_msg_id: "gone",
  _context_reply_q: "gone",
  _context_roles: ["admin"],
  _unique_id: "q",
  _timeout: 7,
};

describe("a notification as it is usually written", () => {
  const forms: readonly (readonly [string, Dict])[] = [
    ["a flat context", sent],
    ["a context of its own", { ...sent, _context: { user_id: "k", nested: { a: 1 } } }],
    ["a context that is no dict", { ...sent, _context: "none" }],
    ["no timeout", { ...sent, _timeout: null }],
    ["a payload that is a list", { ...sent, payload: [1, { a: 2 }] }],
    ["a payload that is null", { ...sent, payload: null }],
    ["a payload that is empty", { ...sent, payload: {} }],
    ["a publisher_id that is a dict", { ...sent, publisher_id: { a: 1 } }],
    ["members missing", { event_type: "e", priority: "sample" }],
  ];
  for (const [what, message] of forms) {
    test(what, () => {
      for (const bytes of [enveloped(message), Buffer.from(dumpValue(message))]) {
        const quick = reader.read(bytes);
        expect(quick).toBeDefined();
        expect(saidBy(quick)).toEqual(saidBy(decoded(bytes)));
      }
    });
  }

  test("members can be asked for in any order, before and after the whole", () => {
    const bytes = enveloped(sent);
    const made = decoded(bytes);
    const names = ["payload", "ctxt", "metadata", "message", "publisher_id"] as const;
    fc.assert(fc.property(fc.array(fc.constantFrom(...names)), (asked) => {
      const quick = reader.read(bytes);
      for (const name of asked) expect(quick?.[name]).toEqual(made?.[name]);
    }));
  });

  test("one that was read before cannot be asked any more", () => {
    const quick = reader.read(enveloped(sent));
    reader.read(enveloped({ ...sent, payload: {} }));
    expect(() => quick?.payload).toThrow("holds another text");
    const last = reader.read(enveloped(sent));
    expect(reader.read(Buffer.from("no notification"))).toBeUndefined();
    expect(() => last?.payload).toThrow("holds another text");
  });
});

test("what must be decoded in the usual way is left to that", () => {
  const others: readonly (Buffer | string)[] = [
    enveloped({ ...sent, priority: "audit" }),
    enveloped({ ...sent, priority: "loud" }),
    enveloped({ ...sent, priority: 1 }),
    enveloped({ ...sent, event_type: null }),
    enveloped({ ...sent, event_type: "größe" }),
    enveloped({ ...sent, "oslo.version": "2.0" }),
    JSON.stringify(sent.payload),
    '{"oslo.version": "2.1", "oslo.message": "{}", "event_type": "e", "priority": "info"}',
    "{}",
    "abc",
    "",
  ];
  for (const body of others) expect(reader.read(Buffer.from(body))).toBeUndefined();
});

const key = fc.constantFrom("a", "b", "id", "list", "event_type", "host", "metadata", "user_id");
const { value } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) =>
      Number.isInteger(number) ? new PyFloat(number) : number
    ),
    fc.string(),
    fc.constantFrom(null, true, ""),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(key, tie("value"), { maxKeys: 5, noNullPrototype: true }),
  ),
}));

describe("expressions", () => {
  const texts = [
    "$.payload.a",
    "payload.id",
    "$.payload.a.b",
    "$.payload.metadata.id",
    "$.payload",
    "$",
    "$.nothing",
    "ctxt.user_id",
    "ctxt.client_timeout",
    "ctxt.user_id|ctxt.user",
    "$.ctxt.roles[0]",
    "$.event_type",
    "publisher_id",
    "$.metadata.timestamp",
    "$.payload.*",
    "$.payload.list[*]",
    "$.payload.list[*].id",
    "$.payload.list[?(@.id = 1)].a",
    "$.payload..id",
    "$.payload.a.`len`",
    "$.payload.a.`parent`.id",
    "$.payload.id.`split(-, 0, -1)`",
    "(payload.a)|(payload.b)",
    "$.payload.id + 1",
  ].map(compileJsonPath);

  function answer(ask: () => Value | Value[]): unknown {
    try {
      return ask();
    } catch (error) {
      if (error instanceof PythonError) return `${error.kind}: ${error.message}`;
      throw error;
    }
  }

  test("find the same", () => {
    fc.assert(
      fc.property(fc.dictionary(key, value), (payload) => {
        const bytes = enveloped({ ...sent, payload });
        const quick = reader.read(bytes);
        const made = decoded(bytes);
        if (quick === undefined || made === undefined) throw new Error("not read");
        for (const { text, first, values } of texts) {
          expect([text, answer(() => first(lookedInto(quick)))])
            .toEqual([text, answer(() => first(made.message))]);
          expect([text, answer(() => values(lookedInto(quick)))])
            .toEqual([text, answer(() => values(made.message))]);
        }
      }),
      { numRuns: 500 },
    );
  });
});

/** A polled sample. */
const usual: Dict = {
  counter_name: "cpu",
  counter_type: "gauge",
  counter_unit: "ns",
  counter_volume: 1.5,
  user_id: "u",
  user_name: "un",
  project_id: null,
  resource_id: "r",
  timestamp: "t",
  resource_metadata: { a: { b: [1] }, e: new PyFloat(1) },
  source: "s",
  message_id: "m",
};

const { definitions } = readMeterFiles(defaultMeterFiles);

/** What samples and events come of a notification, with ids that count. */
function outcomeOf(notification: Notification): unknown {
  let count = 0;
  const make = createSampleMaker({
    definitions,
    options: sampleDefaults,
    newId: () => `id-${++count}`,
  });
  const made = make(notification);
  const event = converter.convert(notification);
  return {
    ...made,
    samples: made.samples.map(sampleJson),
    dicts: made.samples.map(sampleDict),
    event,
  };
}

const converter = new EventConverter(defaultEventDefinitions(), {
  dropUnmatchedNotifications: false,
  storeRaw: ["info"],
});

describe("samples and events", () => {
  test("of a cloud's load", () => {
    for (const { body } of loadMessages(1500)) {
      const bytes = Buffer.from(body);
      const quick = reader.read(bytes);
      const made = decoded(bytes);
      if (quick === undefined || made === undefined) throw new Error(`Not read: ${body}`);
      expect(outcomeOf(quick)).toEqual(outcomeOf(made));
    }
  });

  test("of payloads that have all kinds of members", () => {
    const member = fc.constantFrom(
      ...["id", "event_type", "host", "instance_id", "memory_mb", "vcpus", "state", "metadata"],
      ...["size", "volume_id", "samples", "measurements", "target", "initiator", "created_at"],
    );
    const type = fc.constantFrom(
      "compute.instance.exists",
      "image.upload",
      "volume.create.end",
      "identity.authenticate",
      "telemetry.polling",
      "http.request",
      "objectstore.http.request",
    );
    fc.assert(
      fc.property(type, fc.dictionary(member, value), (event_type, payload) => {
        const bytes = enveloped({ ...sent, event_type, payload });
        const quick = reader.read(bytes);
        const made = decoded(bytes);
        if (quick === undefined || made === undefined) throw new Error("not read");
        expect(outcomeOf(quick)).toEqual(outcomeOf(made));
      }),
      { numRuns: 400 },
    );
  });

  test("of polled samples, those in a row with the same metadata share it", () => {
    const samples = ["a", "a", "b", "a"].map((m): Dict => ({ ...usual, resource_metadata: { m } }));
    const bytes = enveloped({ ...sent, event_type: "telemetry.polling", payload: { samples } });
    const make = createSampleMaker({ definitions: [], options: sampleDefaults, newId: () => "id" });
    const quick = reader.read(bytes);
    const made = quick === undefined ? [] : make(quick).samples;
    expect(made.map((sample) => sample.resource_metadata)).toEqual([
      { m: "a" },
      { m: "a" },
      { m: "b" },
      { m: "a" },
    ]);
    const [first, second, third, fourth] = made.map((sample) => sample.written_metadata);
    expect([first === second, second === third, first === fourth]).toEqual([true, false, false]);
  });

  test("of polling batches, whole and with members missing or odd", () => {
    const names = [
      ...["counter_name", "counter_type", "counter_unit", "counter_volume", "user_id"],
      ...["project_id", "resource_id", "timestamp", "resource_metadata", "source", "message_id"],
    ];
    const polled = fc.tuple(fc.option(fc.constantFrom(...names)), fc.option(value)).map(
      ([name, other]) => {
        if (name === null) return usual;
        const { [name]: _, ...rest } = usual;
        return other === null ? rest : { ...rest, [name]: other };
      },
    );
    const item = fc.oneof({ weight: 20, arbitrary: polled }, { weight: 1, arbitrary: value });
    fc.assert(
      fc.property(fc.array(item), (samples) => {
        const bytes = enveloped({ ...sent, event_type: "telemetry.polling", payload: { samples } });
        const quick = reader.read(bytes);
        const made = decoded(bytes);
        if (quick === undefined || made === undefined) throw new Error("not read");
        expect(outcomeOf(quick)).toEqual(outcomeOf(made));
      }),
      { numRuns: 600 },
    );
  });
});
