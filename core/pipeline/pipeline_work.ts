/**
 * Pure. What `tpctl pipeline` works on in one process: one loop over one source, a lane per publisher,
 * one dead-letter box; and what a new configuration does to them while they run.
 */
import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../clock.ts";
import type { PipelineConfig } from "../config/pipeline_config.ts";
import type { DeadLetterBox } from "../delivery/dead_letter.ts";
import { type ConfigError, ConfigErrors } from "../errors.ts";
import type { WantedName } from "../meters/names.ts";
import type { Log, LogFields } from "../log/log.ts";
import type { PartState } from "../observe/readiness.ts";
import type { Registry } from "../observe/registry.ts";
import { type AwayWatch, createAwayWatch } from "../persist/away_watch.ts";
import type { DaemonWork, WorkEvents, WorkOutcome } from "../running/daemon.ts";
import type { Inflow, InflowEvents } from "./inflow.ts";
import { Lane, type LaneDeps } from "./lane.ts";
import { LaneOrder } from "./lane_order.ts";
import { type LaneRequest, LaneSet } from "./lane_set.ts";
import { Letters } from "./letters.ts";
import type { LoadedPipelines } from "./load_pipelines.ts";
import { type LoopOutcome, type OnUnreadable, PipelineLoop } from "./loop.ts";
import { type Maker, NotificationMaker } from "./notification_maker.ts";
import { createPipelineAccount, type PipelineAccount } from "./pipeline_account.ts";
import type { Pipeline } from "./pipeline.ts";
import type { Plan, Way } from "./plan.ts";
import type { EventSide, SampleSide } from "./notification_maker.ts";

/** In flight at once; RabbitMQ's prefetch is smaller. */
const flightsMax = 256;
const flightBytesMax = 16 * 1024 * 1024;
/** How long the end of the input waits for the spools. */
const spoolMsMax = 10_000;
/** How often lanes that are to go, and spools at the end, are looked at. */
const lookMs = 50;

/** What a configuration says, with its definitions read. */
export interface PipelineSetup {
  readonly config: PipelineConfig;
  readonly pipelines: LoadedPipelines;
  readonly samples: SampleSide | undefined;
  readonly events: EventSide | undefined;
}

/** What the work is made of, opened when it is needed. */
export interface PipelineWorkDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Registry;
  readonly random: () => number;
  readonly openDeadLetters: (
    hooks: { onState(state: PartState): void; onStep(): void },
  ) => Promise<DeadLetterBox>;
  readonly openInflow: (eventsOf: (source: string) => InflowEvents) => Promise<Inflow>;
  /** Makes the publisher and, by its policy, its spool. */
  readonly openLane: (
    request: LaneRequest,
    setup: PipelineSetup,
    deps: Omit<LaneDeps, "publisher" | "spool" | "order"> & {
      readonly orderOf: (scheme: string) => LaneOrder;
    },
  ) => Promise<Lane>;
  /** Says which spools none of these publishers empties. */
  readonly sayLeftSpools: (
    setup: PipelineSetup,
    publishers: readonly LaneRequest[],
  ) => Promise<void>;
  /** Reads configuration and definitions again; rejects when they are no good. */
  readonly reread: () => Promise<PipelineSetup>;
  readonly lookUp: (names: readonly WantedName[]) => Promise<void>;
  /** What makes samples and events of messages; left out: they are notifications. */
  readonly makerOf?: (setup: PipelineSetup) => Maker;
  readonly onUnreadable?: OnUnreadable;
  /** Ends at the end of the input. */
  readonly isOnce: boolean;
}

const loopName = "pipeline";

/** Starts; rejects with a ConfigError when a publisher or the source cannot be opened. */
export async function startPipelineWork(
  setup: PipelineSetup,
  events: WorkEvents,
  deps: PipelineWorkDeps,
): Promise<DaemonWork> {
  const work = new PipelineWork(setup, events, deps);
  await work.start();
  return work;
}

class PipelineWork implements DaemonWork {
  readonly ended: Promise<WorkOutcome>;
  #setup: PipelineSetup;
  #events: WorkEvents;
  #deps: PipelineWorkDeps;
  #account: PipelineAccount;
  #lanes = new LaneSet();
  #orders = new Map<string, LaneOrder>();
  #abort = new AbortController();
  #end = Promise.withResolvers<WorkOutcome>();
  #box: DeadLetterBox | undefined;
  #letters: Letters | undefined;
  #inflow: Inflow | undefined;
  #loop: PipelineLoop | undefined;
  #aways: AwayWatch[] = [];
  #stopped = false;
  #failed = false;

