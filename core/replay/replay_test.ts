/**
 * Pure. The parts of replay by themselves: what is selected, how messages are written and moved in time.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { makeEvent, makeSample } from "../../testing/samples.ts";
import type { StoreEndpoint } from "../config/endpoint.ts";
import { parseStore } from "../config/endpoint_url.ts";
import { createDatumFilter } from "../datum/datum_filter.ts";
import type { Form } from "../datum/forms.ts";
import { type RecordBlock, valueOf } from "../delivery/records.ts";
import { LineBlocks } from "../files/line_blocks.ts";
import { dumpValue } from "../notifications/value_text.ts";
import { LineBuffer } from "../persist/line_buffer.ts";
import { eventJson, sampleJson, sampleLiteral, serializeEvent } from "../pipeline/messages.ts";
import { shiftMessage } from "./message_shift.ts";
import { encoderFor } from "./open_target.ts";
import { createReplayEncoder } from "./replay_encoder.ts";
import { type SelectedBlock, type Selection, Selector } from "./selector.ts";
import { oneStore, storesByKind, takesLettersOf } from "./targets.ts";

const noSecrets = { password: undefined, influxToken: undefined };

function storeOf(url: string): StoreEndpoint {
  return parseStore(url, noSecrets);
}

function metricText(name: string, timestamp = 1767323045678, tenantId = "t1"): string {
  return JSON.stringify({
    metric: { name, dimensions: { hostname: "n1" }, timestamp, value: 1.5, value_meta: null },
    meta: { tenantId, region: "r" },
    creation_time: 1767323046,
  });
}

function blockOf(lines: readonly string[]): RecordBlock {
  const blocks = new LineBlocks({ file: "x", partition: 0, lineBytesMax: 1e6 });
  const [block] = blocks.add(Buffer.from(lines.join("\n") + "\n"));
  if (block === undefined) throw new Error("no lines");
  return block;
}

const everything: Selection = {
  filter: undefined,
  format: undefined,
  linePrecision: "auto",
  takesLettersFor: () => true,
  limit: Infinity,
};

/** What the store of the URL would be given of these lines, and what it would not. */
function encoded(
  url: string,
  lines: readonly string[],
  { shiftMs = 0, withMetadata = false } = {},
): { readonly lines: string[]; readonly documents: object[]; readonly refused: string[] } {
  const today = (): Date => new Date(0);
  const stores = oneStore(storeOf(url));
  const encoder = encoderFor({ stores, shiftMs, withMetadata, linePrecision: "auto", today });
  const block = new Selector(everything).select(blockOf(lines));
  const out: string[] = [];
  const documents: object[] = [];
  const refused: string[] = [];
  for (let i = 0; i < block.count; i++) {
    const sink = {
      length: 0,
      buffer: new Uint8Array(10_000),
      reserve: () => sink.buffer,
      endLine: () => void out.push(new TextDecoder().decode(sink.buffer.subarray(0, sink.length))),
    };
    const lineSink = (): typeof sink => Object.assign(sink, { length: 0 });
    const sinks = {
      lines: lineSink,
      document: (_block: unknown, _index: number, document: object) =>
        void documents.push(document),
    };
    const refusal = encoder.encode(block, i, sinks);
    if (refusal !== undefined) refused.push(`${refusal.class}: ${refusal.reason}`);
  }
  return { lines: out, documents, refused };
}

