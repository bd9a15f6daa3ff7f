/**
 * Edge (net, clock). `createKafkaProducer`: a Producer that counts only what all in-sync copies have
 * acknowledged, retries without end, and is known to the brokers, so that a retry does not store a
 * record twice. One batch per partition is under way at a time; it is not made for least latency.
 */
import type { Clock } from "../clock.ts";
import type { OutgoingRecord, Producer } from "../delivery/producer.ts";
import { RunError } from "../errors.ts";
import type { Log } from "../log/log.ts";
import { apis, codes, type ProducerIdAnswer } from "./apis.ts";
import { Cluster, codeFailure } from "./cluster.ts";
import type { KafkaConnectionOptions } from "./connection_options.ts";
import { KafkaFailure } from "./failure.ts";
import { errorText } from "./kafkajs_inner.ts";
import { requestMsMax } from "./link.ts";
import { partitionOfKey } from "./partitioner.ts";
import { copiesMsMax, emptyProduce, type ProduceAnswer, withBatches } from "./produce_call.ts";
import { type Identity, Lane, type SentBatch, type Ticket } from "./producer_lane.ts";
import { backoffMs, type KafkaTiming, kafkaTiming } from "./timing.ts";

/** How often a topic is asked for before it counts as not there. */
const topicAttemptsMax = 5;
const clusterAuthorizationFailed = 31;

/** The cluster to write to. */
export interface KafkaProducerOptions extends KafkaConnectionOptions {
  readonly timing?: Partial<KafkaTiming>;
}

/** What the producer works with. */
export interface KafkaProducerDeps {
  readonly log: Log;
  readonly clock: Clock;
}

/** A producer; nothing is connected before the first `send`. */
export function createKafkaProducer(
  options: KafkaProducerOptions,
  deps: KafkaProducerDeps,
): Producer {
  return new KafkaProducer(options, deps);
}

class KafkaProducer implements Producer {
  #deps: KafkaProducerDeps;
  #log: Log;
  #timing: KafkaTiming;
  #cluster: Cluster;
  #topics = new Set<string>();
  #lanes = new Map<string, Lane>();
  #identity: Identity | undefined;
  #identifying: Promise<void> | undefined;
  #refreshing: Promise<void> | undefined;
  #keyless = 0;
  #problem: string | undefined;

  constructor(options: KafkaProducerOptions, deps: KafkaProducerDeps) {
    this.#deps = deps;
    this.#log = deps.log.named("tpctl.kafka");
    this.#timing = { ...kafkaTiming, ...options.timing };
    this.#cluster = new Cluster(options);
  }

  async send(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<void> {
    if (records.length === 0) return;
    signal.throwIfAborted();
    await this.#findTopics(new Set(records.map(({ topic }) => topic)), signal);
    const ticket: Ticket = {
      left: records.length,
      done: Promise.withResolvers<void>(),
      over: false,
    };
    const now = this.#deps.clock.now();
    const keyless = this.#keyless++;
    for (const { topic, partition, key, value, timestamp } of records) {
      const count = this.#cluster.partitions(topic).length;
      const to = partition ?? (key === null ? keyless % count : partitionOfKey(key, count));
      if (to >= count) {
        throw new RunError(
          `Cannot write to topic '${topic}', partition ${to}: there are ${count} partitions`,
        );
      }
      const record = { key, value, timestamp: timestamp ?? now };
      this.#lane(topic, to).push({ record, ticket });
    }
    const give = (): void => this.#giveUp(ticket, signal.reason);
    signal.addEventListener("abort", give, { once: true });
    this.#pump();
    try {
      await ticket.done.promise;
    } finally {
      signal.removeEventListener("abort", give);
    }
  }

  close(): Promise<void> {
    this.#cluster.close();
    for (const lane of this.#lanes.values()) {
      for (const { ticket } of lane.takeAll()) {
        this.#giveUp(ticket, new RunError("Cannot write to Kafka: the producer was closed"));
      }
    }
    return Promise.resolve();
  }

  #lane(topic: string, partition: number): Lane {
    const key = `${partition}/${topic}`;
    let lane = this.#lanes.get(key);
    if (lane === undefined) this.#lanes.set(key, lane = new Lane(topic, partition));
    return lane;
  }

