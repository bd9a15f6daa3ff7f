/**
 * Edge (files). Shows that the encoders do what Monasca Persister did, case by case.
 */
import { describe, expect, test } from "bun:test";
import { recordBlock } from "../../testing/batches.ts";
import { readClasses } from "../../testing/conformance/cases.ts";
import { differenceOf, sameJson, sameLine } from "../../testing/conformance/compare.ts";
import { keptItems } from "../../testing/item_sinks.ts";
import type { MessageEncoder } from "../persist/encoder.ts";
import { createAlarmEncoder } from "./alarm.ts";
import { createEventEncoder } from "./event.ts";
import { createPlainMetricEncoder } from "./metric.ts";
import { createMetricEncoder } from "./metric_scan.ts";

const today = "2031-02-03";
const lineOptions = { database: "mon", perTenant: false };
const encoders: readonly (readonly [name: string, kind: string, MessageEncoder])[] = [
  ["plain", "persist-metrics", createPlainMetricEncoder(lineOptions)],
  ["scanning", "persist-metrics", createMetricEncoder(lineOptions)],
  ["", "persist-alarms", createAlarmEncoder(lineOptions)],
  [
    "",
    "persist-events",
    createEventEncoder({ indexName: "events", today: () => new Date(`${today}T12:00:00Z`) }),
  ],
];

for (const [name, kind, encoder] of encoders) {
  const cases = readClasses().find((each) => each.class === kind)?.cases ?? [];
  describe(`${kind} ${name}`, () => {
    test("there are cases", () => expect(cases.length).toBeGreaterThan(30));
    for (const { id, input_text = "", expect: expected } of cases) {
      test(id, () => {
        const messages = input_text.split("\n").filter((line) => line !== "");
        const block = recordBlock(messages);
        const items = keptItems();
        const refused = messages.flatMap((_, i) =>
          encoder.encode(block, i, items) === undefined ? [] : [i]
        );
        expect(refused).toEqual((expected.dropped ?? []).map(([index]) => index));
        const lines = items.kept.map(({ line }) => line);
        expect(differenceOf(expected.lines ?? [], lines, sameLine)).toBeUndefined();
        const documents = items.documents.map(({ index, json }) => ({
          index,
          document: JSON.parse(json) as unknown,
        }));
        const wanted = JSON.parse(
          JSON.stringify(expected.documents ?? []).replaceAll("{{TODAY}}", today),
        ) as unknown[];
        expect(differenceOf<unknown>(wanted, documents, sameJson)).toBeUndefined();
      });
    }
  });
}
