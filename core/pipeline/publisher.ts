/**
 * Pure. `Publisher`: what a transport promises to the pipeline, and how one is described.
 *
 * A publisher attempts and reports; retry, back-off, halving, spooling, queueing, dropping and dead
 * letters are core/pipeline's business, by the publisher's policy. One file per transport stands in
 * publishers/, and publishers/mod.ts lists their kinds.
 */
import type { Clock } from "../clock.ts";
import type { Log } from "../log/log.ts";
import type { Registry } from "../observe/registry.ts";
import type { FarEnd } from "../online/far_end.ts";
import type { Event } from "./event.ts";
import type { Sample } from "./sample.ts";

/**
 * - `publishSamples` and `publishEvents` resolve only when the far end has accepted every item. They
 *   reject with a StoreError (core/delivery/writer.ts) whose reaction says what to do: `retry` for an
 *   outage, `hold` for the operator's fault, `bisect` when items were refused, `split` when the
 *   request was too large; with PartialWriteError where the far end named the items.
 * - An empty list is accepted without a word to the far end. Order within a call is kept.
 * - The same items may come again at any time (a crash, a requeue).
 * - Calls come one at a time unless the kind says `concurrency` above 1.
 */
export interface Publisher {
  /** `scheme://host:port/path` without user, password and query. */
  readonly name: string;
  publishSamples(samples: readonly Sample[], signal: AbortSignal): Promise<void>;
  publishEvents(events: readonly Event[], signal: AbortSignal): Promise<void>;
  /** Whether the item means nothing to the far end: it is told nothing of it, up or down. */
  ignores?(item: Sample | Event): boolean;
  /** Flushes and lets go of connections and files. Safe to call twice. */
  close(): Promise<void>;
}

/** A publisher's URL as it stands in a sink, taken apart the way Python's urlparse does. */
export interface PublisherUrl {
  /** The URL as written; never shown (it may hold a password). */
  readonly text: string;
  readonly scheme: string;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly host: string;
  readonly port: number | undefined;
  readonly path: string;
  /** Query pairs in order, decoded, blank values kept as "". */
  readonly query: readonly (readonly [name: string, value: string])[];
}

/** One option of a publisher's URL, as data: reading, checks, `validate` and the README come of it. */
export interface PublisherOption {
  readonly name: string;
  readonly kind: "string" | "int" | "float" | "bool" | "flag" | "choice" | "path";
  readonly default?: string;
  readonly min?: number;
  readonly max?: number;
  readonly choices?: readonly string[];
  readonly unit?: string;
  readonly help: string;
}

/** One transport: its schemes, its options as data, and how it is made. */
export interface PublisherKind<Settings> {
  readonly schemes: readonly string[];
  /** One sentence for people. */
  readonly help: string;
  readonly takes: readonly ("samples" | "events")[];
  readonly options: readonly PublisherOption[];
  /** What an option nobody knows is: passed on to the far end in the query, or an error. */
  readonly unknownOptions: "passed_on" | "error";
  /** Calls in flight at once; 1 where the far end's last value must be the last sent. */
  readonly concurrency: number;
  /**
   * How many items of several notifications may be put into one call, and how long (ms) to gather
   * them; undefined where each notification is a call of its own, as with the reference.
   */
  readonly gather?: { readonly items_max: number; readonly wait_ms: number };
  /**
   * All publishers of the kind reach one far end, where it matters that a notification's events come
   * before its samples; left out: they are independent.
   */
  readonly eventsFirst?: boolean;
  /**
   * Throws the ConfigError that `create` would throw for the URL, and touches nothing. For kinds whose
   * `create` opens something; the others leave it out.
   */
  check?(url: PublisherUrl, deps: Pick<PublisherDeps<Settings>, "log">): void;
  /**
   * What a publisher of this URL connects to, for `validate --online`; undefined, or left out: nothing
   * outside this machine. Throws as `create` does.
   */
  farEnd?(
    url: PublisherUrl,
    deps: Pick<PublisherDeps<Settings>, "settings" | "carries">,
  ): FarEnd | undefined;
  /** Makes one; throws ConfigError for what cannot work. Connects to nothing yet. */
  create(url: PublisherUrl, deps: PublisherDeps<Settings>): Publisher;
}

/** What a publisher works with. */
export interface PublisherDeps<Settings> {
  /** What ceilometer.conf says (core/config). */
  readonly settings: Settings;
  /** Samples and events differ in topic and options for some transports. */
  readonly carries: "samples" | "events";
  readonly log: Log;
  readonly clock: Clock;
  readonly registry: Registry;
}