  constructor(setup: PipelineSetup, events: WorkEvents, deps: PipelineWorkDeps) {
    this.#setup = setup;
    this.#events = events;
    this.#deps = deps;
    this.#account = createPipelineAccount(deps.registry);
    this.ended = this.#end.promise;
  }

  async start(): Promise<void> {
    const { clock, log, lookUp, openDeadLetters, openInflow } = this.#deps;
    const events = this.#events;
    events.state(loopName, { ready: false, reason: "starting" });
    const box = this.#box = await openDeadLetters({
      onState: (state) => events.state("dead letters", state),
      onStep: () => events.turned(loopName),
    });
    const { signal } = this.#abort;
    const onFailure = (error: unknown): void => this.#fail(error);
    const letters = this.#letters = new Letters({ box, signal, onFailure });
    const { plan } = await this.#plan(this.#setup, { isFresh: false });
    const inflow = this.#inflow = await openInflow((source) => {
      const starting = { ready: false, reason: "starting" };
      const { failFastMs } = this.#setup.config;
      const fail = (cause: unknown): void => this.#fail(cause);
      const away = createAwayWatch({ failFastMs, source }, { clock, log, fail });
      this.#aways.push(away);
      away.heard(starting);
      events.state(source, starting);
      return {
        onState: (state) => {
          away.heard(state);
          events.state(source, state);
        },
        onTurn: () => events.turned(loopName),
      };
    });
    const { ackOnEventError } = this.#setup.config.input;
    const { drainMs } = this.#setup.config;
    const loop = this.#loop = new PipelineLoop(
      plan,
      { flightsMax, flightBytesMax, ackOnEventError, drainMs },
      {
        ...{ inflow, letters, account: this.#account, clock, log, lookUp },
        onTurn: () => events.turned(loopName),
        hurry: () => this.#hurry(true),
        onUnreadable: this.#deps.onUnreadable,
      },
    );
    events.started(loopName);
    events.state(loopName, { ready: true });
    for (const lane of this.#lanes.all) lane.start();
    if (this.#stopped) loop.stop();
    loop.run().then((outcome) => this.#finish(outcome)).then(
      (outcome) => this.#end.resolve(outcome),
      (error: unknown) => this.#end.reject(error),
    );
  }

  stop(): void {
    this.#stopped = true;
    this.#hurry(true);
    this.#loop?.stop();
  }

  report(): readonly LogFields[] {
    return [
      { source: this.#inflow?.name, in_flight: this.#loop?.open },
      ...this.#lanes.all.map((lane) => ({ publisher: lane.name, spooled: lane.spooled })),
    ];
  }

  /** What cannot be read or opened leaves everything as it is. */
  async reload(): Promise<void> {
    const { log, reread } = this.#deps;
    const before = this.#setup.config;
    const after = await reread();
    const isFresh = !isDeepStrictEqual(before.publishers, after.config.publishers) ||
      !isDeepStrictEqual(before.policies, after.config.policies);
    const { plan, gone } = await this.#plan(after, { isFresh });
    this.#loop?.replace(plan);
    // Not before: until now the loop could give them something.
    for (const lane of gone) void this.#retire(lane);
    this.#setup = after;
    for (const lane of this.#lanes.all) lane.start();
    const nextStart = nextStartOnly(before, after.config);
    if (nextStart.length > 0) {
      log.warning(`Taken over only by the next start: ${nextStart.join(", ")}`);
    }
    log.info("Configuration, pipelines and definitions read again");
  }

  /** The plan, and the lanes that it has not any more. */
  async #plan(
    setup: PipelineSetup,
    how: { readonly isFresh: boolean },
  ): Promise<{ readonly plan: Plan; readonly gone: readonly Lane[] }> {
    const { samples, events } = setup.pipelines;
    const files = [samples?.file, events?.file].flatMap((file) => file ?? []);
    const requests = files.flatMap(({ carries, pipelines }) =>
      pipelines.flatMap(({ sink }) => sink.publishers.map((reference) => ({ carries, reference })))
    );
    const gone = await this.#lanes.use(
      requests,
      (request, name) => this.#openLane(request, name, setup),
      { ...how, onBad: (errors) => this.#badPublishers(errors, setup) },
    );
    await this.#deps.sayLeftSpools(setup, requests);
    const ways = new Map<Pipeline, readonly Way[]>();
    for (const { carries, pipelines } of files) {
      for (const pipeline of pipelines) ways.set(pipeline, this.#waysOf(pipeline, carries));
    }
    const maker = this.#deps.makerOf?.(setup) ??
      new NotificationMaker(setup.samples, setup.events);
    return { plan: { maker, ways }, gone };
  }

  #badPublishers(errors: readonly ConfigError[], { config }: PipelineSetup): void {
    if (errors.length > 0 && !config.definitions.ignoreBadPublishers) {
      throw new ConfigErrors(errors);
    }
    for (const { message, place } of errors) {
      this.#deps.log.warning(`${message}; tpctl goes on without`, { ...place });
    }
  }

  #waysOf({ name, source, sink }: Pipeline, carries: LaneRequest["carries"]): readonly Way[] {
    return sink.publishers.flatMap((reference, n) => {
      const lane = this.#lanes.get({ reference, carries });
      if (lane === undefined) return [];
      const labels = { source: source.name, sink: sink.name, publisher: lane.name };
      const counts = this.#account.items(labels);
      return [{
        name: `${name} ${n} ${lane.name}`,
        ...{ lane, counts, source: source.name, sink: sink.name },
      }];
    });
  }

  #openLane(request: LaneRequest, name: string, setup: PipelineSetup): Promise<Lane> {
    const letters = this.#letters;
    if (letters === undefined) throw new Error("the dead letters are not open");
    const { openLane } = this.#deps;
    const part = `publisher ${name}`;
    return openLane(request, setup, {
      ...this.#deps,
      name,
      signal: this.#abort.signal,
      sendLetter: (letter, kept) => letters.add(letter, kept),
      onState: (state) => this.#events.state(part, state),
      onTurn: () => this.#events.turned(loopName),
      onFailure: (error) => this.#fail(error),
      orderOf: (scheme) => this.#orderOf(scheme),
    });
  }

  #orderOf(scheme: string): LaneOrder {
    const order = this.#orders.get(scheme) ?? new LaneOrder();
    this.#orders.set(scheme, order);
    return order;
  }

  /** Ends a lane that no plan has any more, when it has nothing left to do. */
  async #retire(lane: Lane): Promise<void> {
    const { clock } = this.#deps;
    const { signal } = this.#abort;
    lane.hurry(true);
    while (!lane.idle && !signal.aborted) await clock.sleep(lookMs, signal);
    if (signal.aborted) return;
    this.#events.gone(`publisher ${lane.name}`);
    this.#lanes.forget(lane);
    await lane.close();
  }

  #hurry(hurried: boolean): void {
    for (const lane of this.#lanes.all) lane.hurry(hurried);
  }

  async #finish({ ended, settled }: LoopOutcome): Promise<WorkOutcome> {
    if (ended && this.#deps.isOnce) await this.#waitForSpools();
    for (const away of this.#aways) away.stop();
    this.#abort.abort();
    this.#loop?.giveBack();
    const lanes = this.#lanes.all;
    const spooled = lanes.reduce((sum, lane) => sum + lane.spooled, 0);
    await this.#inflow?.close();
    for (const lane of lanes) await lane.close();
    await this.#box?.close();
    return { complete: ended && settled && spooled === 0 && !this.#failed, readerGone: false };
  }

  /** Policy `queue` keeps things in memory behind the notifications' backs: these too. */
  async #waitForSpools(): Promise<void> {
    const { clock } = this.#deps;
    const until = clock.monotonic() + spoolMsMax;
    const busy = (): boolean => this.#lanes.all.some((lane) => !lane.idle || lane.spooled > 0);
    while (busy() && !this.#stopped && clock.monotonic() < until) {
      await clock.sleep(lookMs);
      this.#events.turned(loopName);
    }
  }

  #fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#abort.abort();
    this.#loop?.stop();
    this.#end.reject(error);
  }
}

/** Options that a reload does not take over. */
function nextStartOnly(before: PipelineConfig, after: PipelineConfig): string[] {
  const parts: readonly (readonly [string, (config: PipelineConfig) => unknown])[] = [
    ["where notifications come from", ({ input }) => input],
    ["workers", ({ workers }) => workers],
    ["[tpctl] listen", ({ listen }) => listen],
    ["[tpctl] state_dir", ({ stateDir }) => stateDir],
  ];
  return parts.flatMap(([name, of]) => isDeepStrictEqual(of(before), of(after)) ? [] : [name]);
}
