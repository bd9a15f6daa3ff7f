/**
 * Pure. What `tpctl persist` runs by, as one plain object: the answers of the command line, the
 * environment and the configuration files together, checked and with their units. Made by
 * read_persist_config.ts; whoever takes part in `persist` is given this or a piece of it.
 */
import type { ConfigNotice } from "./check_options.ts";
import type { LogConfig } from "./log_config.ts";
import type { SourceEndpoint, StoreEndpoint } from "./endpoint.ts";

/** What `persist` knows how to read. */
export type MessageKind = "metrics" | "alarms" | "events";

/** One enabled kind of message: where it comes from, where it goes, how much is gathered. */
export interface PersistInput {
  readonly kind: MessageKind;
  /** Never an amqp endpoint. A Kafka source always has its group. */
  readonly source: Exclude<SourceEndpoint, { scheme: "amqp" }>;
  readonly store: StoreEndpoint;
  /** Upper bound of the records that are gathered before a write (`batch_size`). */
  readonly batchRecordsMax: number;
  /** Upper bound of the time that records are gathered before a write (`max_wait_time_seconds`). */
  readonly maxWaitMs: number;
  /** Members of the consumer group to run (`num_processors`), at least 1. */
  readonly processors: number;
}

/** What to do when a committed offset no longer exists on the broker. It is always said loudly. */
export type OffsetOutOfRange = typeof offsetsOutOfRange[number];

/** The choices of `[tpctl] offset_out_of_range`. */
export const offsetsOutOfRange = ["earliest", "latest", "fail"] as const;

/** Where `/metrics`, `/healthz` and `/readyz` are served. */
export interface ListenConfig {
  readonly host: string;
  readonly port: number;
  /** Configured: a taken port is an error. Our default: only a warning. */
  readonly given: boolean;
}

/** What both daemons have in common, from `[tpctl]`. */
export interface DaemonConfig {
  /** Folder for dead letters, spools and the like; made when needed. */
  readonly stateDir: string;
  /** Undefined: turned off. */
  readonly listen: ListenConfig | undefined;
  /** Bound of the dead-letter folder in bytes; full stops intake. */
  readonly deadLetterBytesMax: number;
  /** Kafka endpoint to send dead letters to instead of the folder; undefined: the folder. */
  readonly deadLetterTopic: string | undefined;
  /** Exit with 3 after the bus was away this long; 0: never. */
  readonly failFastMs: number;
  /** How long a stop waits for what is in flight. */
  readonly drainMs: number;
}

/** Everything that one run of `tpctl persist` goes by. */
export interface PersistConfig extends DaemonConfig {
  /** Configuration files in the order they were read. */
  readonly files: readonly string[];
  readonly inputs: readonly PersistInput[];
  /** How long a batch that is not full waits for more, at most `maxWaitMs` of its input. */
  readonly lingerMs: number;
  readonly offsetOutOfRange: OffsetOutOfRange;
  readonly log: LogConfig;
  /** What is to be said once at start. */
  readonly notices: readonly ConfigNotice[];
}
