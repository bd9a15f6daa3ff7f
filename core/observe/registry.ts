/**
 * Pure. Counters, gauges and histograms as everybody below cmd/ sees them. One registry per process
 * is made at start and passed down; the exposition text and the port are core/observe's business.
 */

export type Labels = Readonly<Record<string, string>>;

export interface Counter {
  /** Adds `by` (1 if left out), never negative. */
  add(by?: number): void;
}

export interface Gauge {
  set(value: number): void;
}

export interface Histogram {
  /** Takes a value (seconds), `count` times over (1 if left out). */
  observe(value: number, count?: number): void;
}

/**
 * The same name and labels give the same series back, so that a component may ask for it again. Help
 * texts and buckets are fixed by the first call for a name.
 */
export interface Registry {
  counter(name: string, help: string, labels?: Labels): Counter;
  gauge(name: string, help: string, labels?: Labels): Gauge;
  histogram(name: string, help: string, labels?: Labels): Histogram;
}
