/**
 * Edge (net). The udp publisher against a recording socket: bytes, pace, addresses, refusals.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { lookup } from "node:dns/promises";
import { PartialWriteError } from "../core/delivery/writer.ts";
import { ConfigError } from "../core/errors.ts";
import { signatureOf } from "../core/pipeline/signature.ts";
import type { Value } from "../core/notifications/value.ts";
import { describePublisher } from "../testing/publisher_conformance.ts";
import { keepingLog, makePublisher, waitForCount } from "../testing/publishers.ts";
import { type Recorder, startUdpRecorder } from "../testing/recorders.ts";
import { dictOf, makeSample } from "../testing/samples.ts";
import { udpKind } from "./udp.ts";

const signal = new AbortController().signal;
let recorder: Recorder<Value>;
beforeAll(async () => {
  recorder = await startUdpRecorder();
});
afterAll(() => recorder.stop());

const unnoticed = "a datagram is answered by nobody";

describePublisher({
  title: "udp",
  takes: ["samples"],
  create: () => makePublisher(udpKind, `udp://${recorder.address}/`),
  reset: () => void recorder.records.splice(0),
  async received(_, count): Promise<string[]> {
    await waitForCount(recorder.records, count);
    return recorder.records.map((message) => String(dictOf(message).resource_id));
  },
  order: "kept",
  refusal: unnoticed,
  outage: unnoticed,
  silence: unnoticed,
  secrets: ["secret"],
});

describe("udp", () => {
  test("sends signed metering messages", async () => {
    recorder.records.splice(0);
    const publisher = makePublisher(udpKind, `udp://${recorder.address}`);
    await publisher.publishSamples([makeSample({ volume: 2 ** 60, unit: null })], signal);
    await waitForCount(recorder.records, 1);
    await publisher.close();
    const message = dictOf(recorder.records[0]);
    expect(Object.keys(message)).toEqual([
      "source",
      "counter_name",
      "counter_type",
      "counter_unit",
      "counter_volume",
      "user_id",
      "user_name",
      "project_id",
      "project_name",
      "resource_id",
      "timestamp",
      "resource_metadata",
      "message_id",
      "monotonic_time",
      "message_signature",
    ]);
    expect(message.message_signature).toBe(signatureOf(message, "secret"));
  });

  test("loses nothing of many in a row to a receiver that reads", async () => {
    recorder.records.splice(0);
    const publisher = makePublisher(udpKind, `udp://${recorder.address}`);
    const samples = Array.from({ length: 6000 }, (_, n) => makeSample({ volume: n }));
    await publisher.publishSamples(samples, signal);
    await waitForCount(recorder.records, samples.length);
    await publisher.close();
    expect(recorder.records.map((message) => dictOf(message).counter_volume ?? null)).toEqual(
      samples.map(({ volume }) => volume),
    );
  });

  test("names what no datagram can carry, and sends the rest", async () => {
    recorder.records.splice(0);
    const publisher = makePublisher(udpKind, `udp://${recorder.address}`);
    const samples = [
      makeSample({ resource_id: "x".repeat(70_000) }),
      makeSample({ resource_id: "good" }),
      makeSample({ resource_id: "\ud800" }),
      makeSample({ volume: 2n ** 64n }),
    ];
    const failure = await publisher.publishSamples(samples, signal).catch((error) => error);
    await waitForCount(recorder.records, 1);
    await publisher.close();
    expect(failure).toBeInstanceOf(PartialWriteError);
    const { refused } = failure as PartialWriteError;
    expect(refused.map(({ item, reaction }) => [item, reaction])).toEqual([
      [0, "split"],
      [2, "bisect"],
      [3, "bisect"],
    ]);
    expect(refused[0]?.reason).toContain("expected at most 65507 for one datagram");
    expect(recorder.records.map((message) => dictOf(message).resource_id ?? null)).toEqual([
      "good",
    ]);
  });

  test.each(["::1", "localhost"])("reaches %s, an IPv6 address before others", async (host) => {
    const found = await lookup(host, { all: true });
    const best = found.find(({ family }) => family === 6) ?? found[0];
    const there = await startUdpRecorder(best?.address);
    const shown = host.includes(":") ? `[${host}]` : host;
    const publisher = makePublisher(udpKind, `udp://${shown}:${there.port}`);
    await publisher.publishSamples([makeSample()], signal);
    await waitForCount(there.records, 1);
    await publisher.close();
    await there.stop();
    expect(there.records).toHaveLength(1);
  });

  test("a port where nobody listens is warned of, and goes on", async () => {
    const gone = await startUdpRecorder();
    await gone.stop();
    const lines: string[] = [];
    const url = `udp://${gone.address}`;
    const publisher = makePublisher(udpKind, url, { log: keepingLog(lines) });
    for (let n = 0; n < 3; n++) {
      await publisher.publishSamples([makeSample()], signal);
      await Bun.sleep(20);
    }
    await publisher.close();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`warning: Datagrams to '${url}' come back`);
  });

  test("the answer to one datagram is no failure of the next ones, which go once", async () => {
    const gone = await startUdpRecorder();
    await gone.stop();
    const lines: string[] = [];
    const publisher = makePublisher(udpKind, `udp://${gone.address}`, { log: keepingLog(lines) });
    // The answers come before the event loop has turned.
    for (let n = 0; n < 4; n++) await publisher.publishSamples([makeSample()], signal);
    await publisher.publishSamples(Array.from({ length: 100 }, () => makeSample()), signal);
    await publisher.close();
    expect(lines).toHaveLength(1);
  });

  test("a name that nobody knows is an outage", async () => {
    const publisher = makePublisher(udpKind, "udp://no-such-host.invalid:1");
    const failure = await publisher.publishSamples([makeSample()], signal).catch((error) => error);
    expect(failure.reaction).toBe("retry");
    expect(failure.message).toContain("'no-such-host.invalid' cannot be resolved");
    await publisher.close();
  });

  test.each(["udp://", "udp://:4952", "udp://h?timeout=5"])(
    "%s is a configuration error",
    (url) => {
      expect(() => makePublisher(udpKind, url)).toThrow(ConfigError);
    },
  );
});
