/**
 * Pure. Which data are wanted: `--meter`, `--event`, `--tenant`, `--since`, `--until`.
 */
import { compileFnmatch, type NameMatcher } from "../pipeline/fnmatch.ts";
import type { Datum, DatumKind } from "./datum.ts";

/** What was asked for; what is left out or empty does not matter. */
export interface DatumFilterOptions {
  /** Patterns of names of metrics, samples and measurements. */
  readonly meters?: readonly string[];
  /** Patterns of types of events and notifications, and of names of alarms. */
  readonly events?: readonly string[];
  /** Patterns of projects. */
  readonly tenants?: readonly string[];
  /** ms since the epoch, included. */
  readonly sinceMs?: number;
  /** ms since the epoch, excluded. */
  readonly untilMs?: number;
}

/** Whether a datum is wanted. */
export type DatumFilter = (datum: Datum) => boolean;

const measured: ReadonlySet<DatumKind> = new Set(["metric", "sample", "point"]);

/**
 * Undefined where everything is wanted. With meters and no events nothing that happened is wanted, and
 * the other way round. A datum whose time cannot be read passes `--since` and `--until`: whoever takes
 * it says what is wrong with it.
 */
export function createDatumFilter(options: DatumFilterOptions): DatumFilter | undefined {
  const { sinceMs = -Infinity, untilMs = Infinity } = options;
  const meters = anyOf(options.meters);
  const events = anyOf(options.events);
  const tenants = anyOf(options.tenants);
  const isTimed = sinceMs > -Infinity || untilMs < Infinity;
  if (!isTimed && !meters && !events && !tenants) return undefined;
  const byName = meters !== undefined || events !== undefined;
  return ({ kind, name, tenant, timeMs }) => {
    if (timeMs < sinceMs || timeMs >= untilMs) return false;
    if (tenants !== undefined && !tenants(tenant)) return false;
    if (!byName) return true;
    return (measured.has(kind) ? meters : events)?.(name) ?? false;
  };
}

function anyOf(patterns: readonly string[] | undefined): NameMatcher | undefined {
  if (patterns === undefined || patterns.length === 0) return undefined;
  const matchers = patterns.map(compileFnmatch);
  const [only] = matchers;
  if (matchers.length === 1 && only !== undefined) return only;
  return (name) => matchers.some((matches) => matches(name));
}
