/**
 * Edge (net). The tcp publisher against a recording server: frames, reconnecting, a far end that
 * hangs or has just closed the connection.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { PartialWriteError } from "../core/delivery/writer.ts";
import { ConfigError } from "../core/errors.ts";
import { signatureOf } from "../core/pipeline/signature.ts";
import { describePublisher } from "../testing/publisher_conformance.ts";
import { makePublisher, waitForCount } from "../testing/publishers.ts";
import { startTcpRecorder, type TcpRecorder } from "../testing/recorders.ts";
import { dictOf, makeSample } from "../testing/samples.ts";
import { tcpKind } from "./tcp.ts";

const signal = new AbortController().signal;
let recorder: TcpRecorder;
beforeAll(async () => {
  recorder = await startTcpRecorder();
});
beforeEach(() => void recorder.records.splice(0));
afterAll(() => recorder.stop());

async function received(count: number): Promise<string[]> {
  await waitForCount(recorder.records, count);
  return recorder.records.map((message) => String(dictOf(message).resource_id));
}

describePublisher({
  title: "tcp",
  takes: ["samples"],
  create: () => makePublisher(tcpKind, `tcp://${recorder.address}/`),
  reset: () => void recorder.records.splice(0),
  received: (_, count) => received(count),
  order: "kept",
  refusal: "a far end that only reads refuses nothing",
  outage: { begin: () => recorder.away(), end: () => recorder.listen() },
  silence: "what the far end's kernel takes counts as accepted",
  secrets: ["secret"],
});

describe("tcp", () => {
  test("names its host, and signs that too", async () => {
    const publisher = makePublisher(tcpKind, `tcp://${recorder.address}`);
    await publisher.publishSamples([makeSample()], signal);
    await received(1);
    await publisher.close();
    const message = dictOf(recorder.records[0]);
    expect(message.publisher_id).toBe("tphost");
    expect(message.message_signature).toBe(signatureOf(message, "secret"));
  });

  test.each(["end", "reset"] as const)(
    "a connection that the far end dropped (%s) while nothing was sent is opened anew",
    async (how) => {
      const publisher = makePublisher(tcpKind, `tcp://${recorder.address}`);
      const accepted = recorder.accepted;
      const marks = Array.from({ length: 20 }, (_, n) => `mark-${n}`);
      for (const mark of marks) {
        for (let tries = 0; tries < 5; tries++) {
          const failure = await publisher
            .publishSamples([makeSample({ resource_id: mark })], signal)
            .then(() => undefined, (error) => error);
          if (failure === undefined) break;
          expect(failure.reaction).toBe("retry");
        }
        await Bun.sleep(2);
        recorder.dropConnections(how);
      }
      const got = new Set(await received(marks.length));
      await publisher.close();
      expect(marks.filter((mark) => !got.has(mark))).toEqual([]);
      expect(recorder.accepted - accepted).toBeGreaterThanOrEqual(marks.length);
    },
  );

  test("a far end that hangs holds a call until its signal aborts", async () => {
    const publisher = makePublisher(tcpKind, `tcp://${recorder.address}`);
    await publisher.publishSamples([makeSample()], signal);
    recorder.pause();
    const samples = Array.from({ length: 30 }, () => {
      return makeSample({ resource_metadata: { text: "x".repeat(1_000_000) } });
    });
    const failure = await publisher.publishSamples(samples, AbortSignal.timeout(300))
      .then(() => undefined, (error) => error);
    recorder.resume();
    expect(failure?.reaction).toBe("retry");
    await publisher.publishSamples([makeSample({ resource_id: "after" })], signal);
    await waitForCount(recorder.records, 2);
    for (let waits = 0; waits < 500 && !(await received(0)).includes("after"); waits++) {
      await Bun.sleep(10);
    }
    expect(await received(1)).toContain("after");
    await publisher.close();
  });

  test("names what msgpack cannot hold, and sends the rest", async () => {
    const publisher = makePublisher(tcpKind, `tcp://${recorder.address}`);
    const samples = [makeSample({ volume: 2n ** 64n }), makeSample({ resource_id: "good" })];
    const failure = await publisher.publishSamples(samples, signal).catch((error) => error);
    expect(failure).toBeInstanceOf(PartialWriteError);
    expect((failure as PartialWriteError).refused.map(({ item }) => item)).toEqual([0]);
    expect(await received(1)).toEqual(["good"]);
    await publisher.close();
  });

  test.each(["tcp://", "tcp://h?x=1"])("%s is a configuration error", (url) => {
    expect(() => makePublisher(tcpKind, url)).toThrow(ConfigError);
  });
});
