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
  /** Where dead letters are kept. */
  readonly deadLetters?: string;
}

/** The members of the closing line: the sums, then the same by topic. */
export interface ClosingAccount extends TopicAccount {
  readonly time: string;
  readonly command: string;
  readonly complete: boolean;
  /** Where the dead-lettered are kept, if there are any. */
  readonly dead_letters?: string;
  readonly topics: Readonly<Record<string, TopicAccount>>;
}

/** The account for people: `100 received = 97 written + 1 expired + ...`. */
export function formatAccount(account: ClosingAccount): string {
  const { received, written, expired, dead_lettered, dead_letters } = account;
  const kept = dead_letters === undefined ? "" : ` (in ${dead_letters})`;
  return `${received} received = ${written} written + ${expired} expired + ` +
    `${dead_lettered} dead-lettered${kept} + ${account.abandoned} abandoned + ` +
    `${account.in_flight} in flight`;
}

/** What to say of a run that stored nothing of what it received; undefined of any other. */
export function nothingStored(account: ClosingAccount): string | undefined {
  const { received, dead_lettered, dead_letters } = account;
  if (received === 0 || dead_lettered < received) return undefined;
  return `Nothing was stored: all ${received} records are dead letters in ${dead_letters}, each ` +
    "with its reason, expected messages of the kind that is read";
}

/** Reads the account off the metrics as they stand at the end. */
export function closingAccount(snapshot: MetricsSnapshot, run: ClosingRun): ClosingAccount {
  const topics = accountOf(snapshot);
  const total = totalOf(topics);
  const { command, complete, deadLetters } = run;
  const kept = total.dead_lettered > 0 && deadLetters !== undefined;
  const place = kept ? { dead_letters: deadLetters } : {};
  const time = new Date(run.time).toISOString();
  return { time, command, complete, ...total, ...place, topics };
}
