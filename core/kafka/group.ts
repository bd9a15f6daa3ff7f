/**
 * Edge (net, clock). Membership in a consumer group by the classic protocol: join, sync, heartbeat,
 * rebalance, commit, leave. The eager way: at a rebalance all partitions are given back first. What is
 * read, and from where, is consumer.ts's business.
 */
import type { Clock } from "../clock.ts";
import type { Position, TopicPartition } from "../delivery/records.ts";
import type { Log } from "../log/log.ts";
import { apis, type CodeAnswer, codes, type JoinAnswer, type SyncAnswer } from "./apis.ts";
import type { Cluster } from "./cluster.ts";
import { Coordinator, coordinatorMoved, keyOf, type RefusedPosition } from "./coordinator.ts";
import { KafkaFailure } from "./failure.ts";
import {
  assign,
  assignors,
  decodeShare,
  decodeSubscription,
  encodeShare,
  encodeSubscription,
} from "./group_protocol.ts";
import { backoffMs, type KafkaTiming } from "./timing.ts";

/** What the member tells its consumer. */
export interface GroupHooks {
  /** The share of a new generation; the signal aborts when it is over. */
  onShare(share: readonly TopicPartition[], over: AbortSignal): Promise<void>;
  /** The share is given back once the promise is fulfilled, or after a bound. */
  onRevoked(): Promise<void>;
  onLost(): void;
  onProblem(reason: string | undefined, failure?: KafkaFailure): void;
  onTurn(): void;
}

/** The group and what it is about. */
export interface GroupOptions {
  readonly group: string;
  readonly topics: readonly string[];
  /** Whether topics that do not exist yet may stay out until they do, as long as there is one. */
  readonly topicsMayLack: boolean;
  readonly timing: KafkaTiming;
}

/** What the member works with. */
export interface GroupDeps {
  readonly cluster: Cluster;
  readonly hooks: GroupHooks;
  readonly log: Log;
  readonly clock: Clock;
}

/** How a generation ended for us. */
type End = "rebalance" | "lost" | "closed";

interface Generation {
  readonly id: number;
  readonly share: readonly TopicPartition[];
  readonly over: AbortController;
  /** Settles once, with how it ended. */
  readonly end: PromiseWithResolvers<End>;
}

const protocolType = "consumer";
/** JoinGroup answers when everybody is there: the rebalance's time, and some. */
const joinSlackMs = 10_000;

/** A member of a consumer group; `run` once. */
export class GroupMember {
  #options: GroupOptions;
  #deps: GroupDeps;
  #memberId = "";
  #coordinator: Coordinator;
  #left = false;
  #generation: Generation | undefined;
  /** Partitions that the assignment was made from, where we made it. */
  #dealt: string | undefined;
  /** Topics without which we joined, as they were last said. */
  #lacking = "";
  #commits: Promise<void> = Promise.resolve();

  constructor(options: GroupOptions, deps: GroupDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#coordinator = new Coordinator(deps.cluster, options.group);
  }

