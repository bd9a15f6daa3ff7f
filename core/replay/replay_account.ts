/**
 * Pure. The account of a replay: what became of every line, for people and as JSON (`--report`).
 */
import type { ClosingAccount } from "../observe/closing.ts";
import type { PipelineClosing } from "../observe/pipeline_closing.ts";
import type { ReplayJob } from "./job.ts";

/** What only the run knows. */
export interface ReplayFacts {
  readonly target: string;
  readonly seconds: number;
  /** Sending twice leaves the target as sending once does. */
  readonly idempotent: boolean;
}

/** Members beside those of the closing line. */
export interface ReplayMembers {
  readonly target: string;
  readonly idempotent: boolean;
  /** Lines that were looked at. */
  readonly lines: number;
  readonly filtered: number;
  /** Dead letters that were left to the destinations they are for. */
  readonly letters_of_others: Readonly<Record<string, number>>;
  readonly bytes_read: number;
  readonly files_failed: readonly { readonly path: string; readonly reason: string }[];
  readonly seconds: number;
  readonly lines_per_second: number;
  readonly shift_ms: number;
  readonly resumed: boolean;
  readonly checkpoint: string | null;
}

/** The account of either kind of run. */
export type ReplayAccount = (ClosingAccount | PipelineClosing) & ReplayMembers;

/** Both parts together. */
export function replayAccount(
  closing: ClosingAccount | PipelineClosing,
  job: ReplayJob,
  { target, seconds, idempotent }: ReplayFacts,
): ReplayAccount {
  const { counts } = job.selector;
  return {
    ...closing,
    target,
    idempotent,
    lines: counts.lines,
    filtered: counts.filtered,
    letters_of_others: Object.fromEntries(counts.lettersOfOthers),
    bytes_read: job.reading.bytes,
    files_failed: job.reading.failed,
    seconds: Math.round(seconds * 1000) / 1000,
    lines_per_second: seconds > 0 ? Math.round(counts.lines / seconds) : 0,
    shift_ms: job.shiftMs,
    resumed: job.isResumed,
    checkpoint: job.checkpoint ?? null,
  };
}

/** For people, behind the sums: what was left out, and what is to be known. */
export function accountNotes(account: ReplayAccount): string[] {
  const { lines, filtered, letters_of_others: others, seconds, lines_per_second } = account;
  const letters = Object.entries(others).map(([name, n]) => `${n} for ${name}`);
  return [
    `${count(lines)} lines in ${seconds.toFixed(1)} s (${count(lines_per_second)}/s)` +
    (filtered > 0 ? `, ${count(filtered)} left out by the filters` : ""),
    ...(letters.length > 0
      ? [
        `Dead letters left to their own destinations: ${
          letters.join(", ")
        } (--all-destinations takes them)`,
      ]
      : []),
    ...account.files_failed.map(({ path, reason }) => `Not read to its end: ${path}: ${reason}`),
    ...(account.complete || account.checkpoint === null
      ? []
      : [`Not all was sent; --resume goes on from the checkpoint ${account.checkpoint}`]),
  ];
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}
