/**
 * Pure. The closing line of `pipeline`: what became of every notification, and of every sample and
 * event at each publisher, as one JSON object.
 */
import type { ClosingRun } from "./closing.ts";
import type { MetricsSnapshot } from "./metrics.ts";

/** Notifications: received is the sum of all others. */
export interface NotificationSums {
  readonly received: number;
  readonly acknowledged: number;
  readonly dead_lettered: number;
  readonly requeued: number;
  readonly in_flight: number;
}

/** Samples and events at one publisher: matched is the sum of all others. */
export interface PublisherSums {
  readonly matched: number;
  readonly published: number;
  readonly spooled: number;
  readonly queued: number;
  readonly dropped: number;
  readonly dead_lettered: number;
  readonly in_flight: number;
  /** Notifications that its spool holds at the end, those of earlier runs included. */
  readonly spool_records?: number;
}

/** The members of the closing line. */
export interface PipelineClosing extends NotificationSums {
  readonly time: string;
  readonly command: string;
  readonly complete: boolean;
  readonly publishers: Readonly<Record<string, PublisherSums>>;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Reads the account off the metrics as they stand at the end. */
export function pipelineAccount(snapshot: MetricsSnapshot, run: ClosingRun): PipelineClosing {
  const publishers: Record<string, Mutable<PublisherSums>> = {};
  const notifications = noNotifications();
  for (const { name, series } of snapshot) {
    const [, family, what = ""] =
      /^tpctl_(notifications|pipeline|spool)_([a-z_]+?)(?:_total)?$/.exec(name) ?? [];
    for (const { labels, value } of series) {
      if (family === "notifications" && isMember(notifications, what)) notifications[what] += value;
      const { publisher } = labels;
      if (publisher === undefined) continue;
      const sums = publishers[publisher] ?? noItems();
      if (family === "pipeline" && isMember(sums, what)) {
        publishers[publisher] = { ...sums, [what]: (sums[what] ?? 0) + value };
      }
      if (family === "spool" && what === "records" && value > 0) {
        publishers[publisher] = { ...sums, spool_records: (sums.spool_records ?? 0) + value };
      }
    }
  }
  const time = new Date(run.time).toISOString();
  return { time, command: run.command, complete: run.complete, ...notifications, publishers };
}

/** The account for people. */
export function formatPipelineAccount(account: PipelineClosing): string {
  const { received, acknowledged, dead_lettered, requeued, in_flight } = account;
  const of = (sums: PublisherSums): string =>
    Object.entries(sums).filter(([what, count]) => what === "matched" || count > 0)
      .map(([what, count]) => `${count} ${what.replaceAll("_", " ")}`).join(", ");
  const publishers = Object.entries(account.publishers).map(([name, sums]) =>
    `${name}: ${of(sums)}`
  );
  return [
    `${received} received = ${acknowledged} acknowledged + ${dead_lettered} dead-lettered + ` +
    `${requeued} requeued + ${in_flight} in flight`,
    ...publishers,
  ].join("; ");
}

function noNotifications(): Mutable<NotificationSums> {
  return { received: 0, acknowledged: 0, dead_lettered: 0, requeued: 0, in_flight: 0 };
}

function noItems(): PublisherSums {
  return {
    matched: 0,
    published: 0,
    spooled: 0,
    queued: 0,
    dropped: 0,
    dead_lettered: 0,
    in_flight: 0,
  };
}

function isMember<T extends object>(sums: T, what: string): what is Extract<keyof T, string> {
  return Object.hasOwn(sums, what);
}
