/**
 * Edge (stdout). How fast metric envelopes become lines on one core: plain and scanning encoder, and
 * JSON.parse alone beside them. Run: bun testing/bench/encode_bench.ts
 */
import type { RecordBlock } from "../../core/delivery/records.ts";
import { createPlainMetricEncoder } from "../../core/monasca/metric.ts";
import { createMetricEncoder } from "../../core/monasca/metric_scan.ts";
import type { ItemSinks, LineSink, MessageEncoder } from "../../core/persist/encoder.ts";
import { recordBlock } from "../batches.ts";
import { envelope } from "./envelopes.ts";
import { median, renderTable } from "./table.ts";

const messageCount = 100_000;
const blockRecords = 2_500;
const rounds = 9;

/** Where lines go and are forgotten: batches of 5,000 over one buffer for each destination. */
function forgettingSinks(): ItemSinks {
  const sinks = new Map<string, LineSink>();
  const make = (): LineSink => {
    let buffer = new Uint8Array(1 << 20);
    let lines = 0;
    const sink: LineSink = {
      length: 0,
      reserve(bytes: number): Uint8Array {
        if (buffer.length - sink.length >= bytes) return buffer;
        const larger = new Uint8Array(2 * buffer.length + bytes);
        larger.set(buffer.subarray(0, sink.length));
        return buffer = larger;
      },
      endLine(): void {
        buffer[sink.length++] = 10;
        if (++lines < 5_000) return;
        lines = sink.length = 0;
      },
    };
    return sink;
  };
  return {
    lines(destination: string): LineSink {
      let sink = sinks.get(destination);
      if (sink === undefined) sinks.set(destination, sink = make());
      return sink;
    },
    document: () => undefined,
  };
}

function encodeAll(encoder: MessageEncoder, blocks: readonly RecordBlock[]): void {
  const sinks = forgettingSinks();
  for (const block of blocks) {
    for (let i = 0; i < block.count; i++) {
      const refusal = encoder.encode(block, i, sinks);
      if (refusal !== undefined) throw new Error(refusal.reason);
    }
  }
}

function parseAll(blocks: readonly RecordBlock[]): void {
  for (const block of blocks) {
    const buffer = Buffer.from(block.bytes.buffer);
    for (let i = 0; i < block.count; i++) {
      JSON.parse(buffer.toString("utf8", block.valueStarts[i], block.valueEnds[i]));
    }
  }
}

function toBlocks(texts: readonly string[]): RecordBlock[] {
  return Array.from(
    { length: Math.ceil(texts.length / blockRecords) },
    (_, i) => recordBlock(texts.slice(i * blockRecords, (i + 1) * blockRecords)),
  );
}

const texts = Array.from({ length: messageCount }, (_, i) => envelope(i));
const order = texts.map((_, i) => (i * 48271) % messageCount);
const blocks = toBlocks(texts);
const shuffled = toBlocks(order.map((i) => texts[i] ?? ""));
const compact = toBlocks(texts.map((text) => text.replace(/": /g, '":').replace(/, "/g, ',"')));
const options = { database: "mon", perTenant: false };
const scanning = createMetricEncoder(options);
const tenants = createMetricEncoder({ database: "mon", perTenant: true });
const plain = createPlainMetricEncoder(options);
const subjects: readonly (readonly [string, () => void])[] = [
  ["JSON.parse alone", () => parseAll(blocks)],
  ["plain encoder", () => encodeAll(plain, blocks)],
  ["scanning encoder", () => encodeAll(scanning, blocks)],
  ["scanning, a database per tenant", () => encodeAll(tenants, blocks)],
  ["scanning, series in random order", () => encodeAll(scanning, shuffled)],
  ["scanning, compact JSON", () => encodeAll(scanning, compact)],
];
const seconds = subjects.map((): number[] => []);
for (let round = 0; round < rounds; round++) {
  subjects.forEach(([, run], i) => {
    const start = performance.now();
    run();
    seconds[i]?.push((performance.now() - start) / 1000);
  });
}
const rows = subjects.map(([name], i) => {
  const times = seconds[i] ?? [];
  const rate = (time: number): string => `${Math.round(messageCount / time / 1000)}`;
  return [name, rate(median(times)), rate(Math.min(...times))];
});
process.stdout.write(renderTable([["", "k msg/s, median", "best"], ...rows]));
