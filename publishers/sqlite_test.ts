/**
 * Edge (sqlite files). The sqlite publisher: the conformance test, and what `tpctl tail` reads of it.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PartialWriteError } from "../core/delivery/writer.ts";
import { ConfigError } from "../core/errors.ts";
import { DateTimeValue } from "../core/pipeline/event.ts";
import type { Publisher } from "../core/pipeline/publisher.ts";
import { openSqliteReader, type StoredPoint } from "../core/sqlite/reader.ts";
import { describePublisher, markedSample } from "../testing/publisher_conformance.ts";
import { makePublisher } from "../testing/publishers.ts";
import { makeEvent, makeSample } from "../testing/samples.ts";
import { storeErrorOf } from "../testing/writer_conformance.ts";
import { sqliteKind } from "./sqlite.ts";

const signal = new AbortController().signal;
let folder: string;
let files = 0;
let path = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tpctl-sqlite-"));
  path = join(folder, "first.db");
});
afterAll(() => rmSync(folder, { recursive: true }));

function open(url = `sqlite:${path}`): Publisher {
  const secrets = { password: undefined, influxToken: undefined };
  return makePublisher(sqliteKind, url, { settings: { secrets } });
}

async function points(): Promise<StoredPoint[]> {
  const reader = await openSqliteReader(path).catch(() => undefined);
  const all = [...reader?.points() ?? []];
  reader?.close();
  return all;
}

describePublisher({
  title: "sqlite",
  takes: ["samples", "events"],
  create: () => open(),
  reset: () => void (path = join(folder, `${files++}.db`)),
  received: async (carries) =>
    (await points()).map(({ series, fields }) =>
      carries === "samples" ? series.tags.resource_id ?? "" : String(fields.get("message_id"))
    ),
  // One point of a series for each time: they are told apart as in life.
  sampleOf: (mark, n) => ({
    ...markedSample(mark, n),
    timestamp: `2026-01-02T03:04:05.${String(n).padStart(6, "0")}`,
  }),
  eventOf: (mark, n) =>
    makeEvent({
      message_id: mark,
      generated: new DateTimeValue(1_767_323_045_000_000n + BigInt(n)),
    }),
  order: "points are read in the order of their times",
  refusal: "what can be no point is shown below",
  outage: "a file is never away",
  silence: "a file is never silent",
  secrets: [],
});

test("metadata stand beside the value, if asked for, and refused samples are named", async () => {
  path = join(folder, "metadata.db");
  const publisher = open(`sqlite://${path}?metadata=1`);
  const samples = [makeSample({ volume: "x" }), makeSample({ volume: 2.5 })];
  const error = await storeErrorOf(publisher.publishSamples(samples, signal));
  await publisher.close();
  expect(error instanceof PartialWriteError && error.refused.map(({ item }) => item)).toEqual([0]);
  expect(publisher.name).toBe(`sqlite:${path}`);
  const [point] = await points();
  expect(point?.timeNs).toBe(1767323045678901000n);
  expect(Object.fromEntries(point?.fields ?? [])).toEqual({
    metadata: '{"host": "compute-1"}',
    value: 2.5,
  });
});

describe("a file that cannot be used", () => {
  test("is held until somebody mends it", async () => {
    const publisher = open(`sqlite:${join(folder, "none", "x.db")}`);
    const error = await storeErrorOf(publisher.publishSamples([makeSample()], signal));
    expect(error.reaction).toBe("hold");
    await publisher.close();
  });

  test.each(["sqlite:", "sqlite:x.db?mode=1"])("%s is a configuration error", (url) => {
    expect(() => open(url)).toThrow(ConfigError);
  });
});
