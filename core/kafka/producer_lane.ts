/**
 * Pure. What waits for one partition, in order: records gathered into one batch at a time, which stays
 * the same, sequence included, until the broker has said what became of it.
 */
import { type BatchRecord, bytesOf, encodeBatch } from "./record_encode.ts";

/** Bytes of a batch, below the default limit of brokers; one larger record goes alone. */
const batchBytesMax = 900_000;
const batchRecordsMax = 10_000;

/** A call of `send`, over when all its records are acknowledged or one is refused. */
export interface Ticket {
  left: number;
  readonly done: PromiseWithResolvers<void>;
  over: boolean;
}

/** A record on its way. */
export interface Outgoing {
  readonly record: BatchRecord;
  readonly ticket: Ticket;
}

/** Who we are to the brokers, and how far each partition has been counted. */
export interface Identity {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly sequences: Map<Lane, number>;
}

/** A batch that was sent at least once. */
export interface SentBatch {
  readonly outgoing: readonly Outgoing[];
  readonly bytes: Buffer;
  readonly identity: Identity;
}

const sequenceModulus = 2 ** 31;

/** The records for one partition. */
export class Lane {
  readonly topic: string;
  readonly partition: number;
  #queue: Outgoing[] = [];
  /** No batch has more records than this; lowered to split one that was too large. */
  #recordsMax = batchRecordsMax;
  sent: SentBatch | undefined;
  busy = false;
  failures = 0;
  notBefore = 0;

  constructor(topic: string, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  get idle(): boolean {
    return this.sent === undefined && this.#queue.length === 0;
  }

  push(outgoing: Outgoing): void {
    this.#queue.push(outgoing);
  }

  /** The batch to send, the same one again if it is not settled; undefined where nothing waits. */
  batch(identity: Identity): SentBatch | undefined {
    if (this.sent !== undefined) return this.sent;
    this.#queue = this.#queue.filter(({ ticket }) => !ticket.over);
    let bytes = 0;
    let count = 0;
    for (const { record } of this.#queue) {
      bytes += bytesOf(record);
      if (count > 0 && (bytes > batchBytesMax || count >= this.#recordsMax)) break;
      count++;
    }
    if (count === 0) return undefined;
    const outgoing = this.#queue.splice(0, count);
    this.sent = { outgoing, identity, bytes: this.#encode(outgoing, identity) };
    return this.sent;
  }

  /** The broker has the batch: its records count towards their tickets. */
  settle(): void {
    const { sent } = this;
    if (sent === undefined) return;
    this.sent = undefined;
    this.failures = 0;
    this.#recordsMax = batchRecordsMax;
    const { sequences } = sent.identity;
    const next = (sequences.get(this) ?? 0) + sent.outgoing.length;
    if (sent.identity.producerId >= 0n) sequences.set(this, next % sequenceModulus);
    for (const { ticket } of sent.outgoing) {
      ticket.left--;
      if (ticket.left === 0 && !ticket.over) {
        ticket.over = true;
        ticket.done.resolve();
      }
    }
  }

  /** The broker has surely not taken the batch: it is made anew, of at most `recordsMax` records. */
  unsend(recordsMax: number = batchRecordsMax): void {
    const { sent } = this;
    if (sent === undefined) return;
    this.sent = undefined;
    this.#recordsMax = recordsMax;
    this.#queue.unshift(...sent.outgoing);
  }

  /** Takes the batch out without an answer; whoever waits for it has been told. */
  drop(): void {
    this.sent = undefined;
    this.#recordsMax = batchRecordsMax;
  }

  /** Takes everything out, sent or not. */
  takeAll(): Outgoing[] {
    const all = [...this.sent?.outgoing ?? [], ...this.#queue];
    this.drop();
    this.#queue = [];
    return all;
  }

  #encode(outgoing: readonly Outgoing[], identity: Identity): Buffer {
    const { producerId, producerEpoch, sequences } = identity;
    const sequence = producerId < 0n ? -1 : sequences.get(this) ?? 0;
    const records = outgoing.map(({ record }) => record);
    return encodeBatch(records, { producerId, producerEpoch, sequence });
  }
}
