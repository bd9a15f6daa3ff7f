/**
 * Edge (net, processes). What tests ask of a running Kafka: topics, records of any codec, transactions,
 * offsets. Built on kafkajs's admin and producer and on kcat, never on the code under test.
 */
import {
  type Admin,
  CompressionTypes,
  Kafka as Client,
  type Producer,
  type Transaction,
} from "kafkajs";
// Its client warns of negative timers otherwise.
import "../../core/kafka/kafkajs_queue.ts";

/** How record batches are compressed. */
export type Codec = "none" | "gzip" | "snappy" | "lz4" | "zstd";

/** What is not the default of a topic. */
export interface TopicOptions {
  readonly partitions?: number;
  readonly config?: Readonly<Record<string, string>>;
}

/** One record to produce. */
export interface TestRecord {
  readonly key?: string | Uint8Array | null;
  readonly value: string | Uint8Array | null;
  readonly partition?: number;
  /** ms since the epoch. */
  readonly timestamp?: number;
}

/** Where a group is to go on. */
export interface CommittedOffset {
  readonly partition: number;
  readonly offset: number;
}

/** How lines are produced. */
export interface LinesOptions {
  readonly codec?: Codec;
  /** All lines go there; without it they are spread over all partitions. */
  readonly partition?: number;
}

/** What tests ask of a cluster. */
export interface KafkaAdmin {
  /** Rejects where there is one of this name: what it holds is somebody else's. */
  createTopic(topic: string, options?: TopicOptions): Promise<void>;
  deleteTopic(topic: string): Promise<void>;
  addPartitions(topic: string, count: number): Promise<void>;
  /** Few records, any bytes, uncompressed or gzip; acknowledged by all copies. */
  produce(topic: string, records: readonly TestRecord[], codec?: "none" | "gzip"): Promise<void>;
  /** Many records, one per line (no newline inside), by kcat: about 200,000 a second. */
  produceLines(topic: string, lines: Iterable<string>, options?: LinesOptions): Promise<void>;
  /** Records of one transaction, then commit or abort; a control record follows them in the log. */
  produceTransaction(
    topic: string,
    records: readonly TestRecord[],
    end: "commit" | "abort",
  ): Promise<void>;
  /** The offset behind the last record of each partition. */
  endOffsets(topic: string): Promise<Map<number, number>>;
  /** The first offset of each partition. */
  startOffsets(topic: string): Promise<Map<number, number>>;
  /** What a group has committed; partitions without a commit are left out. */
  committedOffsets(group: string, topic: string): Promise<Map<number, number>>;
  setCommittedOffset(group: string, topic: string, at: CommittedOffset): Promise<void>;
  /** Moves the log's start forward (truncation). */
  deleteRecords(topic: string, partition: number, beforeOffset: number): Promise<void>;
  /** Members that a (classic) group has now. */
  groupMembers(group: string): Promise<number>;
  close(): Promise<void>;
}

/** A client for tests; connects on first use. */
export function kafkaAdmin(brokers: readonly string[]): KafkaAdmin {
  return new TestAdmin(brokers);
}

const leadersMs = 20_000;
const offsetsMs = 20_000;

function hasLeaders(answer: Awaited<ReturnType<Admin["fetchTopicMetadata"]>>): boolean {
  return answer.topics.every(({ partitions }) => partitions.every(({ leader }) => leader >= 0));
}

const attemptsMax = 20;
const attemptWaitMs = 250;

class TestAdmin implements KafkaAdmin {
  #brokers: readonly string[];
  #client: Client;
  #admin: Promise<Admin> | undefined;
  #producer: Promise<Producer> | undefined;
  #transactions = 0;

  constructor(brokers: readonly string[]) {
    this.#brokers = brokers;
    this.#client = new Client({ brokers: [...brokers], logLevel: 0, clientId: "tpctl-tests" });
  }

  async createTopic(topic: string, options: TopicOptions = {}): Promise<void> {
    const config = Object.entries(options.config ?? {});
    const admin = await this.#connected();
    const created = await admin.createTopics({
      waitForLeaders: false,
      topics: [{
        topic,
        numPartitions: options.partitions ?? 1,
        configEntries: config.map(([name, value]) => ({ name, value })),
      }],
    });
    if (!created) throw new Error(`Cannot create topic '${topic}': there is one of this name`);
    // kafkajs's own wait gives up when the broker has not heard of the topic yet.
    const deadline = performance.now() + leadersMs;
    while (!await admin.fetchTopicMetadata({ topics: [topic] }).then(hasLeaders, () => false)) {
      if (performance.now() > deadline) throw new Error(`topic '${topic}' got no leaders`);
      await Bun.sleep(20);
    }
  }

