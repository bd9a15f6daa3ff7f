/**
 * Edge (processes, net, files). The same notifications through Ceilometer's notification agent
 * (Debian's 19) and through `tpctl pipeline`, with the same pipelines and definitions: what comes out
 * is the same, record by record.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { dumpValue } from "../../core/notifications/value_text.ts";
import { eventTypes, loadMessages } from "../bench/notifications.ts";
import { ceilometerAgentMissing } from "../servers/ceilometer_agent.ts";
import { rabbitmqMissing } from "../servers/rabbitmq.ts";
import { notifierTopics, type Subject } from "./agents.ts";
import { Comparable } from "./outputs.ts";
import { runSideBySide, type SideBySide } from "./run.ts";
import { type Body, unusualBodies } from "./unusual.ts";

const missing = rabbitmqMissing() ?? ceilometerAgentMissing();
if (missing !== undefined) console.error(`skipped: ${missing}`);

/** Of each event type of the load. */
const perType = 6;
/** Enough for the rarest. */
const drawn = 6000;
const runMs = 300_000;
/** Of what differs. */
const shownMax = 3;

/** The first ones of each event type. */
function usualBodies(): readonly Body[] {
  const counts = new Map<string, number>();
  return [...loadMessages(drawn)].filter(({ body }) => {
    const type = eventTypeOf(body);
    const count = (counts.get(type) ?? 0) + 1;
    counts.set(type, count);
    return count <= perType;
  });
}

function eventTypeOf(body: string): string {
  const outer = JSON.parse(body) as { readonly "oslo.message": string };
  return (JSON.parse(outer["oslo.message"]) as { readonly event_type: string }).event_type;
}

describe.skipIf(missing !== undefined)("Ceilometer's agent and tpctl", () => {
  let bodies: readonly Body[];
  let comparable: Comparable;
  let run: SideBySide;

  beforeAll(async () => {
    bodies = [...usualBodies(), ...unusualBodies()];
    comparable = new Comparable(bodies.map(({ body }) => body));
    run = await runSideBySide(bodies);
  }, runMs);
  afterAll(() => run.remove());

  /** Neither keeps the order of notifications. */
  function expectEqual(outputOf: (subject: Subject) => readonly string[]): void {
    const [ceilometer = [], tpctl = []] = run.subjects.map(outputOf);
    expect(ceilometer.length).toBeGreaterThan(0);
    const onlyThere = lacking(ceilometer, tpctl).slice(0, shownMax);
    const onlyHere = lacking(tpctl, ceilometer).slice(0, shownMax);
    expect({ onlyThere, onlyHere }).toEqual({ onlyThere: [], onlyHere: [] });
  }

  test("are given every event type of the load", () => {
    const types = new Set(bodies.map(({ body }) => eventTypeOf(body)));
    expect(eventTypes.filter((type) => !types.has(type))).toEqual([]);
    expect(bodies.length).toBeGreaterThan(400);
  });

  test.each(["samples", "samples.repr", "some", "others"])("write the same file %s", (file) => {
    expectEqual(({ folder }) => {
      const path = join(folder, file);
      const lines = existsSync(path) ? readFileSync(path, "utf8").trimEnd().split("\n") : [];
      return lines.map((line) => comparable.text(line));
    });
  });

  test.each(["/samples", "/events", "/some-events", "/other-events"])(
    "post the same to %s",
    (wanted) => {
      expectEqual(({ http }) =>
        http.records.filter(({ path }) => path === wanted).flatMap(({ method, type, body }) =>
          comparable.request(body).map((text) => `${method} ${type} ${text}`)
        )
      );
    },
  );

  test("send the same datagrams", () => {
    expectEqual(({ udp }) => udp.records.map((record) => comparable.text(dumpValue(record))));
  });

  test.each(notifierTopics)("notify of the same %s", (topic) => {
    expectEqual((subject) =>
      run.notified(subject, topic).flatMap((body) => comparable.envelope(body))
    );
  });
});

/** What of `some` is not in `others`, counted. */
function lacking(some: readonly string[], others: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const text of others) counts.set(text, (counts.get(text) ?? 0) + 1);
  return some.filter((text) => {
    const count = counts.get(text) ?? 0;
    counts.set(text, count - 1);
    return count <= 0;
  });
}