  /** Partitions of all the topics; waits for brokers without end, for a missing topic not long. */
  async #findTopics(topics: ReadonlySet<string>, signal: AbortSignal): Promise<void> {
    let missing = 0;
    for (let failures = 0;; failures++) {
      const unknown = [...topics].filter((topic) => this.#cluster.partitions(topic).length === 0);
      if (unknown.length === 0) break;
      try {
        await this.#cluster.refresh([...new Set([...this.#topics, ...topics])]);
        const problem = unknown.map((topic) => this.#cluster.topicProblem(topic))
          .find((each) => each !== undefined);
        if (problem === undefined) continue;
        if (++missing >= topicAttemptsMax) {
          throw new RunError(problem.replace("Cannot read", "Cannot write to"));
        }
      } catch (error) {
        if (!(error instanceof KafkaFailure)) throw error;
        this.#tell(error);
      }
      await this.#deps.clock.sleep(this.#wait(failures), signal);
      signal.throwIfAborted();
      if (this.#cluster.closing.aborted) throw new RunError("Cannot write to Kafka: it was closed");
    }
    for (const topic of topics) this.#topics.add(topic);
  }

  /** Sends what can be sent now: for each leader the next batch of each of its partitions. */
  #pump(): void {
    if (this.#cluster.closing.aborted) return;
    const identity = this.#identity;
    if (identity === undefined) {
      this.#identifying ??= this.#identify().finally(() => {
        this.#identifying = undefined;
        this.#pump();
      });
      return;
    }
    const now = this.#deps.clock.monotonic();
    const ready = [...this.#lanes.values()].filter((lane) =>
      !lane.busy && !lane.idle && lane.notBefore <= now && lane.batch(identity) !== undefined
    );
    const byLeader = Map.groupBy(
      ready,
      ({ topic, partition }) => this.#cluster.leader(topic, partition) ?? -1,
    );
    for (const [leader, lanes] of byLeader) void this.#produce(leader, lanes);
  }

