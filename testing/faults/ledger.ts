/**
 * Edge (processes, net, files). Accounts for the load one record at a time: what stands in the topic,
 * what InfluxDB holds of it, what the dead letters hold. Knows nothing of what tpctl said of itself.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { seriesCount, timeOf, valueOf } from "../bench/envelopes.ts";
import type { Influxdb } from "../servers/influxdb.ts";
import type { Kafka } from "../servers/kafka.ts";
import { readListing } from "./listing.ts";
import { allSeries, type Fate, fateOf, loadText, seriesKey } from "./load.ts";

const stepMs = timeOf(seriesCount) - timeOf(0);
const exampleMax = 5;
const listingsMax = 3;

/** Where everything is. */
export interface LedgerPlaces {
  readonly kafka: Kafka;
  readonly topic: string;
  readonly influxdb: Influxdb;
  /** All of them; with one per tenant, each holds its tenant's records. */
  readonly databases: readonly string[];
  /** `<state_dir>/dead-letters`. */
  readonly lettersFolder: string;
}

/** What came of the load. Every list holds record numbers, a few examples of many. */
export interface LedgerReport {
  readonly produced: number;
  readonly stored: number;
  readonly expired: number;
  readonly letters: number;
  /** Letters that stand there again, as they may after a crash. */
  readonly repeatedLetters: number;
  readonly missing: number;
  readonly missingExamples: readonly string[];
  /** Points that nobody sent, or with another value than was sent. */
  readonly wrong: readonly string[];
  /** Letters of records that should have been stored, or that do not hold what was sent. */
  readonly stray: readonly string[];
}

/**
 * Compares the three. `fate` says what must have become of a record, by its number, where a test has
 * made more records odd than the load does.
 */
export async function readLedger(
  places: LedgerPlaces,
  fate: (i: number) => Fate = fateOf,
): Promise<LedgerReport> {
  const { kafka, topic } = places;
  const produced = await readTopic(kafka, topic);
  const count = produced.size;
  const kept = await readPoints(places, count);
  const sent = await readLetters(places.lettersFolder, produced);
  const missing: string[] = [];
  const stray = sent.stray;
  const total = { stored: 0, expired: 0 };
  for (let i = 0; i < count; i++) {
    const wanted = fate(i);
    const [isKept, isSent] = [kept.seen[i] === 1, sent.records.has(i)];
    if (isKept) total.stored++;
    if (wanted === "expired" && !isKept && !isSent) total.expired++;
    else if (isKept !== (wanted === "stored") || isSent !== (wanted === "letter")) {
      const where = `${isKept ? "stored " : ""}${isSent ? "a letter" : ""}`.trim();
      const text = `${i}: ${where === "" ? "nowhere" : where}, expected ${wanted}`;
      (where === "" ? missing : stray).push(text);
    }
  }
  return {
    produced: count,
    ...total,
    letters: sent.records.size,
    repeatedLetters: sent.repeated,
    missing: missing.length,
    missingExamples: missing.slice(0, exampleMax),
    wrong: kept.wrong.slice(0, exampleMax),
    stray: stray.slice(0, exampleMax),
  };
}

/** Where each record stands, by its number; throws where that cannot be counted by. */
async function readTopic(kafka: Kafka, topic: string): Promise<ReadonlyMap<number, string>> {
  const ends = await kafka.admin.endOffsets(topic);
  const held = [...ends.values()].reduce((sum, end) => sum + end, 0);
  for (let attempt = 1;; attempt++) {
    const { places, defect } = readListing(await listTopic(kafka.brokers, topic), held);
    if (defect === undefined) return places;
    // A kcat that takes a pause of its broker for the end of a partition does not say so.
    if (attempt >= listingsMax) throw new Error(`Cannot count by topic '${topic}': ${defect}`);
    console.error(`'${topic}' is listed again: ${defect}`);
  }
}

async function listTopic(brokers: readonly string[], topic: string): Promise<string> {
  const child = Bun.spawn(
    ["kcat", "-C", "-e", "-q", "-b", brokers.join(","), "-t", topic, "-f", "%k %p/%o\n"],
    { stdin: "ignore", stdout: "pipe", stderr: "pipe" },
  );
  const [text, said] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  if (await child.exited !== 0) throw new Error(`kcat cannot read '${topic}': ${said}`);
  return text;
}

interface Points {
  /** 1 for every record that has its point. */
  readonly seen: Uint8Array;
  readonly wrong: string[];
}

/** Every point of every database, each taken back to the record that it was made of. */
async function readPoints(
  { influxdb, databases }: LedgerPlaces,
  count: number,
): Promise<Points> {
  const numbers = new Map(
    allSeries().map(({ measurement, tags }, s) => [seriesKey(measurement, tags), s]),
  );
  const measurements = [...new Set(allSeries().map(({ measurement }) => measurement))];
  const points: Points = { seen: new Uint8Array(count), wrong: [] };
  for (const database of databases) {
    for (const measurement of measurements) {
      const q = `SELECT value FROM "${measurement}" GROUP BY *`;
      for (const { tags, values } of await influxdb.queryAll(q, database)) {
        const own = Object.fromEntries(Object.entries(tags).filter(([, text]) => text !== ""));
        const series = numbers.get(seriesKey(measurement, own));
        for (const [time, value] of values) checkPoint(points, series, [Number(time), value]);
      }
    }
  }
  return points;
}

function checkPoint(
  { seen, wrong }: Points,
  series: number | undefined,
  [time, value]: readonly [number, unknown],
): void {
  // Points of series that are not the load's are the test's own.
  if (series === undefined) return;
  const i = series + Math.round((time - timeOf(series)) / stepMs) * seriesCount;
  if (i < 0 || i >= seen.length || timeOf(i) !== time) wrong.push(`a point at ${time}`);
  else if (value !== valueOf(i)) wrong.push(`${i}: ${value}, expected ${valueOf(i)}`);
  else seen[i] = 1;
}

interface Letters {
  readonly records: ReadonlySet<number>;
  readonly repeated: number;
  readonly stray: string[];
}

interface Letter {
  readonly source: { readonly partition: number; readonly offset: number };
  readonly payload: string;
}

/** Every whole line of the folder; a torn last one was never acknowledged. */
async function readLetters(
  folder: string,
  produced: ReadonlyMap<number, string>,
): Promise<Letters> {
  const numbers = new Map([...produced].map(([i, place]) => [place, i]));
  const records = new Set<number>();
  const stray: string[] = [];
  let repeated = 0;
  for (const name of await readdir(folder).catch(() => [])) {
    const lines = (await readFile(join(folder, name), "utf8")).split("\n").slice(0, -1);
    for (const line of lines) {
      const { source, payload } = JSON.parse(line) as Letter;
      const i = numbers.get(`${source.partition}/${source.offset}`);
      if (i === undefined || payload !== loadText(i)) stray.push(`a letter of ${i}: ${line}`);
      else if (records.has(i)) repeated++;
      else records.add(i);
    }
  }
  return { records, repeated, stray };
}