  async deleteTopic(topic: string): Promise<void> {
    await (await this.#connected()).deleteTopics({ topics: [topic] });
  }

  async addPartitions(topic: string, count: number): Promise<void> {
    await (await this.#connected()).createPartitions({ topicPartitions: [{ topic, count }] });
  }

  async produce(
    topic: string,
    records: readonly TestRecord[],
    codec: "none" | "gzip" = "none",
  ): Promise<void> {
    this.#producer ??= this.#connectProducer();
    const compression = codec === "gzip" ? CompressionTypes.GZIP : CompressionTypes.None;
    const messages = records.map(toMessage);
    await (await this.#producer).send({ topic, messages, compression, acks: -1 });
  }

  async produceLines(
    topic: string,
    lines: Iterable<string>,
    options: LinesOptions = {},
  ): Promise<void> {
    const child = Bun.spawn([
      "kcat",
      "-P",
      "-b",
      this.#brokers.join(","),
      "-t",
      topic,
      "-z",
      options.codec ?? "none",
      "-X",
      "linger.ms=20",
      "-X",
      "acks=all",
      "-X",
      "enable.idempotence=true",
      ...(options.partition === undefined ? [] : ["-p", String(options.partition)]),
    ], { stdin: "pipe", stdout: "ignore", stderr: "pipe" });
    let text = "";
    for (const line of lines) {
      text += `${line}\n`;
      if (text.length < 1_000_000) continue;
      child.stdin.write(text);
      await child.stdin.flush();
      text = "";
    }
    child.stdin.write(text);
    await child.stdin.end();
    const [code, said] = await Promise.all([child.exited, new Response(child.stderr).text()]);
    if (code !== 0) throw new Error(`kcat ended with ${code}: ${said}`);
  }

  async produceTransaction(
    topic: string,
    records: readonly TestRecord[],
    end: "commit" | "abort",
  ): Promise<void> {
    await this.#transact(end, async (transaction) => {
      await transaction.send({ topic, messages: records.map(toMessage) });
    });
  }

  async endOffsets(topic: string): Promise<Map<number, number>> {
    const offsets = await (await this.#connected()).fetchTopicOffsets(topic);
    return new Map(offsets.map(({ partition, high }) => [partition, Number(high)]));
  }

  async startOffsets(topic: string): Promise<Map<number, number>> {
    const offsets = await (await this.#connected()).fetchTopicOffsets(topic);
    return new Map(offsets.map(({ partition, low }) => [partition, Number(low)]));
  }

  async committedOffsets(group: string, topic: string): Promise<Map<number, number>> {
    const admin = await this.#connected();
    const answers = await onceLoaded(() => admin.fetchOffsets({ groupId: group, topics: [topic] }));
    const partitions = answers.flatMap((answer) => answer.partitions);
    return new Map(
      partitions.map(({ partition, offset }): [number, number] => [partition, Number(offset)])
        .filter(([, offset]) => offset >= 0),
    );
  }

  async setCommittedOffset(group: string, topic: string, at: CommittedOffset): Promise<void> {
    const { partition, offset } = at;
    // kafkajs's own way joins the group and polls, which takes 5 s.
    const partitions = [{ partition, offset: String(offset) }];
    const offsets = { consumerGroupId: group, topics: [{ topic, partitions }] };
    await onceLoaded(() =>
      this.#transact("commit", (transaction) => transaction.sendOffsets(offsets))
    );
    // The broker says that a transaction is committed before its offsets can be read.
    const admin = await this.#connected();
    const deadline = performance.now() + offsetsMs;
    for (;;) {
      const [found] = await onceLoaded(() =>
        admin.fetchOffsets({ groupId: group, topics: [topic] })
      );
      if (
        found?.partitions.some((one) =>
          one.partition === partition && one.offset === String(offset)
        )
      ) {
        return;
      }
      if (performance.now() > deadline) throw new Error(`the offset of group '${group}' got lost`);
      await Bun.sleep(20);
    }
  }

  async deleteRecords(topic: string, partition: number, beforeOffset: number): Promise<void> {
    const partitions = [{ partition, offset: String(beforeOffset) }];
    const admin = await this.#connected();
    // kafkajs must have heard of the topic before.
    await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions });
  }

  async groupMembers(group: string): Promise<number> {
    const { groups } = await (await this.#connected()).describeGroups([group]);
    return groups[0]?.members.length ?? 0;
  }

  async close(): Promise<void> {
    await Promise.all([
      this.#admin?.then((admin) => admin.disconnect()).catch(() => {}),
      this.#producer?.then((producer) => producer.disconnect()).catch(() => {}),
    ]);
    this.#admin = undefined;
    this.#producer = undefined;
  }

  async #transact(
    end: "commit" | "abort",
    work: (transaction: Transaction) => Promise<void>,
  ): Promise<void> {
    const producer = this.#client.producer({
      transactionalId: `tpctl-tests-${process.pid}-${this.#transactions++}`,
      idempotent: true,
      maxInFlightRequests: 1,
    });
    await producer.connect();
    try {
      const transaction = await producer.transaction();
      await work(transaction);
      await (end === "commit" ? transaction.commit() : transaction.abort());
    } finally {
      await producer.disconnect();
    }
  }

  #connected(): Promise<Admin> {
    this.#admin ??= connectAdmin(this.#client);
    return this.#admin;
  }

  async #connectProducer(): Promise<Producer> {
    const producer = this.#client.producer({ idempotent: true, allowAutoTopicCreation: false });
    await producer.connect();
    return producer;
  }
}

/** Tries again for a while: a fresh broker has no coordinators yet. */
async function onceLoaded<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1;; attempt++) {
    try {
      return await ask();
    } catch (error) {
      if (attempt >= attemptsMax) throw error;
      await Bun.sleep(attemptWaitMs);
    }
  }
}

async function connectAdmin(client: Client): Promise<Admin> {
  const admin = client.admin();
  await admin.connect();
  return admin;
}

function toMessage(record: TestRecord): {
  key: string | Buffer | null;
  value: string | Buffer | null;
  partition?: number;
  timestamp?: string;
} {
  return {
    key: toBytes(record.key ?? null),
    value: toBytes(record.value),
    ...(record.partition === undefined ? {} : { partition: record.partition }),
    ...(record.timestamp === undefined ? {} : { timestamp: String(record.timestamp) }),
  };
}

function toBytes(value: string | Uint8Array | null): string | Buffer | null {
  return value instanceof Uint8Array ? Buffer.from(value) : value;
}
