/**
 * Edge (processes, net). The zaqar publisher against a Zaqar, read back message by message; where none
 * is at hand its replay stands in. Keystone is scripted, and knows where the Zaqar is.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import type { Publisher } from "../core/pipeline/publisher.ts";
import { sampleJson } from "../core/pipeline/messages.ts";
import {
  type Carried,
  describePublisher,
  markedEvent,
  markedSample,
} from "../testing/publisher_conformance.ts";
import { makeSample } from "../testing/samples.ts";
import { type ScriptedHttp, startScriptedHttp } from "../testing/scripted_http.ts";
import { startZaqar, type Zaqar, zaqarMissing } from "../testing/servers/zaqar.ts";
import { storeErrorOf } from "../testing/writer_conformance.ts";
import { tokenForZaqar, zaqarProject, zaqarPublisher } from "../testing/zaqar_publisher.ts";

const missing = zaqarMissing();
if (missing !== undefined) console.error(`optional: Zaqar's answers are replayed: ${missing}`);

const signal = new AbortController().signal;
let keystone: ScriptedHttp;
let zaqar: Zaqar;
let queue = "";
let queues = 0;
/** Messages of the queue that came before the last reset. */
let seen = 0;
let isRefusing = false;

beforeAll(async () => {
  zaqar = await startZaqar();
  keystone = await startScriptedHttp({ otherwise: () => tokenForZaqar(zaqar.origin) });
});
beforeEach(() => {
  queue = `tpctl_queue-${queues++}.x`;
  seen = 0;
});
afterAll(async () => {
  await keystone.stop();
  await zaqar.remove();
});

function open(carries: Carried = "samples", more = ""): Publisher {
  return zaqarPublisher(keystone.origin, `zaqar://?queue=${queue}${more}`, carries);
}

function received(): Promise<readonly unknown[]> {
  return zaqar.messages(queue, zaqarProject);
}

/** More than Zaqar takes in one message, while it is to refuse. */
const huge = (): string => isRefusing ? "x".repeat(300_000) : "";

describePublisher({
  title: "zaqar to a Zaqar",
  takes: ["samples", "events"],
  create: (carries) => open(carries),
  reset: async () => void (seen = (await received()).length),
  received: async (carries) =>
    (await received()).slice(seen).map((body) => {
      const { resource_id: sample, message_id: event } = body as Record<string, unknown>;
      return String(carries === "samples" ? sample : event);
    }),
  order: "kept",
  many: 1000,
  sampleOf: (mark, n) => ({ ...markedSample(mark, n), resource_metadata: { text: huge() } }),
  eventOf: (mark) => ({ ...markedEvent(mark), raw: { text: huge() } }),
  refusal: {
    begin: () => void (isRefusing = true),
    end: () => void (isRefusing = false),
  },
  outage: { begin: () => zaqar.stop(), end: () => zaqar.start() },
  silence: { begin: () => zaqar.freeze(), end: () => zaqar.thaw() },
  secrets: ["s3cret", "t0ken"],
});

test("a message is the sample as Ceilometer's JSON has it", async () => {
  const sample = makeSample({ volume: 1.5, resource_metadata: { 温度: [null, true, "é\n"] } });
  await open().publishSamples([sample], signal);
  expect(await received()).toEqual([JSON.parse(sampleJson(sample))]);
});

test.each([60, 1_209_600])("Zaqar takes the bound of ttl, %i s", async (ttl) => {
  await open("samples", `&ttl=${ttl}`).publishSamples([makeSample()], signal);
  expect(await received()).toHaveLength(1);
});

test("what is too large is refused with Zaqar's words", async () => {
  isRefusing = true;
  const sample = makeSample({ resource_metadata: { text: huge() } });
  isRefusing = false;
  const error = await storeErrorOf(open().publishSamples([sample], signal));
  expect(error.message).toContain("Message collection size is too large. Max size 262144");
});
