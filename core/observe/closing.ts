/**
 * Pure. The closing line: what became of every record of a run, as one JSON object.
 */
import type { TopicAccount } from "../delivery/account.ts";
import type { MetricsSnapshot } from "./metrics.ts";
import { accountOf, totalOf } from "./progress.ts";

/** The run that is accounted for. */
export interface ClosingRun {
  readonly command: string;
  /** ms since the epoch. */
  readonly time: number;
  /** All of the input was read and settled. */
  readonly complete: boolean;
}

/** The members of the closing line: the sums, then the same by topic. */
export interface ClosingAccount extends TopicAccount {
  readonly time: string;
  readonly command: string;
  readonly complete: boolean;
  readonly topics: Readonly<Record<string, TopicAccount>>;
}

/** The account for people: `100 received = 97 written + 1 expired + ...`. */
export function formatAccount(account: TopicAccount): string {
  const { received, written, expired, dead_lettered, abandoned, in_flight } = account;
  return `${received} received = ${written} written + ${expired} expired + ` +
    `${dead_lettered} dead-lettered + ${abandoned} abandoned + ${in_flight} in flight`;
}

/** Reads the account off the metrics as they stand at the end. */
export function closingAccount(snapshot: MetricsSnapshot, run: ClosingRun): ClosingAccount {
  const topics = accountOf(snapshot);
  const time = new Date(run.time).toISOString();
  return { time, command: run.command, complete: run.complete, ...totalOf(topics), topics };
}
