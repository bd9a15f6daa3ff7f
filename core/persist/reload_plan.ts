/**
 * Pure. What a new configuration means for the loops that run: which stay as they are, which are
 * tuned in place, which are made anew, and what waits for the next start of the process.
 */
import type { MessageKind, PersistConfig, PersistInput } from "../config/persist_config.ts";

/** What becomes of the loop of one kind. */
export interface LoopChange {
  readonly kind: MessageKind;
  /** `tune`: only bounds of gathering changed, the loop stays in its group. */
  readonly change: "keep" | "tune" | "restart" | "start" | "stop";
}

/** What a reload does, and what it cannot do. */
export interface ReloadPlan {
  readonly loops: readonly LoopChange[];
  /** Options that changed and cannot be taken over while the process runs. */
  readonly nextStart: readonly string[];
}

/** Options by which every loop runs; a change makes them all anew. */
const loopOptions = ["drainMs", "failFastMs", "offsetOutOfRange"] as const;

/** Options of the process itself, by the names that operators know. */
const processOptions: readonly (readonly [keyof PersistConfig, string])[] = [
  ["stateDir", "[tpctl] state_dir"],
  ["listen", "[tpctl] listen"],
  ["deadLetterBytesMax", "[tpctl] dead_letter_max_bytes"],
  ["deadLetterTopic", "[tpctl] dead_letter_topic"],
];

/**
 * Compares two configurations that were both found good. `started` is the one that the process began
 * with: what still differs from it waits for the next start, however often it is read again.
 */
export function planReload(
  before: PersistConfig,
  after: PersistConfig,
  started: PersistConfig,
): ReloadPlan {
  const all = loopOptions.some((option) => before[option] !== after[option]);
  const linger = before.lingerMs !== after.lingerMs;
  const kinds = new Set([...before.inputs, ...after.inputs].map(({ kind }) => kind));
  const inputOf = (config: PersistConfig, kind: MessageKind): PersistInput | undefined =>
    config.inputs.find((input) => input.kind === kind);
  const loops: LoopChange[] = [];
  const nextStart: string[] = [];
  for (const kind of kinds) {
    const [was, is] = [inputOf(before, kind), inputOf(after, kind)];
    if (was === undefined) loops.push({ kind, change: "start" });
    else if (is === undefined) loops.push({ kind, change: "stop" });
    else loops.push({ kind, change: all ? "restart" : changeOf(was, is, linger) });
    const first = inputOf(started, kind);
    if (first !== undefined && is !== undefined && first.processors !== is.processors) {
      nextStart.push(`num_processors of ${kind}`);
    }
  }
  for (const [option, name] of processOptions) {
    if (!Bun.deepEquals(started[option], after[option])) nextStart.push(name);
  }
  return { loops, nextStart };
}

function changeOf(
  was: PersistInput,
  is: PersistInput,
  linger: boolean,
): LoopChange["change"] {
  const bounds = { batchRecordsMax: is.batchRecordsMax, maxWaitMs: is.maxWaitMs };
  if (!Bun.deepEquals({ ...was, ...bounds, processors: is.processors }, is)) return "restart";
  const same = was.batchRecordsMax === is.batchRecordsMax && was.maxWaitMs === is.maxWaitMs;
  return same && !linger ? "keep" : "tune";
}
