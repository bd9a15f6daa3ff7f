/**
 * Edge (net, files). A source of tail being pulled in the background: what it gave and what it said, kept
 * for a test to look at and to wait for. It is opened from a URL, as the command does.
 */
import { systemClock } from "../core/clock.ts";
import type { Datum } from "../core/datum/datum.ts";
import { silentLog } from "../core/log/log.ts";
import { Intake } from "../core/tail/intake.ts";
import { openTail } from "../core/tail/open_tail.ts";
import { planTail, type TailArguments } from "../core/tail/tail_plan.ts";
import { eventually } from "./program.ts";

/** A source being pulled. */
export interface Tailing {
  readonly data: readonly Datum[];
  /** Whether each datum was live. */
  readonly live: readonly boolean[];
  readonly notes: readonly string[];
  readonly troubles: readonly (string | undefined)[];
  readonly intake: Intake;
  /** Settles when the source ends; rejects with what it threw. */
  readonly ended: Promise<void>;
  /** Waits for so many data; throws after 30 s. */
  came(count: number): Promise<void>;
  /** Values in the order in which they came. */
  values(): number[];
  close(): Promise<void>;
}

/** What is typed behind `tpctl tail`, with nothing else. */
export function typedTail(source: string, changed: Partial<TailArguments> = {}): TailArguments {
  return {
    source,
    ...{ meters: [], events: [], tenants: [] },
    ...{ where: undefined, last: undefined, since: undefined, follow: undefined },
    ...{ sample: undefined, format: undefined, wide: false, chartOut: undefined, lag: false },
    ...changed,
  };
}

const open: Tailing[] = [];

/** Starts; `closeTailings` ends what a test has left open. */
export async function startTailing(
  url: string,
  changed: Partial<TailArguments> = {},
  secrets: { readonly password?: string; readonly influxToken?: string } = {},
): Promise<Tailing> {
  const { password, influxToken } = secrets;
  const plan = planTail(typedTail(url, changed), { password, influxToken }, Date.now());
  const intake = new Intake(plan.intake, Math.random);
  const data: Datum[] = [];
  const live: boolean[] = [];
  const notes: string[] = [];
  const troubles: (string | undefined)[] = [];
  const source = await openTail(plan, {
    ...{ intake, clock: systemClock, log: silentLog, random: Math.random },
    onNote: (note) => void notes.push(note),
    onTrouble: (trouble) => void troubles.push(trouble),
  });
  const run = async (): Promise<void> => {
    for await (const batch of source.batches()) {
      data.push(...batch.data);
      live.push(...batch.data.map(() => batch.live));
    }
  };
  const ended = run();
  // Looked at by those who care, perhaps later.
  ended.catch(() => undefined);
  const tailing: Tailing = {
    ...{ data, live, notes, troubles, intake, ended },
    came: async (count) => {
      await Promise.race([
        eventually(() => data.length >= count ? true : undefined),
        ended.then(() => undefined),
      ]);
      if (data.length < count) throw new Error(`${data.length} of ${count} data came`);
    },
    values: () => data.map(({ value }) => value),
    close: () => source.close(),
  };
  open.push(tailing);
  return tailing;
}

/** Ends all that were started. */
export async function closeTailings(): Promise<void> {
  await Promise.all(open.splice(0).map((tailing) => tailing.close()));
}

/** A sample as publishers write it, a second apart by its number. */
export function sampleLine(n: number, changed: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    ...{ name: `m.${n % 10}`, type: "gauge", unit: "%", volume: n, resource_id: `r-${n % 3}` },
    ...{ project_id: "p", timestamp: sampleTime(n).toISOString(), resource_metadata: {} },
    ...changed,
  });
}

/** When sample `n` was taken. */
export function sampleTime(n: number): Date {
  return new Date(Date.UTC(2026, 0, 1) + n * 1000);
}
