/**
 * Edge (processes, net). The recorded cases, one test each, through the compiled executable. Those that
 * send to a broker share a real RabbitMQ that is traced.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { startTracedBroker, type TracedBroker } from "../amqp_recorder.ts";
import { builtExecutable } from "../executable.ts";
import { rabbitmqMissing } from "../servers/rabbitmq.ts";
import { type Case, readClasses } from "./cases.ts";
import { runPersistCase } from "./persist_cases.ts";
import { runPipelineCase } from "./pipeline_cases.ts";
import { namesBroker } from "./wire.ts";

/** How many cases run side by side. */
const sideBySide = 2;

const classes = readClasses();
const findings = new Map<string, Promise<readonly string[]>>();
const missing = rabbitmqMissing();
if (missing !== undefined) console.error(`skipped: cases that send to a broker: ${missing}`);

let broker: Promise<TracedBroker> | undefined;

beforeAll(async () => {
  await builtExecutable();
});

afterAll(async () => {
  await (await broker)?.remove();
});

function canRun(each: Case): boolean {
  return missing === undefined || !namesBroker(JSON.stringify(each));
}

/** Starts this case and those just behind it, so that a test finds its result on the way. */
function start(cases: readonly Case[], from: number): Promise<readonly string[]> {
  for (const each of cases.slice(from, from + sideBySide)) {
    if (!findings.has(each.id) && canRun(each)) findings.set(each.id, runCase(each));
  }
  return findings.get(cases[from]?.id ?? "") ?? Promise.resolve(["there is no such case"]);
}

function runCase(each: Case): Promise<readonly string[]> {
  if (each.run !== "pipeline") return runPersistCase(each);
  return runPipelineCase(each, () => broker ??= startTracedBroker());
}

test("every class is there with its cases", () => {
  expect(classes.map(({ class: name, cases }) => `${name} ${cases.length}`)).toEqual([
    "ceilosca 47",
    "endpoints 81",
    "events 203",
    "filters 194",
    "jsonpath 232",
    "meters 210",
    "persist-alarms 36",
    "persist-events 34",
    "persist-metrics 75",
    "pipelines 171",
    "publishers 122",
  ]);
});

for (const { class: name, cases } of classes) {
  describe(name, () => {
    for (const [i, each] of cases.entries()) {
      test.skipIf(!canRun(each))(each.id, async () => {
        expect(await start(cases, i)).toEqual([]);
      });
    }
  });
}
