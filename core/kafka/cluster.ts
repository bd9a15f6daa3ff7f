/**
 * Edge (net). The cluster as a client sees it: brokers, topics' partitions and leaders, and one
 * connection per broker and purpose, opened when first needed and again after it failed. It never
 * waits or retries by itself.
 */
import type { HostPort } from "../config/endpoint.ts";
import { AnswerMemory } from "./answer_memory.ts";
import { apis, codes, type CoordinatorAnswer, type MetadataAnswer } from "./apis.ts";
import type { KafkaConnectionOptions } from "./connection_options.ts";
import { type FailureKind, KafkaFailure } from "./failure.ts";
import { errorText } from "./kafkajs_inner.ts";
import { type Link, openLink } from "./link.ts";

/** Requests that may block each other have connections of their own. */
export type Purpose = "control" | "fetch" | "group" | "produce";

interface Topic {
  readonly error: number;
  /** Leader's node per partition; -1 where there is none now. */
  readonly leaders: ReadonlyMap<number, number>;
}

/** A cluster; nothing is connected before it is needed. */
export class Cluster {
  /** What long answers stand in; whoever is done with one gives it back. */
  readonly memory = new AnswerMemory();
  #options: KafkaConnectionOptions;
  #bootstrap: readonly HostPort[];
  #nodes = new Map<number, HostPort>();
  #topics = new Map<string, Topic>();
  #links = new Map<string, Promise<Link>>();
  #closing = new AbortController();
  #turn = 0;

  constructor(options: KafkaConnectionOptions) {
    this.#options = options;
    this.#bootstrap = options.brokers;
  }

  /** Aborts when the cluster is closed. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** Asks one broker after the other for the topics' state; rejects if none answers. */
  async refresh(topics: readonly string[]): Promise<void> {
    const answer = await this.#askAny((link) =>
      link.request<MetadataAnswer>(apis.metadata, { topics, allowAutoTopicCreation: false })
    );
    this.#nodes = new Map(answer.brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]));
    for (const { topic, topicErrorCode, partitionMetadata } of answer.topicMetadata) {
      const leaders = partitionMetadata.map(({ partitionId, leader }): [number, number] => [
        partitionId,
        leader,
      ]);
      this.#topics.set(topic, { error: topicErrorCode, leaders: new Map(leaders) });
    }
  }

  /** The topic's partitions in order; empty where it is not known or not there. */
  partitions(topic: string): readonly number[] {
    return [...this.#topics.get(topic)?.leaders.keys() ?? []].sort((a, b) => a - b);
  }

  /** The node that leads a partition, or undefined where none does now. */
  leader(topic: string, partition: number): number | undefined {
    const leader = this.#topics.get(topic)?.leaders.get(partition);
    return leader === undefined || !this.#nodes.has(leader) ? undefined : leader;
  }

  /** Whether the cluster has no such topic, or was not asked for it. */
  topicIsAbsent(topic: string): boolean {
    const error = this.#topics.get(topic)?.error ?? codes.unknownTopicOrPartition;
    return error === codes.unknownTopicOrPartition;
  }

  /** Why a topic cannot be read, or undefined where it can. */
  topicProblem(topic: string): string | undefined {
    const error = this.#topics.get(topic)?.error;
    if (error === 0) return undefined;
    if (error === undefined || this.topicIsAbsent(topic)) {
      return `Cannot read topic '${topic}': it does not exist, expected one that was created`;
    }
    return `Cannot read topic '${topic}': ${errorText(error).message} (${errorText(error).type})`;
  }

  /** The connection to a node for a purpose, opened if there is none. */
  link(node: number, purpose: Purpose): Promise<Link> {
    const address = this.#nodes.get(node);
    if (address === undefined) {
      return Promise.reject(
        new KafkaFailure(
          `Cannot reach Kafka broker ${node}: the cluster does not name it now`,
          "closed",
        ),
      );
    }
    return this.#open(address, purpose);
  }

  /** The connection to a group's coordinator; asks who that is each time. */
  async coordinator(group: string): Promise<Link> {
    const request = { groupId: group, coordinatorType: 0 };
    const answer = await this.#askAny((link) =>
      link.request<CoordinatorAnswer>(apis.findCoordinator, request)
    );
    if (answer.errorCode !== 0) throw codeFailure("find the coordinator of group", group, answer);
    return await this.#open(answer.coordinator, "group");
  }

  /** The connection to any broker. */
  any(): Promise<Link> {
    return this.#askAny((link) => Promise.resolve(link));
  }

  /** Closes all connections. */
  close(): void {
    this.#closing.abort();
    for (const opening of this.#links.values()) {
      opening.then((link) => link.close(), ignore);
    }
    this.#links.clear();
  }

  async #askAny<T>(ask: (link: Link) => Promise<T>): Promise<T> {
    const known = [...this.#nodes.values(), ...this.#bootstrap];
    const failures: KafkaFailure[] = [];
    // Those that are connected first, the others in turn, so that one bad broker is not asked each time.
    const open = known.filter((address) => this.#links.has(keyOf(address, "control")));
    const first = this.#turn++ % Math.max(1, known.length);
    for (const address of [...open, ...known.slice(first), ...known.slice(0, first)]) {
      try {
        return await ask(await this.#open(address, "control"));
      } catch (error) {
        if (!(error instanceof KafkaFailure) || this.closing.aborted) throw error;
        failures.push(error);
      }
    }
    const told = moreTelling.map((kind) => failures.find((failure) => failure.kind === kind));
    throw told.find((failure) => failure !== undefined) ?? failures[0] ??
      new KafkaFailure("Cannot connect to Kafka: no broker is configured", "unreachable");
  }

  async #open(address: HostPort, purpose: Purpose): Promise<Link> {
    const key = keyOf(address, purpose);
    const held = this.#links.get(key);
    const link = await held?.catch(ignore);
    if (link !== undefined && !link.closed) return link;
    if (this.#links.get(key) !== held) return await this.#open(address, purpose);
    const opening = openLink(address, { ...this.#options, memory: this.memory }, this.closing);
    this.#links.set(key, opening);
    try {
      return await opened(opening, this.closing);
    } catch (error) {
      if (this.#links.get(key) === opening) this.#links.delete(key);
      throw error;
    }
  }
}

/** What to tell when several brokers failed in different ways: what the operator can mend. */
const moreTelling: readonly FailureKind[] = ["authentication", "tls", "protocol"];

/** A refusal by error code as a failure. */
export function codeFailure(
  verb: string,
  thing: string,
  answer: { readonly errorCode: number },
): KafkaFailure {
  const { type, message } = errorText(answer.errorCode);
  const text = `Cannot ${verb} '${thing}': ${message} (${type})`;
  return new KafkaFailure(text, "protocol", { code: answer.errorCode });
}

async function opened(opening: Promise<Link>, closing: AbortSignal): Promise<Link> {
  const link = await opening;
  if (closing.aborted) link.close();
  return link;
}

function keyOf({ host, port }: HostPort, purpose: Purpose): string {
  return `${purpose} ${host}:${port}`;
}

function ignore(): undefined {
  return undefined;
}
