/**
 * Pure. What `tpctl persist` works on in one process: a loop per enabled kind of message over shared
 * stores and one dead-letter box; and what a new configuration does to them while they run.
 */
import type { Clock } from "../clock.ts";
import { endpointName, type StoreEndpoint } from "../config/endpoint.ts";
import type { MessageKind, PersistConfig, PersistInput } from "../config/persist_config.ts";
import { type Account, createAccount } from "../delivery/account.ts";
import type { Consumer, ConsumerEvents } from "../delivery/consumer.ts";
import type { DeadLetterBox } from "../delivery/dead_letter.ts";
import type { Writer } from "../delivery/writer.ts";
import type { Log, LogFields } from "../log/log.ts";
import type { PartState } from "../observe/readiness.ts";
import type { Registry } from "../observe/registry.ts";
import type { DaemonWork, WorkEvents, WorkOutcome } from "../running/daemon.ts";
import { createAwayWatch } from "./away_watch.ts";
import type { MessageEncoder } from "./encoder.ts";
import { createPersistLoop } from "./loop.ts";
import type { LoopState, PersistLoop, PersistOptions, PersistOutcome } from "./loop_options.ts";
import { planReload } from "./reload_plan.ts";
import { createStoreSet, type StoreSet, type StoreUse } from "./store_set.ts";

/** What the loops are made of, opened when it is needed. */
export interface PersistWorkDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Registry;
  readonly random: () => number;
  readonly openDeadLetters: (
    hooks: { onState(state: PartState): void; onStep(): void },
  ) => Promise<DeadLetterBox>;
  /** `onReaderGone`: nobody reads what is written any more. */
  readonly openStore: (
    endpoint: StoreEndpoint,
    onReaderGone: () => void,
  ) => Promise<Writer>;
  readonly openSource: (
    input: PersistInput,
    config: PersistConfig,
    events: ConsumerEvents,
  ) => Promise<Consumer>;
  readonly encoderOf: (input: PersistInput) => MessageEncoder;
  /** Reads the configuration again and hands the log its part; rejects when it is no good. */
  readonly reread: () => Promise<PersistConfig>;
}

/** How long letters that are under way are waited for when nobody reads any more. */
const lettersMsMax = 1000;

const starting: LoopState = { ready: false, reason: "starting" };

/** One kind's loop, with what it holds. */
interface Running {
  readonly input: PersistInput;
  readonly loop: PersistLoop;
  readonly store: StoreUse;
  readonly ended: Promise<PersistOutcome>;
}

/**
 * Starts a loop for every input of the configuration. Rejects with a ConfigError or RunError when a
 * store cannot be opened; a store or a bus that is away is waited for instead.
 */
export async function startPersistWork(
  config: PersistConfig,
  events: WorkEvents,
  deps: PersistWorkDeps,
): Promise<DaemonWork> {
  const work = new PersistWork(config, events, deps);
  await work.start();
  return work;
}

class PersistWork implements DaemonWork {
  readonly ended: Promise<WorkOutcome>;
  /** What the process itself goes by until its end. */
  readonly #started: PersistConfig;
  #config: PersistConfig;
  #events: WorkEvents;
  #deps: PersistWorkDeps;
  #stores: StoreSet;
  #deadLetters: DeadLetterBox | undefined;
  #accounts = new Map<MessageKind, Account>();
  #running = new Map<MessageKind, Running>();
  #end = Promise.withResolvers<WorkOutcome>();
  #reloading = false;
  #stopped = false;
  #complete = true;

