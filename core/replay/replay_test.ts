/**
 * Edge (files). The parts of replay by themselves: what is selected, how messages are written and moved,
 * what a checkpoint allows, how progress looks.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeEvent, makeSample } from "../../testing/samples.ts";
import { tempFolder } from "../../testing/servers/server.ts";
import { systemClock } from "../clock.ts";
import type { StoreEndpoint } from "../config/endpoint.ts";
import { parseStore } from "../config/endpoint_url.ts";
import { createDatumFilter } from "../datum/datum_filter.ts";
import type { Form } from "../datum/forms.ts";
import { type RecordBlock, valueOf } from "../delivery/records.ts";
import { LineBlocks } from "../files/line_blocks.ts";
import { findInputFiles } from "../files/input_files.ts";
import { silentLog } from "../log/log.ts";
import { createMetrics } from "../observe/metrics.ts";
import { dumpValue } from "../notifications/value_text.ts";
import { eventJson, sampleJson, sampleLiteral, serializeEvent } from "../pipeline/messages.ts";
import { type Checkpoint, checkRun, matchFiles, readCheckpoint } from "./checkpoint.ts";
import { openJob, openLook, type ReplayOptions } from "./job.ts";
import { shiftMessage } from "./message_shift.ts";
import { parseRate } from "./pace.ts";
import { encoderFor } from "./open_target.ts";
import { createReplayProgress } from "./replay_progress.ts";
import { type SelectedBlock, type Selection, Selector } from "./selector.ts";
import { unheard } from "./survey_run.ts";
import { oneStore, storesByKind } from "./targets.ts";

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

  test("kinds with stores of their own go to these", () => {
    const [metrics, events] = [storeOf("influxdb://h/mon"), storeOf("elasticsearch://h/ev")];
    const stores = storesByKind({ metrics, alarms: storeOf("influxdb://h/mon"), events });
    expect(stores.stores).toEqual([metrics, events]);
    expect(stores.alarms).toBe(stores.metrics);
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
    ];
    const { block, texts, counts } = select(lines, { takesLettersFor: (name) => name === "here" });
    const forms: readonly (Form | undefined)[] = ["metric", "metric", "metric", "sample", "metric"];
    expect(block.forms).toEqual(forms);
    expect([...block.offsets]).toEqual([1, 3, 4, 5, 6]);
    expect([...block.timestamps]).toEqual([7, 7, 9, 7, 9]);
    expect(block.only).toEqual(["here", undefined, undefined, "here", "here"]);
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

describe("checkpoint", () => {
  const file = {
    ...{ path: "a.log", bytes: 10, head: "h", head_bytes: 10 },
    ...{ next_line: 5, done: false, open_line: false },
  };
  const checkpoint: Checkpoint = {
    ...{ version: 1, target: "sqlite:a.db", options: "", shift_ms: 0, files: [file] },
  };
  const head = (path: string, bytes: number, hash: string) => ({
    input: { path, bytes, set: path },
    headOf: () => hash,
  });

  test("of another target, other options or other files is refused", () => {
    expect(() => readCheckpoint("c", "{}")).toThrow("none of tpctl's");
    expect(() => readCheckpoint("c", "nonsense")).toThrow("none of tpctl's");
    expect(() => checkRun("c", checkpoint, { target: "null:", options: "" })).toThrow(
      "it is of a run to 'sqlite:a.db' and this one goes to 'null:'",
    );
    expect(() => checkRun("c", checkpoint, { target: "sqlite:a.db", options: "--meter x" }))
      .toThrow(
        "of a run with no filter and this one has --meter x",
      );
    expect(() => matchFiles("c", checkpoint, [head("b.log", 10, "other")])).toThrow(
      "'a.log', done up to line 4, is not among the files",
    );
    expect(() => matchFiles("c", checkpoint, [head("a.log", 5, "h")])).toThrow("begins otherwise");
    expect(() => matchFiles("c", checkpoint, [head("a.log", 10, "other")])).toThrow(
      "begins otherwise",
    );
  });

  test("a file that was rotated meanwhile is known by how it begins", () => {
    const matched = matchFiles("c", checkpoint, [
      head("a.log.1", 12, "h"),
      head("a.log", 3, "new"),
    ]);
    expect([...matched]).toEqual([["a.log.1", file]]);
  });

  /** Reads all there is, commits it, and answers with the lines. */
  async function readOnce(folder: string): Promise<string[]> {
    const job = await openJob({
      ...optionsOf(findInputFiles([join(folder, "in")])),
      ...{ resume: true, checkpoint: join(folder, "c") },
    }, {
      ...{ target: "t", stateDir: folder, isLasting: true, takesLettersFor: () => true },
      ...{ clock: systemClock, log: silentLog },
    });
    const consumer = job.open(unheard);
    const lines: string[] = [];
    for await (const block of consumer.blocks()) {
      for (let i = 0; i < block.count; i++) {
        lines.push(String(Buffer.from(valueOf(block, i) ?? [])));
      }
      const { topic, partition, nextOffset } = block;
      await consumer.commit([{ topic, partition, nextOffset }]);
    }
    await job.save();
    await consumer.close();
    return lines;
  }

  test("a file that grows goes on behind what was done; a cut-off last line is read again", async () => {
    await using folder = await tempFolder("replay");
    const path = join(folder.path, "in");
    writeFileSync(path, "one\ntwo\nthr");
    expect(await readOnce(folder.path)).toEqual(["one", "two", "thr"]);
    expect(await readOnce(folder.path)).toEqual([]);
    writeFileSync(path, "one\ntwo\nthree\nfour\n");
    expect(await readOnce(folder.path)).toEqual(["three", "four"]);
    expect(await readOnce(folder.path)).toEqual([]);
  });
});

