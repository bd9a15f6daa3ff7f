/**
 * Pure. How far a daemon has come, read off its metrics: the account of records per topic, and one
 * line for people (terminal, log, systemd's status).
 */
import type { TopicAccount } from "../delivery/account.ts";
import type { DeadLetterClass } from "../delivery/dead_letter.ts";
import type { MetricsSnapshot, SeriesSnapshot } from "./metrics.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What `pipeline` counts of notifications, by the words for records. */
const ofNotifications: Readonly<Record<string, string>> = {
  acknowledged: "written",
  requeued: "abandoned",
};

/** The account of every topic that the metrics speak of, in the order of their first record. */
export function accountOf(snapshot: MetricsSnapshot): Readonly<Record<string, TopicAccount>> {
  const topics: Record<string, Mutable<TopicAccount>> = {};
  for (const { name, series } of snapshot) {
    const [, found] = /^tpctl_(?:records|notifications)_([a-z_]+?)(?:_total)?$/.exec(name) ?? [];
    if (found === undefined) continue;
    const what = ofNotifications[found] ?? found;
    for (const one of series) {
      const { topic } = one.labels;
      if (topic !== undefined) addTo(topics[topic] ??= emptyAccount(), what, one);
    }
  }
  return topics;
}

/** The sum over all topics. */
export function totalOf(account: Readonly<Record<string, TopicAccount>>): TopicAccount {
  const total = emptyAccount();
  for (const topic of Object.values(account)) {
    for (const what of counted) total[what] += topic[what];
    for (const [name, count] of Object.entries(topic.dead_lettered_by_class)) {
      total.dead_lettered_by_class = addClass(total, name, count);
    }
  }
  return total;
}

/** The lag over all partitions that are ours; undefined where none has told one. */
export function lagOf(snapshot: MetricsSnapshot): number | undefined {
  const series = snapshot.find(({ name }) => name === "tpctl_kafka_lag")?.series ?? [];
  // Of a partition that was given away nothing is known.
  const known = series.map(({ value }) => value).filter((value) => !Number.isNaN(value));
  return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0);
}

/** How far it has come, at one look. */
export interface Progress {
  readonly total: TopicAccount;
  readonly lag: number | undefined;
  /** Records settled per second since the last look. */
  readonly perSecond: number;
}

/** Looks at snapshots one after the other; `elapsedMs` is the time since the look before. */
export function createProgress(): (snapshot: MetricsSnapshot, elapsedMs: number) => Progress {
  let before = 0;
  return (snapshot, elapsedMs) => {
    const total = totalOf(accountOf(snapshot));
    const settled = total.written + total.expired + total.dead_lettered;
    const perSecond = elapsedMs > 0 ? Math.max(0, settled - before) / elapsedMs * 1000 : 0;
    before = settled;
    return { total, lag: lagOf(snapshot), perSecond };
  };
}

/** `1,234 records/s, 56,789 written, 0 dead letters, lag 12`; what is zero and rare is left out. */
export function formatProgress({ total, lag, perSecond }: Progress): string {
  const parts = [
    `${formatCount(perSecond)} records/s`,
    `${formatCount(total.written)} written`,
    ...(total.expired > 0 ? [`${formatCount(total.expired)} expired`] : []),
    `${formatCount(total.dead_lettered)} dead letter${total.dead_lettered === 1 ? "" : "s"}`,
    ...(total.in_flight > 0 ? [`${formatCount(total.in_flight)} in flight`] : []),
    ...(lag === undefined ? [] : [`lag ${formatCount(lag)}`]),
  ];
  return parts.join(", ");
}

const counted = [
  "received",
  "written",
  "expired",
  "dead_lettered",
  "abandoned",
  "in_flight",
] as const;

function emptyAccount(): Mutable<TopicAccount> {
  return {
    received: 0,
    written: 0,
    expired: 0,
    dead_lettered: 0,
    dead_lettered_by_class: {},
    abandoned: 0,
    in_flight: 0,
  };
}

function addTo(account: Mutable<TopicAccount>, what: string, one: SeriesSnapshot): void {
  const known = counted.find((name) => name === what);
  if (known === undefined) return;
  account[known] += one.value;
  const name = one.labels.class;
  if (name !== undefined) account.dead_lettered_by_class = addClass(account, name, one.value);
}

function addClass(
  { dead_lettered_by_class: classes }: TopicAccount,
  name: string,
  count: number,
): TopicAccount["dead_lettered_by_class"] {
  const known = name as DeadLetterClass;
  return { ...classes, [known]: (classes[known] ?? 0) + count };
}

function formatCount(count: number): string {
  return Math.round(count).toLocaleString("en-US");
}