describe("what stores are given", () => {
  const sample = makeSample({ timestamp: "2026-01-02T03:04:05.678901+00:00" });

  test("lines in ns, of whatever form the message has", () => {
    const alarm = {
      "alarm-transitioned": {
        ...{ tenantId: "t", alarmId: "a", metrics: [], newState: "OK", oldState: "ALARM" },
        ...{ stateChangeReason: "r", subAlarms: [], timestamp: 1767323045678, alarmName: "x" },
      },
    };
    const { lines, refused } = encoded("influxdb://h/mon", [
      metricText("cpu"),
      JSON.stringify(alarm),
      sampleJson(sample),
      sampleLiteral(sample),
      eventJson(makeEvent()),
      "m,a=b v=1 1767323045678",
      "m,a=b v=1 1767323045678901234",
      "# comment",
    ]);
    expect(refused).toEqual([]);
    expect(lines.map((line) => line.replace(/^(\S+).* (\d+)$/, "$1 $2"))).toEqual([
      "cpu,_region=r,_tenant_id=t1,hostname=n1 1767323045678000000",
      "alarm_state_history,tenant_id=t 1767323045678000000",
      expect.stringMatching(/^vcpus,.* 1767323045678901000$/),
      expect.stringMatching(/^vcpus,.* 1767323045678901000$/),
      expect.stringMatching(/^event,event_type=compute.instance.create.end 1767323045678901\d{3}$/),
      "m,a=b 1767323045678000000",
      "m,a=b 1767323045678901234",
    ]);
    expect(lines[2]).toBe(lines[3] ?? "");
  });

  test("with no time that 64 bits of ns do not hold", () => {
    const times = ["9223372036854775805", "9223372036854775806", "9999999999999999999"];
    const { lines, refused } = encoded("influxdb://h/mon", times.map((time) => `m v=1 ${time}`));
    expect(lines).toEqual(["m v=1 9223372036854775805"]);
    expect(refused).toEqual(times.slice(1).map(() => expect.stringContaining("outside 64 bits")));
  });

  test("with room for a time that becomes longer", () => {
    const made: string[] = [];
    const line = new class extends LineBuffer {
      override reserve(bytes: number): Uint8Array {
        // No more than was asked for.
        return super.reserve(bytes).subarray(0, this.length + bytes);
      }
      endLine(): void {
        made.push(new TextDecoder().decode(this.written));
      }
    }(16);
    const stores = oneStore(storeOf("influxdb://h/mon"));
    const options = {
      withMetadata: false,
      linePrecision: "auto",
      today: () => new Date(0),
    } as const;
    const encoder = createReplayEncoder({ stores, shiftMs: 1_700_000_000_000, ...options });
    const block = new Selector(everything).select(blockOf([metricText("cpu", 5)]));
    encoder.encode(block, 0, { lines: () => line, document: () => undefined });
    expect(made).toEqual([expect.stringMatching(/ 1700000000005000000$/)]);
  });

  test("moved in time, all of them", () => {
    const given = [metricText("cpu"), sampleJson(sample), "m v=1 1767323045678901234"];
    const { lines } = encoded("influxdb://h/mon", given, { shiftMs: -3_600_000 });
    expect(lines.map((line) => / (\d+)$/.exec(line)?.[1])).toEqual([
      ...["1767319445678000000", "1767319445678901000", "1767319445678901234"],
    ]);
  });

  test("metadata where it is asked for", () => {
    const { lines } = encoded("sqlite:x.db", [sampleJson(sample)], { withMetadata: true });
    expect(lines[0]).toContain('metadata="{\\"host\\": \\"compute-1\\"}"');
  });

  test("documents; a repeat has the same id, other bytes another", () => {
    const event =
      '{"event": {"event_type": "login", "timestamp": "2026-01-02T03:04:05Z", "payload": 1, ' +
      '"dimensions": {}}, "meta": {"project_id": "p1"}}';
    const { documents, refused } = encoded("elasticsearch://h/ev", [
      event,
      event,
      eventJson(makeEvent()),
      eventJson(makeEvent({ message_id: "other" })),
      metricText("cpu"),
    ]);
    const ids = documents.map((document) => (document as { id: string }).id);
    expect(new Set(ids).size).toBe(3);
    expect(documents[0]).toMatchObject({ index: "ev-p1-2026-01-02" });
    expect(documents[2]).toMatchObject({ index: "ev-None-2026-01-02" });
    expect(refused).toEqual([expect.stringContaining("unroutable: Cannot store Monasca metric")]);
    const moved = encoded("elasticsearch://h/ev", [event], { shiftMs: 86_400_000 }).documents;
    expect(moved[0]).toMatchObject({ index: "ev-p1-2026-01-03" });
  });

  test("what cannot be stored says why", () => {
    const exists = JSON.stringify({
      ...{ event_type: "x", publisher_id: "p", priority: "INFO", payload: {}, timestamp: "2026" },
    });
    const { refused } = encoded("influxdb://h/mon", [
      "hello",
      '{"metric": {"name"',
      sampleJson(makeSample({ timestamp: "soon" })),
      "m v=1",
      exists,
      eventJson(makeEvent()).replace("2026-01-02", "2026-13-02"),
    ]);
    const expected = [
      "no form",
      "character 18",
      "ISO 8601",
      "no timestamp",
      "--pipeline",
      "ISO 8601",
    ];
    expect(refused.length).toBe(expected.length);
    for (const [i, words] of expected.entries()) expect(refused[i]).toContain(words);
  });

  test("the bus: messages as they are, Python's as JSON, moved where it is asked for", () => {
    const literal = sampleLiteral(sample);
    const given = [metricText("cpu"), literal, "m v=1 1767323045678", "hello", '{"metric": 1}'];
    const texts = (url: string, options = {}) => {
      const { documents, refused } = encoded(url, given, options);
      return { json: documents.map((one) => (one as { json: string }).json), refused };
    };
    const plain = texts("kafka://h/t");
    expect(plain.json).toEqual([metricText("cpu"), sampleJson(sample), "m v=1 1767323045678"]);
    expect(plain.refused).toEqual([
      expect.stringContaining("decode: Cannot read line"),
      expect.stringContaining("invalid: Cannot read message"),
    ]);
    const moved = texts("kafka://h/t", { shiftMs: 1000 }).json;
    expect(JSON.parse(moved[0] ?? "")).toMatchObject({ metric: { timestamp: 1767323046678 } });
    expect(JSON.parse(moved[1] ?? "")).toMatchObject({
      timestamp: "2026-01-02T03:04:06.678901+00:00",
    });
    expect(moved[2]).toBe("m v=1 1767323046678000000");
    expect(texts("kafka://h/t?format=sample").json).toEqual([sampleJson(sample)]);
    expect(texts("kafka://h/t?format=sample", { shiftMs: 1000 }).json).toEqual([moved[1] ?? ""]);
  });

  test("kinds with stores of their own go to these", () => {
    const [metrics, events] = [storeOf("influxdb://h/mon"), storeOf("elasticsearch://h/ev")];
    const stores = storesByKind({ metrics, alarms: storeOf("influxdb://h/mon"), events });
    expect(stores.stores).toEqual([metrics, events]);
    expect(stores.alarms).toBe(stores.metrics);
    const takes = takesLettersOf(stores);
    const own = ["influxdb://h:8086/mon", "elasticsearch://h:9200/ev"];
    expect([...own, own.join(", "), `${own[0]}, sqlite:x`, "sqlite:x"].map(takes)).toEqual([
      ...[true, true, true, false, false],
    ]);
  });
});

