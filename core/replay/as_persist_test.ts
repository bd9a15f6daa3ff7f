/**
 * Edge (files). What replay makes of every recorded Monasca message is what persist makes of it: the same
 * lines but for the unit of their times, the same documents, the same refusals.
 */
import { expect, test } from "bun:test";
import { readClasses } from "../../testing/conformance/cases.ts";
import { keptItems } from "../../testing/item_sinks.ts";
import { parseStore } from "../config/endpoint_url.ts";
import type { MessageKind } from "../config/persist_config.ts";
import { LineBlocks } from "../files/line_blocks.ts";
import { encoderOf } from "../persist/open_encoder.ts";
import { createReplayEncoder } from "./replay_encoder.ts";
import { Selector } from "./selector.ts";
import { oneStore } from "./targets.ts";

const stores: Readonly<Record<MessageKind, string>> = {
  metrics: "influxdb://h/mon",
  alarms: "influxdb://h/mon",
  events: "elasticsearch://h/events",
};
const today = (): Date => new Date(0);

for (const kind of ["metrics", "alarms", "events"] as const) {
  test(kind, () => {
    const cases = readClasses().find((each) => each.class === `persist-${kind}`)?.cases ?? [];
    const store = parseStore(stores[kind], { password: undefined, influxToken: undefined });
    const persist = encoderOf({ kind, store }, { today });
    const replay = createReplayEncoder({
      ...{ stores: oneStore(store), shiftMs: 0, linePrecision: "auto", withMetadata: false, today },
    });
    let messages = 0;
    for (const { input_text: text } of cases) {
      const blocks = new LineBlocks({ file: "x", partition: 0, lineBytesMax: 1e9 });
      for (const block of [...blocks.add(Buffer.from(text ?? "")), ...blocks.end()]) {
        const selected = new Selector({
          ...{ filter: undefined, format: undefined, linePrecision: "auto", limit: Infinity },
          takesLettersFor: () => true,
        }).select(block);
        for (let i = 0; i < block.count; i++) {
          const [was, is] = [keptItems(), keptItems()];
          const refusal = persist.encode(block, i, was);
          const other = replay.encode(selected, i, is);
          // What is no message of the kind at all is refused in other words.
          expect(other === undefined).toBe(refusal === undefined);
          expect(is.documents).toEqual(was.documents);
          expect(is.kept).toEqual(was.kept.map((line) => ({
            ...line,
            line: line.line.replace(/ (-?\d+)$/, (_, ms: string) => ` ${BigInt(ms) * 1_000_000n}`),
          })));
          messages++;
        }
      }
    }
    expect(messages).toBeGreaterThan(20);
  });
}
