/**
 * Edge (net). A consumer under test being pulled: what it gave, in order, and what it said, kept for a
 * test to look at and to wait for. It commits on revocation, or when told to.
 */
import { systemClock } from "../core/clock.ts";
import type { HostPort } from "../core/config/endpoint.ts";
import { parseHostPort } from "../core/config/option.ts";
import type { Consumer, ConsumerEvents } from "../core/delivery/consumer.ts";
import {
  keyOf,
  type Position,
  type RecordBlock,
  type TopicPartition,
  valueOf,
} from "../core/delivery/records.ts";
import { createKafkaConsumer, type KafkaConsumerOptions } from "../core/kafka/consumer.ts";
import type { Log, LogLevel } from "../core/log/log.ts";

/** A record as a test compares it. */
export interface ReadRecord {
  readonly partition: number;
  readonly offset: number;
  /** Text of the value; null for a tombstone. */
  readonly value: string | null;
  readonly key: string | null;
  readonly timestamp: number;
}

/** A consumer being read in the background. */
export interface Reading {
  readonly consumer: Consumer;
  readonly records: ReadRecord[];
  /** Reasons of corrupt blocks. */
  readonly corrupt: string[];
  readonly gaps: [partition: number, from: number, to: number][];
  readonly states: string[];
  readonly logged: [LogLevel, string][];
  readonly revoked: number[];
  readonly lost: number[];
  /** Partitions held now, in order. */
  readonly assigned: number[];
  /** Settles when `blocks()` ends; rejects with what it threw. */
  readonly ended: Promise<void>;
  /** Commits everything that was read. */
  commit(): Promise<void>;
  /** Waits until `condition` holds; throws after 30 s with `what`. */
  until(what: string, condition: () => boolean): Promise<void>;
  /** Commits, closes, and waits for the end. */
  close(): Promise<void>;
}

/** What is read from where; brokers as the servers name them, `host:port`. */
export interface ReadingOptions extends Omit<Partial<KafkaConsumerOptions>, "brokers"> {
  readonly brokers: readonly string[];
  readonly topics: readonly string[];
  /** So many blocks wait before one of them is looked at and given back, in no order; 0 if left out. */
  readonly heldBlocks?: number;
}

/** Brokers from `host:port`; throws where one is not. */
export function brokersOf(texts: readonly string[]): readonly HostPort[] {
  return texts.map((text) => {
    const address = parseHostPort(text, undefined);
    if ("unreadable" in address) throw new Error(address.unreadable.why);
    return address.value;
  });
}

/** Reads `options.topics` of a broker with quick timing. */
export function startReading(options: ReadingOptions): Reading {
  const records: ReadRecord[] = [];
  const positions = new Map<number, Position>();
  const seen = {
    corrupt: [] as string[],
    gaps: [] as [number, number, number][],
    states: [] as string[],
    logged: [] as [LogLevel, string][],
    revoked: [] as number[],
    lost: [] as number[],
    assigned: [] as number[],
  };
  const commit = (): Promise<void> => consumer.commit([...positions.values()]);
  const letGo = (partitions: readonly TopicPartition[], into: number[]): void => {
    into.push(...partitions.map(({ partition }) => partition));
    seen.assigned.length = 0;
  };
  const events: ConsumerEvents = {
    onAssigned: (partitions) => {
      positions.clear();
      seen.assigned.splice(0, Infinity, ...partitions.map(({ partition }) => partition).sort());
    },
    onRevoked: async (partitions) => {
      await commit();
      letGo(partitions, seen.revoked);
    },
    onLost: (partitions) => letGo(partitions, seen.lost),
    onState: ({ ready, reason }) => seen.states.push(ready ? "ready" : reason ?? ""),
    onTurn: ignore,
    onLag: ignore,
    onGap: ({ partition }, from, to) => seen.gaps.push([partition, from, to]),
  };
  const consumer = createKafkaConsumer({
    clientId: "tpctl-tests",
    groupId: `group-${crypto.randomUUID()}`,
    ...options,
    brokers: brokersOf(options.brokers),
    timing: { metadataMs: 500, heartbeatMs: 200, backoffMsMax: 500, ...options.timing },
  }, { events, clock: systemClock, log: collectingLog(seen.logged) });
  const look = (block: RecordBlock): void => {
    if (block.corrupt !== undefined) seen.corrupt.push(block.corrupt);
    for (let i = 0; i < block.count; i++) records.push(recordOf(block, i));
    block.release?.();
    positions.set(block.partition, block);
  };
  const ended = (async (): Promise<void> => {
    const held: RecordBlock[] = [];
    for await (const block of consumer.blocks()) {
      held.push(block);
      const late = held.length > (options.heldBlocks ?? 0);
      if (late) held.splice(records.length % held.length, 1).forEach(look);
    }
    held.forEach(look);
  })();
  ended.catch(ignore);
  const until = (what: string, condition: () => boolean): Promise<void> =>
    waitUntil(
      what,
      condition,
      () => [...seen.states, ...seen.logged.map((line) => line.join(": "))],
    );
  const close = async (): Promise<void> => {
    await commit();
    await consumer.close();
    await ended;
  };
  return { consumer, records, ended, commit, until, close, ...seen };
}

function recordOf(block: RecordBlock, i: number): ReadRecord {
  return {
    partition: block.partition,
    offset: block.offsets[i] ?? -1,
    value: textOf(valueOf(block, i)),
    key: textOf(keyOf(block, i)),
    timestamp: block.timestamps[i] ?? NaN,
  };
}

/** Waits for the condition; gives up after 30 s with the last of what was said meanwhile. */
async function waitUntil(
  what: string,
  condition: () => boolean,
  said: () => readonly string[],
): Promise<void> {
  for (const deadline = performance.now() + 30_000; !condition(); await Bun.sleep(20)) {
    if (performance.now() > deadline) {
      throw new Error(`not within 30 s: ${what}; it said\n${said().slice(-20).join("\n")}`);
    }
  }
}

/** A log that only remembers. */
export function collectingLog(logged: [LogLevel, string][]): Log {
  const at = (level: LogLevel) => (message: string): void => {
    logged.push([level, message]);
  };
  const log: Log = {
    debug: ignore,
    info: at("info"),
    warning: at("warning"),
    error: at("error"),
    critical: at("critical"),
    named: () => log,
  };
  return log;
}

function textOf(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString();
}

function ignore(): void {}
