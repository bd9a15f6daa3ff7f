/**
 * Pure. `Survey`: what stands in the inputs, counted per meter, tenant, day and form; what would be
 * rejected, and why. For `--dry-run`.
 */
import type { Datum } from "../datum/datum.ts";
import type { Form } from "../datum/forms.ts";

/** Names counted one by one; what comes after them is counted together. */
const namesMax = 20_000;
/** Refusals that are kept with their place. */
const examplesMax = 20;
/** What names beyond the bound are counted under. */
const others = "(others)";

/** A line that would be rejected. */
export interface RejectedExample {
  readonly file: string;
  readonly line: number;
  readonly class: string;
  readonly reason: string;
}

/** What was found, as it goes into the report. */
export interface SurveyResult {
  readonly lines: number;
  readonly bytes: number;
  readonly data: number;
  readonly forms: Readonly<Record<string, number>>;
  readonly meters: Readonly<Record<string, number>>;
  readonly tenants: Readonly<Record<string, number>>;
  readonly days: Readonly<Record<string, number>>;
  /** ISO 8601; null where no datum has a time. */
  readonly first: string | null;
  readonly last: string | null;
  /** Samples and events by the publisher that would be given them. */
  readonly publishers: Readonly<Record<string, number>>;
  readonly rejected: number;
  readonly rejected_by_class: Readonly<Record<string, number>>;
  readonly examples: readonly RejectedExample[];
}

/** Nothing counted yet. */
export class Survey {
  readonly #counts = {
    forms: new Map<string, number>(),
    meters: new Map<string, number>(),
    tenants: new Map<string, number>(),
    days: new Map<string, number>(),
    classes: new Map<string, number>(),
    publishers: new Map<string, number>(),
  };
  readonly #examples: RejectedExample[] = [];
  #lines = 0;
  #bytes = 0;
  #data = 0;
  #rejected = 0;
  /** ms since the epoch; the infinities where no datum has a time. */
  firstMs = Infinity;
  lastMs = -Infinity;

  /** A line that is taken. */
  line(form: Form | undefined, bytes: number): void {
    this.#lines++;
    this.#bytes += bytes;
    add(this.#counts.forms, form ?? "unknown");
  }

  datum({ name, tenant, timeMs }: Datum, shiftMs: number): void {
    this.#data++;
    add(this.#counts.meters, name);
    add(this.#counts.tenants, tenant);
    if (Number.isNaN(timeMs)) return;
    const moved = timeMs + shiftMs;
    this.firstMs = Math.min(this.firstMs, moved);
    this.lastMs = Math.max(this.lastMs, moved);
    add(this.#counts.days, dayOf(moved));
  }

  publisher(name: string, items: number): void {
    add(this.#counts.publishers, name, items);
  }

  rejected(example: RejectedExample): void {
    this.#rejected++;
    add(this.#counts.classes, example.class);
    if (this.#examples.length < examplesMax) this.#examples.push(example);
  }

  result(): SurveyResult {
    const { forms, meters, tenants, days, classes, publishers } = this.#counts;
    return {
      lines: this.#lines,
      bytes: this.#bytes,
      data: this.#data,
      forms: byCount(forms),
      meters: byCount(meters),
      tenants: byCount(tenants),
      days: Object.fromEntries([...days].sort(([a], [b]) => a < b ? -1 : 1)),
      first: isoOf(this.firstMs),
      last: isoOf(this.lastMs),
      publishers: byCount(publishers),
      rejected: this.#rejected,
      rejected_by_class: byCount(classes),
      examples: this.#examples,
    };
  }
}

function add(counts: Map<string, number>, name: string, n = 1): void {
  const key = counts.has(name) || counts.size < namesMax ? name : others;
  counts.set(key, (counts.get(key) ?? 0) + n);
}

/** The most first. */
function byCount(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)));
}

const dateMsMax = 8.64e15;

function dayOf(ms: number): string {
  return Math.abs(ms) > dateMsMax ? "beyond all dates" : new Date(ms).toISOString().slice(0, 10);
}

function isoOf(ms: number): string | null {
  return Math.abs(ms) > dateMsMax ? null : new Date(ms).toISOString();
}