  constructor(config: PersistConfig, events: WorkEvents, deps: PersistWorkDeps) {
    this.#started = config;
    this.#config = config;
    this.#events = events;
    this.#deps = deps;
    this.ended = this.#end.promise;
    this.#stores = createStoreSet({
      ...deps,
      open: (endpoint) => deps.openStore(endpoint, () => void this.#readerGone()),
      onState: (store, state) =>
        state === undefined ? events.gone(store) : events.state(store, state),
    });
  }

  async start(): Promise<void> {
    const { inputs } = this.#config;
    for (const { kind } of inputs) this.#events.state(kind, starting);
    this.#deadLetters = await this.#deps.openDeadLetters({
      onState: (state) => this.#events.state("dead letters", state),
      onStep: () => this.#turnAll(),
    });
    const stores = await this.#useStores(inputs);
    for (const input of inputs) this.#startLoop(input, stores);
  }

  stop(): void {
    this.#stopped = true;
    for (const { loop } of this.#running.values()) loop.stop();
  }

  report(): readonly LogFields[] {
    return [...this.#running].map(([kind, { input, loop, store }]) => {
      const { dead_lettered_by_class: _, ...counts } = this.#accountOf(kind).topics()[
        topicOf(input)
      ] ?? { dead_lettered_by_class: {} };
      const state = loop.state();
      return {
        kind,
        source: endpointName(input.source),
        store: endpointName(input.store),
        source_state: state.ready ? "ready" : state.reason ?? "not ready",
        store_state: store.delivery.state().reason ?? "ready",
        ...counts,
      };
    });
  }

  /** What cannot be read or opened leaves everything as it is. */
  async reload(): Promise<void> {
    const { log, reread } = this.#deps;
    const after = await reread();
    const { loops, nextStart } = planReload(this.#config, after, this.#started);
    const made = new Set(["restart", "start", "stop"]);
    const changed = loops.filter(({ change }) => made.has(change)).map(({ kind }) => kind);
    const inputs = after.inputs.filter(({ kind }) => changed.includes(kind));
    const stores = await this.#useStores(inputs);
    this.#config = after;
    for (const input of after.inputs) {
      if (!changed.includes(input.kind)) {
        this.#running.get(input.kind)?.loop.tune(optionsOf(input, after));
      }
    }
    this.#reloading = true;
    for (const kind of changed) await this.#stopLoop(kind);
    for (const input of inputs) this.#startLoop(input, stores);
    this.#reloading = false;
    if (nextStart.length > 0) {
      log.warning(`Taken over only by the next start: ${nextStart.join(", ")}`);
    }
    const changes = loops.map(({ kind, change }) => `${kind}: ${change}`).join(", ");
    log.info(`Configuration read again (${changes})`);
    this.#endIfDone();
  }

  /** All of them, or none and a rejection. */
  async #useStores(inputs: readonly PersistInput[]): Promise<ReadonlyMap<PersistInput, StoreUse>> {
    const uses = new Map<PersistInput, StoreUse>();
    try {
      for (const input of inputs) uses.set(input, await this.#stores.use(input.store));
    } catch (cause) {
      for (const use of uses.values()) await use.release();
      throw cause;
    }
    return uses;
  }

  async #stopLoop(kind: MessageKind): Promise<void> {
    const running = this.#running.get(kind);
    running?.loop.stop();
    await running?.ended;
  }

  #startLoop(input: PersistInput, stores: ReadonlyMap<PersistInput, StoreUse>): void {
    const { kind } = input;
    const store = stores.get(input);
    const deadLetters = this.#deadLetters;
    if (store === undefined || deadLetters === undefined) throw new Error(`${kind} is not open`);
    const events = this.#events;
    const config = this.#config;
    const away = createAwayWatch(
      { failFastMs: config.failFastMs, source: endpointName(input.source) },
      { ...this.#deps, fail: (cause) => this.#fail(cause) },
    );
    const onState = (state: LoopState): void => {
      away.heard(state);
      events.state(kind, state);
    };
    const loop = createPersistLoop(optionsOf(input, config), {
      ...this.#deps,
      consumer: (consumerEvents) => this.#deps.openSource(input, config, consumerEvents),
      encoder: this.#deps.encoderOf(input),
      delivery: store.delivery,
      deadLetters,
      account: this.#accountOf(kind),
      onTurn: () => events.turned(kind),
      onState,
    });
    events.started(kind);
    onState(starting);
    const ended = loop.run().finally(async () => {
      away.stop();
      // Before its store: what is left would be ready otherwise, although nothing is.
      events.gone(kind);
      await store.release();
      this.#running.delete(kind);
    });
    this.#running.set(kind, { input, loop, store, ended });
    ended.then(({ complete }) => {
      this.#complete &&= complete;
      this.#endIfDone();
    }).catch((cause: unknown) => this.#fail(cause));
    if (this.#stopped) loop.stop();
  }

  #accountOf(kind: MessageKind): Account {
    let account = this.#accounts.get(kind);
    if (account === undefined) {
      account = createAccount(this.#deps.registry);
      this.#accounts.set(kind, account);
      // Its counters are there from the start, at 0: a rate needs a first value.
      const input = this.#config.inputs.find((one) => one.kind === kind);
      if (input !== undefined) account.received(topicOf(input), 0);
    }
    return account;
  }

  #endIfDone(): void {
    if (this.#running.size > 0 || this.#reloading) return;
    const { resolve, reject } = this.#end;
    const closing = this.#deadLetters?.close() ?? Promise.resolve();
    const outcome = { complete: this.#complete, readerGone: false };
    closing.then(() => resolve(outcome), reject);
  }

  /** Nothing can be stored any more: ends without the drain, but with no letter half kept. */
  async #readerGone(): Promise<void> {
    this.stop();
    const kept = this.#deadLetters?.close().catch(() => undefined);
    await Promise.race([kept, this.#deps.clock.sleep(lettersMsMax)]);
    this.#end.resolve({ complete: false, readerGone: true });
  }

  /** What all loops wait for took a step. */
  #turnAll(): void {
    for (const kind of this.#running.keys()) this.#events.turned(kind);
  }

  /** One loop that cannot go on ends them all: the others stop in order first. */
  #fail(cause: unknown): void {
    this.stop();
    const others = [...this.#running.values()].map(({ ended }) => ended);
    void Promise.allSettled(others).then(() => this.#end.reject(cause));
  }
}

const linesMaxDefault = 5_000;

/** Alarms, events and metrics carry times in ms: InfluxDB is told so, and the lines are short. */
function optionsOf(
  input: PersistInput,
  config: PersistConfig,
): PersistOptions & { readonly lingerMs: number } {
  const { store } = input;
  return {
    requestItemsMax: "requestLinesMax" in store ? store.requestLinesMax : linesMaxDefault,
    batchRecordsMax: input.batchRecordsMax,
    waitMsMax: input.maxWaitMs,
    precision: "ms",
    lingerMs: config.lingerMs,
    drainMs: config.drainMs,
  };
}

function topicOf({ source }: PersistInput): string {
  return source.scheme === "kafka" ? source.topic : "file";
}
