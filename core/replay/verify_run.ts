/**
 * Edge (net, files). `--verify`: reads the inputs once more, reads the stores back, and compares both
 * per series.
 */
import type { Clock } from "../clock.ts";
import { endpointName } from "../config/endpoint.ts";
import { unheard } from "../delivery/consumer.ts";
import type { MessageEncoder } from "../persist/encoder.ts";
import { type Comparison, PointComparison } from "./compare_points.ts";
import { ExpectedPoints } from "./expected_points.ts";
import type { ReplayJob } from "./job.ts";
import { isReadable, openBackReader } from "./read_back.ts";
import type { ReplayStores } from "./targets.ts";

/** What the comparison came to, documents included. */
export interface VerifyResult extends Comparison {
  readonly documents: number;
  readonly documents_missing: number;
  /** Inputs that could not be read once more to their end: what they hold was not compared. */
  readonly files_failed: readonly { readonly path: string; readonly reason: string }[];
  readonly equal: boolean;
}

/** Rejects with a RunError where a store cannot be read back. */
export async function verifyRun(
  job: ReplayJob,
  encoder: MessageEncoder,
  { stores, clock }: { readonly stores: ReplayStores; readonly clock: Clock },
): Promise<VerifyResult> {
  const expected = await expectedOf(job, encoder);
  const results: Comparison[] = [];
  let [documents, documentsMissing] = [0, 0];
  for (const [number, store] of stores.stores.entries()) {
    if (!isReadable(store)) continue;
    const comparison = new PointComparison(endpointName(store));
    const reader = await openBackReader(store, { clock });
    try {
      const own = [...expected.measurements.values()].flatMap((measurement) => {
        const inner = destinationIn(measurement.destination, number, stores.stores.length);
        return inner === undefined ? [] : [{ ...measurement, destination: inner }];
      });
      for await (const found of reader.points(own)) comparison.found(found.expected, found.point);
      for (const measurement of own) comparison.end(measurement);
      for (const [index, ids] of store === stores.events ? expected.documents : []) {
        const there = reader.documentIds(index);
        documents += ids.size;
        for (const id of ids) if (!there.has(id)) documentsMissing++;
      }
    } finally {
      reader.close();
    }
    results.push(comparison.result());
  }
  const sum = addUp(results);
  const wrong = sum.missing + sum.different + documentsMissing;
  const { failed } = job.reading;
  return {
    ...{ ...sum, documents, documents_missing: documentsMissing, files_failed: failed },
    equal: wrong === 0 && failed.length === 0,
  };
}

async function expectedOf(job: ReplayJob, encoder: MessageEncoder): Promise<ExpectedPoints> {
  const expected = new ExpectedPoints();
  const consumer = job.open(unheard);
  for await (const block of consumer.blocks()) {
    if (block.corrupt !== undefined) continue;
    // What is refused is a dead letter, and not expected.
    for (let i = 0; i < block.count; i++) encoder.encode(block, i, expected);
  }
  await consumer.close();
  expected.settle();
  return expected;
}

/** The destination without the store's number; undefined where it is another store's. */
function destinationIn(destination: string, number: number, stores: number): string | undefined {
  if (stores === 1) return destination;
  const prefix = `${number}:`;
  return destination.startsWith(prefix) ? destination.slice(prefix.length) : undefined;
}

function addUp(results: readonly Comparison[]): Comparison {
  const sum = (of: (one: Comparison) => number): number =>
    results.reduce((total, one) => total + of(one), 0);
  return {
    series: sum(({ series }) => series),
    values: sum(({ values }) => values),
    missing: sum(({ missing }) => missing),
    different: sum(({ different }) => different),
    extra: sum(({ extra }) => extra),
    series_wrong: sum(({ series_wrong }) => series_wrong),
    differences: results.flatMap(({ differences }) => differences),
  };
}

/** For people. */
export function verifyText(result: VerifyResult): string {
  const { series, values, missing, different, extra, documents, documents_missing } = result;
  const count = (value: number): string => value.toLocaleString("en-US");
  const counted = `${count(values)} values of ${count(series)} series` +
    (documents > 0 ? ` and ${count(documents)} documents` : "");
  const beside = extra > 0 ? `; the store has ${count(extra)} points more in between` : "";
  const wrong = missing + different + documents_missing;
  const failed = result.files_failed.map(({ path, reason }) =>
    `Not compared, as it could not be read once more: ${path}: ${reason}`
  );
  if (wrong === 0) {
    const good = `Verified: ${counted} are in the store as they should be${beside}`;
    return [good, ...failed].join("\n");
  }
  const shown = result.differences.map((one) =>
    `  ${one.series} ${one.field} at ${one.time}: expected ${one.expected}, found ${one.found}`
  );
  const first = `Verified: of ${counted} ${count(missing + documents_missing)} are missing and ` +
    `${count(different)} are others, in ${count(result.series_wrong)} series${beside}`;
  return [first, ...shown, ...failed].join("\n");
}
