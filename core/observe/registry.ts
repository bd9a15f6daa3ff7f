/**
 * Pure. Counters, gauges and histograms as everybody below cmd/ sees them. One registry per process
 * is made at start and passed down; the exposition text and the port are core/observe's business.
 */

/** Label names and their values. */
export type Labels = Readonly<Record<string, string>>;

/** A number that only grows. */
export interface Counter {
  /** Adds `by` (1 if left out), never negative. */
  add(by?: number): void;
}

/** A number that goes up and down. */
export interface Gauge {
  /** NaN takes the series out of what is served: not known, or not ours any more (a lost partition). */
  set(value: number): void;
}

/** How often values fell into which bucket. */
export interface Histogram {
  /** Takes a value (seconds), `count` times over (1 if left out). NaN is left out. */
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