test("sets side by side: all of each, in its order; a set is read from its oldest file on", async () => {
  await using folder = await tempFolder("replay");
  const numbers = (from: number): string =>
    Array.from({ length: 20_000 }, (_, i) => `${from + i}\n`).join("");
  const files = ["a.log.1", "a.log", "b.log", "c.log", "d.log"];
  for (const [i, name] of files.entries()) {
    writeFileSync(join(folder.path, name), numbers(i * 20_000));
  }
  const job = openLook(
    { ...optionsOf(findInputFiles([folder.path])), parallel: 3 },
    { takesLettersFor: () => true, clock: systemClock, log: silentLog },
  );
  const read: number[] = [];
  for await (const block of job.open(unheard).blocks()) {
    for (let i = 0; i < block.count; i++) read.push(Number(Buffer.from(valueOf(block, i) ?? [])));
  }
  expect(read.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100_000 }, (_, i) => i));
  for (
    const [from, to] of [[0, 40_000], [40_000, 60_000], [60_000, 80_000], [
      80_000,
      100_000,
    ]] as const
  ) {
    const own = read.filter((value) => value >= from && value < to);
    expect(own).toEqual(own.toSorted((a, b) => a - b));
  }
  expect(read).not.toEqual(read.toSorted((a, b) => a - b));
});

function optionsOf(inputs: ReplayOptions["inputs"]): ReplayOptions {
  return {
    ...{ inputs, filter: {}, what: "", format: undefined, linePrecision: "auto", rate: undefined },
    ...{ limit: Infinity, parallel: 1, shiftMs: 0, resume: false, checkpoint: undefined },
    allDestinations: false,
  };
}

describe("rate and progress", () => {
  test("rates as typed", () => {
    expect(["1000", "1000/s", "60/m", "0.5/s", "3600/h"].map(parseRate)).toEqual([
      1000,
      1000,
      1,
      0.5,
      1,
    ]);
    for (const text of ["", "x", "0", "10/day", "-1"]) {
      expect(() => parseRate(text)).toThrow(/Cannot use --rate/);
    }
  });

  test("a bar where there is room, the same without one where there is not", () => {
    const metrics = createMetrics();
    const written = metrics.counter("tpctl_records_written_total", "", { topic: "file" });
    const progress = createReplayProgress();
    const look = (bytes: number) => ({ bytes, bytesTotal: 1000, snapshot: metrics.snapshot() });
    progress(look(0), 0);
    written.add(1234);
    const shown = progress(look(250), 1000);
    expect(shown.line).toBe("25.0 %  1,234/s  1,234 sent  0 rejected  3s left");
    expect(shown.bar(120)).toBe(`│${"█".repeat(6).padEnd(24)}│ ${shown.line}`);
    expect(shown.bar(70)).toBe(`│${"█".repeat(4)}${"▌".padEnd(14)}│ ${shown.line}`);
    expect(shown.bar(40)).toBe(shown.line);
    expect(createReplayProgress()({ ...look(5), bytesTotal: 0 }, 1000).line).not.toContain("%");
  });
});