describe("what is selected", () => {
  function select(lines: readonly string[], selection: Partial<Selection>): {
    readonly block: SelectedBlock;
    readonly texts: readonly string[];
    readonly counts: Selector["counts"];
    readonly isDone: boolean;
  } {
    const selector = new Selector({ ...everything, ...selection });
    const block = selector.select(blockOf(lines));
    const texts = Array.from(
      { length: block.count },
      (_, i) => new TextDecoder().decode(valueOf(block, i) ?? new Uint8Array(0)),
    );
    return { block, texts, counts: selector.counts, isDone: selector.isDone };
  }

  test("by filter; what cannot be read goes on, to be refused", () => {
    const lines = [metricText("cpu.a"), metricText("mem"), "hello", '{"metric": 1}'];
    const filter = createDatumFilter({ meters: ["cpu.*"] });
    const { block, texts, counts } = select(lines, { filter });
    expect(texts).toEqual([metricText("cpu.a"), "hello", '{"metric": 1}']);
    expect([...block.offsets]).toEqual([1, 3, 4]);
    expect(block.nextOffset).toBe(5);
    expect(counts).toMatchObject({ lines: 4, filtered: 1 });
  });

  test("by number: the next line is where to go on", () => {
    const { block, isDone } = select([metricText("a"), metricText("b"), metricText("c")], {
      limit: 2,
    });
    expect([...block.offsets]).toEqual([1, 2]);
    expect([block.nextOffset, isDone]).toEqual([3, true]);
  });

  test("out of dead letters and of kcat's records, with key and timestamp", () => {
    const letter = (destination: string, more: object = {}): string =>
      JSON.stringify({
        ...{ time: "x", command: "persist", class: "rejected", reason: "no", destination },
        source: { topic: "t", partition: 0, offset: 1, key: "k", timestamp: 7 },
        payload: metricText("cpu"),
        ...more,
      });
    const kcat = JSON.stringify({
      ...{ topic: "t", partition: 0, offset: 1, ts: 9, key: "kk", payload: metricText("mem") },
    });
    const sample = JSON.parse(sampleJson(makeSample())) as object;
    const lines = [
      letter("here"),
      letter("elsewhere"),
      letter(""),
      kcat,
      letter("here", { item: sample }),
      letter("here", { payload: undefined, payload_base64: Buffer.from(kcat).toString("base64") }),
      letter("here", { item: { index: "events-p-2026-01-02", document: { event_type: "e" } } }),
      `[${letter("here")}, ${letter("here")}]`,
    ];
    const { block, texts, counts } = select(lines, { takesLettersFor: (name) => name === "here" });
    const forms: readonly (Form | undefined)[] = [
      ...["metric", "metric", "metric", "sample", "metric", "metric", "letter"] as const,
    ];
    expect(block.forms).toEqual(forms);
    expect([...block.offsets]).toEqual([1, 3, 4, 5, 6, 7, 8]);
    expect([...block.timestamps]).toEqual([7, 7, 9, 7, 9, 7, NaN]);
    expect(block.only).toEqual(["here", undefined, undefined, "here", "here", "here", undefined]);
    expect(texts.slice(-2)).toEqual([metricText("cpu"), lines.at(-1) ?? ""]);
    expect(texts[0]).toBe(metricText("cpu"));
    expect(Buffer.from(block.bytes.subarray(block.keyStarts[2], block.keyEnds[2])).toString()).toBe(
      "kk",
    );
    expect([...counts.lettersOfOthers]).toEqual([["elsewhere", 1]]);
  });
});

