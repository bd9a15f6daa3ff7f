/**
 * Pure. The load of the fault tests: the benchmark's envelopes with odd ones among them, and what must
 * become of each. Record `i` says by its number alone what it is, so that a ledger needs no memory of
 * what was produced.
 */
import { envelope, seriesCount, timeOf } from "../bench/envelopes.ts";

/** What must become of a record: a point, nothing (too old), or a dead letter. */
export type Fate = "stored" | "expired" | "letter";

/** Every so many records, one is odd; a prime, so that all series and partitions get some. */
const oddEvery = 97;
/** Long before every retention. */
const oldMs = 1_000_000_000_000;

interface Oddity {
  readonly fate: Fate;
  readonly make: (text: string, i: number) => string;
}

const oddities: readonly Oddity[] = [
  { fate: "letter", make: (text) => text.slice(0, text.length / 2) },
  { fate: "letter", make: (text) => text.replace(/"component": "[^"]*"/, '"component": ""') },
  { fate: "expired", make: (text, i) => text.replace(`${timeOf(i)}`, `${oldMs + i}`) },
  { fate: "letter", make: (text) => text.replace(/"value": [^,]*/, '"value": NaN') },
];

/** Record `i` as it is produced. */
export function loadText(i: number): string {
  return oddityOf(i)?.make(envelope(i), i) ?? envelope(i);
}

/** What must become of record `i`, unless its tenant's database has its own mind. */
export function fateOf(i: number): Fate {
  return oddityOf(i)?.fate ?? "stored";
}

function oddityOf(i: number): Oddity | undefined {
  if (i % oddEvery !== 13) return undefined;
  return oddities[Math.floor(i / oddEvery) % oddities.length];
}

/** One series of the load, as InfluxDB knows it. */
export interface Series {
  readonly measurement: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly tenant: string;
}

interface Envelope {
  readonly metric: { readonly name: string; readonly dimensions: Readonly<Record<string, string>> };
  readonly meta: { readonly tenantId: string; readonly region: string };
}

let known: readonly Series[] | undefined;

/** All series; record `i` belongs to series `i` modulo their number. */
export function allSeries(): readonly Series[] {
  known ??= Array.from({ length: seriesCount }, (_, s) => {
    const { metric, meta } = JSON.parse(envelope(s)) as Envelope;
    return {
      measurement: metric.name,
      tags: { ...metric.dimensions, _tenant_id: meta.tenantId, _region: meta.region },
      tenant: meta.tenantId,
    };
  });
  return known;
}

/** The series of record `i`. */
export function seriesOf(i: number): Series {
  const found = allSeries()[i % seriesCount];
  if (found === undefined) throw new Error(`no series for ${i}`);
  return found;
}

/** One text per series, whatever the order of its tags. */
export function seriesKey(measurement: string, tags: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(tags).map(([name, value]) => `${name}=${value}`).sort();
  return [measurement, ...pairs].join("\0");
}

/** The default retention under which the load is young and its expired records are old. */
export function retentionHours(nowMs: number): number {
  return Math.ceil((nowMs - timeOf(0)) / 3_600_000) + 24 * 365;
}