  async #produce(leader: number, lanes: readonly Lane[]): Promise<void> {
    const sent = lanes.map((lane): [Lane, SentBatch | undefined] => [lane, lane.sent]);
    for (const lane of lanes) lane.busy = true;
    try {
      const link = await this.#cluster.link(leader, "produce");
      const batches = sent.map(([{ topic, partition }, batch]) => ({
        topic,
        partition,
        bytes: batch?.bytes ?? Buffer.alloc(0),
      }));
      const answer = await link.request<ProduceAnswer>(apis.produce, emptyProduce, {
        timeoutMs: copiesMsMax + requestMsMax,
        call: (usual) => withBatches(usual, batches),
      });
      const found = new Map(
        answer.topics.flatMap(({ topicName, partitions }) =>
          partitions.map(({ partition, errorCode }): [string, number] => [
            `${partition}/${topicName}`,
            errorCode,
          ])
        ),
      );
      for (const [lane, batch] of sent) {
        if (batch === undefined || lane.sent !== batch) continue;
        const key = `${lane.partition}/${lane.topic}`;
        this.#judge(lane, batch, found.get(key) ?? codes.unknownServerError);
      }
    } catch (error) {
      if (!(error instanceof KafkaFailure)) throw error;
      this.#tell(error);
      for (const lane of lanes) this.#tryLater(lane);
    } finally {
      for (const lane of lanes) lane.busy = false;
      this.#pump();
    }
  }

  #judge(lane: Lane, batch: SentBatch, code: number): void {
    if (code === 0 || code === codes.duplicateSequence) {
      this.#well();
      lane.settle();
      return;
    }
    const count = batch.outgoing.length;
    const where = `topic '${lane.topic}', partition ${lane.partition}`;
    // Halved until the one record that it is about stands alone.
    if (refusedForGood.has(code) && count > 1) return lane.unsend(Math.ceil(count / 2));
    if (forgotten.has(code)) {
      this.#forget(batch.identity);
      lane.unsend();
      return;
    }
    const { type, message } = errorText(code);
    const what = count === 1 ? `a record of ${batch.bytes.length} bytes` : `${count} records`;
    const text = `Cannot write ${what} to ${where}: ${message} (${type})`;
    if (refusedForGood.has(code)) {
      lane.drop();
      const cause = new KafkaFailure(text, "protocol", { code });
      for (const { ticket } of batch.outgoing) this.#giveUp(ticket, new RunError(text, { cause }));
      return;
    }
    this.#tell(new KafkaFailure(text, "protocol", { code }));
    this.#tryLater(lane);
  }

  #tryLater(lane: Lane): void {
    if (this.#cluster.closing.aborted) return;
    const ms = this.#wait(lane.failures++);
    lane.notBefore = this.#deps.clock.monotonic() + ms;
    void this.#refresh(ms);
  }

  /** Learns the leaders anew, then sends what is due; one at a time. */
  async #refresh(ms: number): Promise<void> {
    this.#refreshing ??= this.#cluster.refresh([...this.#topics]).catch((error: unknown) => {
      if (error instanceof KafkaFailure) this.#tell(error);
      else throw error;
    }).finally(() => {
      this.#refreshing = undefined;
    });
    await this.#refreshing;
    await this.#deps.clock.sleep(ms, this.#cluster.closing);
    this.#pump();
  }

  /** Asks for a number by which the brokers know our batches again. */
  async #identify(): Promise<void> {
    const request = { transactionalId: null, transactionTimeout: copiesMsMax };
    for (let failures = 0; !this.#cluster.closing.aborted; failures++) {
      try {
        const link = await this.#cluster.any();
        const answer = await link.request<ProducerIdAnswer>(apis.initProducerId, request);
        if (answer.errorCode === clusterAuthorizationFailed) {
          this.#log.warning("Kafka allows no idempotent writes: a retry may store records twice");
          this.#identity = { producerId: -1n, producerEpoch: -1, sequences: new Map() };
          return;
        }
        if (answer.errorCode !== 0) throw codeFailure("get a producer id from", "Kafka", answer);
        const { producerId, producerEpoch } = answer;
        this.#identity = { producerId: BigInt(producerId), producerEpoch, sequences: new Map() };
        return;
      } catch (error) {
        if (!(error instanceof KafkaFailure)) throw error;
        this.#tell(error);
        await this.#deps.clock.sleep(this.#wait(failures), this.#cluster.closing);
      }
    }
  }

  #giveUp(ticket: Ticket, reason: unknown): void {
    if (ticket.over) return;
    ticket.over = true;
    ticket.done.reject(reason);
    for (const lane of this.#lanes.values()) {
      // A batch that nobody waits for any more may or may not be stored: its sequence is never reused.
      if (lane.sent?.outgoing.every((outgoing) => outgoing.ticket.over) !== true) continue;
      this.#forget(lane.sent.identity);
      lane.drop();
    }
  }

  #forget(identity: Identity): void {
    if (this.#identity === identity) this.#identity = undefined;
  }

  #wait(failures: number): number {
    return backoffMs(this.#timing, failures, Math.random());
  }

  #tell(failure: KafkaFailure): void {
    if (this.#cluster.closing.aborted || this.#problem === failure.message) return;
    this.#problem = failure.message;
    this.#log.warning(failure.message);
  }

  #well(): void {
    if (this.#problem === undefined) return;
    this.#problem = undefined;
    this.#log.info("writing to Kafka");
  }
}

/** The broker does not know our number or our count any more. */
const forgotten: ReadonlySet<number> = new Set([
  codes.outOfOrderSequence,
  codes.invalidProducerEpoch,
  codes.unknownProducerId,
]);

/** Trying again changes nothing. */
const refusedForGood: ReadonlySet<number> = new Set([
  codes.messageTooLarge,
  codes.recordListTooLarge,
  codes.invalidTopic,
  codes.invalidRecord,
]);