describe("messages that are moved in time", () => {
  const hour = 3_600_000;
  const moved = (form: Form, text: string, ms = hour): unknown =>
    JSON.parse(new TextDecoder().decode(shiftMessage(form, Buffer.from(text), ms)));

  test("keep their form", () => {
    expect(moved("metric", metricText("a"))).toMatchObject({
      metric: { timestamp: 1767323045678 + hour, value: 1.5 },
      creation_time: 1767323046 + 3600,
    });
    expect(moved("sample", sampleJson(makeSample()))).toMatchObject({
      timestamp: "2026-01-02T04:04:05.678901+00:00",
    });
    expect(moved("event", dumpValue(serializeEvent(makeEvent())))).toMatchObject({
      generated: "2026-01-02T04:04:05.678901",
    });
    const inner = JSON.stringify({ event_type: "e", timestamp: "2026-01-02 03:04:05.000000" });
    const wrapped = JSON.stringify({ "oslo.version": "2.0", "oslo.message": inner });
    const { "oslo.message": text } = moved("notification", wrapped) as Record<string, string>;
    expect(JSON.parse(text ?? "")).toEqual({ event_type: "e", timestamp: "2026-01-02 04:04:05" });
  });

  test("there and back is where they were", () => {
    fc.assert(fc.property(fc.integer({ min: -1e11, max: 1e11 }), (ms) => {
      const text = sampleJson(makeSample());
      const there = shiftMessage("sample", Buffer.from(text), ms);
      expect(new TextDecoder().decode(shiftMessage("sample", there, -ms))).toBe(text);
    }));
  });
});