  /** Joins, and joins again whenever needed, until the cluster is closed. */
  async run(): Promise<void> {
    const { cluster, hooks, clock } = this.#deps;
    for (let failures = 0; !this.#over;) {
      try {
        await this.#findTopics();
        const generation = await this.#join();
        failures = 0;
        await this.#live(generation);
      } catch (error) {
        if (!(error instanceof KafkaFailure)) throw error;
        if (this.#over) return;
        if (membershipLost.has(error.code)) this.#memberId = "";
        this.#tellFailure(error);
        const ms = backoffMs(this.#options.timing, failures++, Math.random());
        await clock.sleep(ms, cluster.closing);
        hooks.onTurn();
      }
    }
  }

  /** The leader asks for a new deal when the topics' partitions are no longer what they were. */
  partitionsMayHaveChanged(): void {
    if (this.#dealt === undefined || this.#dealt === this.#partitionsText()) return;
    this.#deps.log.info("the topic's partitions changed: asking for a rebalance", {
      group: this.#options.group,
    });
    this.#generation?.end.resolve("rebalance");
  }

  /**
   * Stores positions of the generation that is current at the call; those of other partitions, and
   * all once the generation is over, are left out. One commit at a time, in the order of the calls.
   */
  commit(positions: readonly Position[]): Promise<void> {
    const generation = this.#generation;
    const turn = this.#commits.then(() => this.#commitIn(generation, positions));
    this.#commits = turn.catch(ignore);
    return turn;
  }

  /** Committed offsets, by `partition/topic`; those without one are left out. */
  committed(share: readonly TopicPartition[]): Promise<ReadonlyMap<string, number>> {
    return this.#coordinator.committed(share);
  }

  /** Says good-bye, so that the others get our share at once; `run` ends. */
  async leave(): Promise<void> {
    const { group, timing } = this.#options;
    if (this.#left) return;
    this.#left = true;
    // A broker answers nothing else on a connection on which somebody waits for a rebalance.
    if (this.#generation === undefined) this.#coordinator.disconnect();
    this.#generation?.end.resolve("closed");
    if (this.#memberId === "") return;
    try {
      const request = { groupId: group, memberId: this.#memberId };
      const leaving = this.#coordinator.ask(apis.leaveGroup, request, timing.leaveMsMax);
      const late = this.#deps.clock.sleep(timing.leaveMsMax, this.#deps.cluster.closing);
      await Promise.race([leaving, late]);
    } catch (error) {
      this.#deps.log.info(`left the group without a good-bye: ${textOf(error)}`, { group });
    }
  }

  get #over(): boolean {
    return this.#left || this.#deps.cluster.closing.aborted;
  }

  async #findTopics(): Promise<void> {
    const { cluster } = this.#deps;
    const { topics, topicsMayLack } = this.#options;
    await cluster.refresh(topics);
    const there = topics.filter((topic) => !cluster.topicIsAbsent(topic));
    for (const topic of topicsMayLack && there.length > 0 ? there : topics) {
      const problem = cluster.topicProblem(topic);
      if (problem !== undefined) throw new KafkaFailure(problem, "protocol");
    }
    this.#sayLacking(topics.filter((topic) => !there.includes(topic)));
  }

  #sayLacking(topics: readonly string[]): void {
    const lacking = topics.join(", ");
    if (lacking === this.#lacking) return;
    this.#lacking = lacking;
    if (lacking === "") return;
    this.#deps.log.info(`Topics that do not exist yet are read once they do: ${lacking}`);
  }

  async #join(): Promise<Generation> {
    const { group, topics, timing } = this.#options;
    const metadata = encodeSubscription(topics);
    const answer = await this.#coordinator.ask<JoinAnswer>(apis.joinGroup, {
      groupId: group,
      sessionTimeout: timing.sessionMs,
      rebalanceTimeout: timing.rebalanceMs,
      memberId: this.#memberId,
      protocolType,
      groupProtocols: assignors.map((name) => ({ name, metadata })),
    }, timing.rebalanceMs + joinSlackMs);
    if (answer.errorCode === codes.memberIdRequired && !this.#over) {
      this.#memberId = answer.memberId;
      return await this.#join();
    }
    if (answer.errorCode !== 0) throw this.#coordinator.refused("join group", answer.errorCode);
    this.#memberId = answer.memberId;
    const share = await this.#sync(answer);
    const generation = {
      id: answer.generationId,
      share,
      over: new AbortController(),
      end: Promise.withResolvers<End>(),
    };
    this.#deps.log.info(`joined group '${group}' in generation ${generation.id}`, {
      partitions: share.map(({ topic, partition }) => `${topic}-${partition}`).join(" "),
    });
    return generation;
  }

  async #sync(joined: JoinAnswer): Promise<TopicPartition[]> {
    const { group, topics } = this.#options;
    const { cluster } = this.#deps;
    let deal: { memberId: string; memberAssignment: Buffer }[] = [];
    this.#dealt = undefined;
    if (joined.leaderId === joined.memberId) {
      const members = joined.members.map(({ memberId, memberMetadata }) => ({
        memberId,
        topics: decodeSubscription(memberMetadata),
      }));
      const others = members.flatMap((member) => member.topics);
      if (others.some((topic) => !topics.includes(topic))) await cluster.refresh(others);
      const partitionsOf = (topic: string): readonly number[] => cluster.partitions(topic);
      this.#dealt = this.#partitionsText();
      deal = [...assign(joined.groupProtocol, members, partitionsOf)].map(([memberId, share]) => ({
        memberId,
        memberAssignment: encodeShare(share),
      }));
    }
    const answer = await this.#coordinator.ask<SyncAnswer>(apis.syncGroup, {
      groupId: group,
      generationId: joined.generationId,
      memberId: joined.memberId,
      groupAssignment: deal,
    }, this.#options.timing.rebalanceMs + joinSlackMs);
    if (answer.errorCode !== 0) {
      throw this.#coordinator.refused("get a share in group", answer.errorCode);
    }
    return decodeShare(answer.memberAssignment);
  }

  /** From a share to its end, heartbeats going on until it is given back. */
  async #live(generation: Generation): Promise<void> {
    const { hooks, cluster, clock } = this.#deps;
    const { timing, group } = this.#options;
    this.#generation = generation;
    const closed = (): void => generation.end.resolve("closed");
    cluster.closing.addEventListener("abort", closed, { once: true });
    void this.#beat(generation);
    void generation.end.promise.then(() => generation.over.abort());
    hooks.onProblem(undefined);
    await hooks.onShare(generation.share, generation.over.signal);
    const end = await generation.end.promise;
    if (end === "rebalance") {
      hooks.onProblem(`group '${group}' rebalances`);
      const given = new AbortController();
      const late = clock.sleep(timing.revokeMsMax, given.signal).then(() => "late");
      if (await Promise.race([hooks.onRevoked(), late]) === "late") {
        this.#deps.log.warning("giving partitions back although records are under way", { group });
      }
      given.abort();
    } else if (end === "lost") {
      this.#memberId = "";
      hooks.onLost();
    }
    cluster.closing.removeEventListener("abort", closed);
    if (this.#generation === generation) this.#generation = undefined;
  }

  /** Heartbeats of one generation, on a clock of their own. */
  async #beat(generation: Generation): Promise<void> {
    const { clock, hooks, cluster } = this.#deps;
    const { timing, group } = this.#options;
    const request = {
      groupId: group,
      groupGenerationId: generation.id,
      memberId: this.#memberId,
    };
    let troubled = false;
    for (;;) {
      await clock.sleep(troubled ? timing.backoffMs : timing.heartbeatMs, cluster.closing);
      if (this.#generation !== generation || cluster.closing.aborted) return;
      try {
        const { errorCode } = await this.#coordinator.ask<CodeAnswer>(apis.heartbeat, request);
        if (errorCode !== 0 && !this.#judge(generation, errorCode)) {
          throw this.#coordinator.refused("stay in group", errorCode);
        }
        if (troubled) hooks.onProblem(undefined);
        troubled = false;
      } catch (error) {
        if (!(error instanceof KafkaFailure)) throw error;
        if (this.#generation !== generation || cluster.closing.aborted) return;
        troubled = true;
        this.#tellFailure(error);
      }
    }
  }

  /** What an error code says about a generation; false where it says nothing. */
  #judge(generation: Generation, code: number): boolean {
    if (code === codes.rebalanceInProgress) {
      generation.end.resolve("rebalance");
      return true;
    }
    if (!membershipLost.has(code)) return false;
    generation.end.resolve("lost");
    return true;
  }

  async #commitIn(
    generation: Generation | undefined,
    positions: readonly Position[],
  ): Promise<void> {
    const { clock, cluster } = this.#deps;
    const owned = new Set(generation?.share.map(keyOf));
    let left: readonly Position[] = positions.filter((position) => owned.has(keyOf(position)));
    for (let failures = 0; left.length > 0; failures++) {
      if (generation === undefined || this.#generation !== generation) return;
      if (cluster.closing.aborted) return;
      try {
        const member = { generationId: generation.id, memberId: this.#memberId };
        const refused = await this.#coordinator.commit(member, left);
        const again = refused.filter((position) => this.#isWorthAnother(generation, position));
        this.#tellRefusals(again);
        left = again;
      } catch (error) {
        if (!(error instanceof KafkaFailure)) throw error;
        this.#tellFailure(error);
      }
      if (left.length === 0) return;
      const ms = backoffMs(this.#options.timing, failures, Math.random());
      await clock.sleep(ms, cluster.closing);
    }
  }

  /** Whether a position that was refused may be taken later. */
  #isWorthAnother(generation: Generation, position: RefusedPosition): boolean {
    const { errorCode, ...fields } = position;
    // A rebalance that has begun takes commits again in a moment, or ends the generation.
    if (this.#judge(generation, errorCode)) return !membershipLost.has(errorCode);
    if (errorCode === codes.unknownTopicOrPartition) {
      this.#deps.log.warning("the topic is gone: its position is not committed", fields);
      return false;
    }
    return true;
  }

  /** Each reason once, however many partitions have it. */
  #tellRefusals(refused: readonly RefusedPosition[]): void {
    for (const code of new Set(refused.map(({ errorCode }) => errorCode))) {
      if (code === codes.rebalanceInProgress) continue;
      this.#tellFailure(this.#coordinator.refused("commit in group", code));
    }
  }

  #tellFailure(failure: KafkaFailure): void {
    if (passing.has(failure.code)) this.#deps.log.info(failure.message);
    else this.#deps.hooks.onProblem(failure.message, failure);
  }

  #partitionsText(): string {
    const { topics } = this.#options;
    return topics.map((topic) => `${topic} ${this.#deps.cluster.partitions(topic)}`).join("\n");
  }
}

/** We are no member, or of a generation that is past. */
const membershipLost: ReadonlySet<number> = new Set([
  codes.unknownMemberId,
  codes.illegalGeneration,
  codes.fencedInstanceId,
]);

/** Ordinary in the life of a group. */
const passing: ReadonlySet<number> = new Set([
  ...coordinatorMoved,
  ...membershipLost,
  codes.rebalanceInProgress,
]);

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function ignore(): void {}
