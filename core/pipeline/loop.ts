/**
 * Pure. The pipeline loop: notification -> samples and event -> lanes -> acknowledgement. A
 * notification is acknowledged when each matched publisher's lane has published, spooled, queued,
 * dropped or dead-lettered its items, and every refusal stands in the dead letters.
 *
 * `run` is the whole of it; what follows are its steps in their order.
 */
import type { Clock } from "../clock.ts";
import type { DeadLetterClass, DeadLetterSource } from "../delivery/dead_letter.ts";
import { createNotices, type Notices } from "../delivery/notices.ts";
import type { WantedName } from "../meters/names.ts";
import type { Log } from "../log/log.ts";
import { AcceptedMemory } from "./accepted.ts";
import { Flight } from "./flight.ts";
import type { Incoming, Inflow } from "./inflow.ts";
import type { Letters } from "./letters.ts";
import type { Made, MadeRefusal } from "./notification_maker.ts";
import type { Item } from "./parcel.ts";
import type { PipelineAccount } from "./pipeline_account.ts";
import type { Cargo } from "./pipeline.ts";
import type { Plan } from "./plan.ts";
import type { Routed } from "./routing.ts";

/** Notifications are taken between two looks at the clock. */
const perLook = 32;
/** Timers and sockets get their turn after so long. */
const sliceMsMax = 20;
/** Before an event that could not be made is asked for again. */
const requeueMs = 1000;

/** The loop's bounds. */
export interface LoopOptions {
  /** Notifications received and not settled; RabbitMQ's prefetch bounds them besides. */
  readonly flightsMax: number;
  /** Their bytes. */
  readonly flightBytesMax: number;
  readonly ackOnEventError: boolean;
  /** How long a stop waits for what is in flight. */
  readonly drainMs: number;
}

/** What the loop works with. */
export interface LoopDeps {
  readonly inflow: Inflow;
  readonly letters: Letters;
  readonly account: PipelineAccount;
  readonly clock: Clock;
  readonly log: Log;
  readonly onTurn: () => void;
  /** Asks for names of users and projects; rejects when they cannot be had now. */
  readonly lookUp: (names: readonly WantedName[]) => Promise<void>;
  /** Tells all lanes whether to wait for more (false) or not. */
  readonly hurry: () => void;
  /** Hears of each message that cannot be used; left out: the log is told now and then. */
  readonly onUnreadable?: OnUnreadable | undefined;
}

/** Where the message stands, and what is wrong with it. */
export type OnUnreadable = (
  source: DeadLetterSource,
  refusal: { readonly class: DeadLetterClass; readonly reason: string },
) => void;

/** How the loop ended. */
export interface LoopOutcome {
  /** The source came to its end. */
  readonly ended: boolean;
  /** Nothing is left unsettled. */
  readonly settled: boolean;
}

/** See above. */
export class PipelineLoop {
  #plan: Plan;
  #options: LoopOptions;
  #deps: LoopDeps;
  #notices: Notices;
  #memory = new AcceptedMemory();
  #flights = new Set<Flight>();
  #bytes = 0;
  #stopping = false;
  /** Made when somebody waits for a change. */
  #changed: PromiseWithResolvers<void> | undefined;

  constructor(plan: Plan, options: LoopOptions, deps: LoopDeps) {
    this.#plan = plan;
    this.#options = options;
    this.#deps = deps;
    this.#notices = createNotices(deps);
  }

  async run(): Promise<LoopOutcome> {
    const ended = await this.#takeAll();
    this.#deps.hurry();
    if (ended) await this.#until(() => this.#flights.size === 0 || this.#stopping, Infinity);
    const settled = await this.#until(() => this.#flights.size === 0, this.#options.drainMs);
    await this.#deps.inflow.flush();
    return { ended: ended && !this.#stopping, settled };
  }

  /** What comes from now on goes by the new plan; what is in flight stays with the old one's lanes. */
  replace(plan: Plan): void {
    this.#plan = plan;
  }

  stop(): void {
    this.#stopping = true;
    this.#tell();
  }

  /** Notifications in flight. */
  get open(): number {
    return this.#flights.size;
  }

  /** What was left unsettled goes back, with what is known of it. */
  giveBack(): void {
    for (const flight of this.#flights) {
      flight.incoming.requeue?.();
      flight.counts.settle("requeued");
    }
    this.#flights.clear();
  }

  /** True when the source came to its end. */
  async #takeAll(): Promise<boolean> {
    const { clock, inflow, onTurn } = this.#deps;
    const batches = inflow.deliveries()[Symbol.asyncIterator]();
    let began = clock.monotonic();
    for (;;) {
      const batch = await this.#next(batches);
      if (batch === undefined) return !this.#stopping;
      for (const [i, incoming] of batch.entries()) {
        if (!this.#hasRoom()) await this.#until(() => this.#hasRoom() || this.#stopping, Infinity);
        if (this.#stopping) return false;
        const wanted = this.#take(incoming);
        if (wanted.length > 0) await this.#takeNamed(incoming, wanted);
        if (i % perLook === perLook - 1 && clock.monotonic() - began >= sliceMsMax) {
          await clock.sleep(0);
          began = clock.monotonic();
        }
      }
      onTurn();
    }
  }

  /** The next batch; undefined at the end, or when stopping. */
  async #next(
    batches: AsyncIterator<readonly Incoming[]>,
  ): Promise<readonly Incoming[] | undefined> {
    let got: { readonly batch?: readonly Incoming[]; readonly error?: unknown } | undefined;
    batches.next().then(
      ({ done, value }) => got = done === true ? {} : { batch: value },
      (error: unknown) => got = { error },
    ).finally(() => this.#tell());
    await this.#until(() => got !== undefined || this.#stopping, Infinity);
    if (got?.error !== undefined) throw got.error;
    return this.#stopping ? undefined : got?.batch;
  }

  #hasRoom(): boolean {
    const { flightsMax, flightBytesMax } = this.#options;
    return this.#flights.size < flightsMax &&
      (this.#flights.size === 0 || this.#bytes < flightBytesMax);
  }

  /** Answers with the names that must be known first; nothing was done then. */
  #take(incoming: Incoming, knowsAll = false): readonly WantedName[] {
    const corrupt = incoming.corrupt;
    const made = corrupt === undefined
      ? this.#plan.maker.make(incoming.bytes)
      : corruptMade(corrupt);
    if (made.wantedNames.length > 0 && !knowsAll) return made.wantedNames;
    const flight = this.#board(incoming);
    if (flight === undefined) return [];
    this.#say(made);
    for (const refusal of made.refusals) this.#refuse(flight, refusal);
    this.#countLeftOut(made);
    for (const routed of made.samples) this.#offer(flight, routed, "samples");
    for (const routed of made.events) this.#offer(flight, routed, "events");
    flight.release();
    return [];
  }

  async #takeNamed(incoming: Incoming, wanted: readonly WantedName[]): Promise<void> {
    const { lookUp, log } = this.#deps;
    try {
      await lookUp(wanted);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log.warning("Cannot look up names of users and projects, going on without", { reason });
    }
    this.#take(incoming, true);
  }

  /** Undefined where it is on its way already, and only came again. */
  #board(incoming: Incoming): Flight | undefined {
    const identity = incoming.again?.();
    const twin = identity === undefined ? undefined : this.#orphan(identity);
    if (twin !== undefined) {
      twin.counts.settle("requeued");
      twin.counts.receive();
      twin.incoming = incoming;
      return undefined;
    }
    const known = identity === undefined ? undefined : this.#memory.recall(identity);
    const counts = this.#deps.account.topic(incoming.topic);
    counts.receive();
    const flight = new Flight(incoming, {
      counts,
      accepted: known ?? [],
      landed: (landed) => this.#land(landed),
    });
    this.#flights.add(flight);
    this.#bytes += incoming.bytes.length;
    return flight;
  }

  /** A notification in flight that its source took back and brought again. */
  #orphan(identity: string): Flight | undefined {
    for (const flight of this.#flights) {
      if (!flight.incoming.isOpen() && flight.incoming.identity() === identity) return flight;
    }
    return undefined;
  }

  #offer(flight: Flight, { pipeline, items }: Routed<Item>, carries: Cargo): void {
    const { bytes: payload, source, only } = flight.incoming;
    const origin = { source, payload };
    for (const way of this.#plan.ways.get(pipeline) ?? []) {
      if (flight.has(way.name) || (only !== undefined && only !== way.lane.name)) continue;
      flight.hold();
      const onSettled = (): void => flight.release(way.name);
      way.lane.offer({ carries, items, origin, way, counts: way.counts, onSettled });
    }
  }

  #refuse(flight: Flight, refusal: MadeRefusal): void {
    const { incoming } = flight;
    const isFirst = incoming.requeue !== undefined && incoming.again === undefined;
    if (refusal.isEvent && !this.#options.ackOnEventError && isFirst) {
      flight.wantsRequeue = true;
      return;
    }
    const { onUnreadable, letters } = this.#deps;
    if (onUnreadable === undefined) {
      this.#notices.unreadable(incoming.topic, refusal.class, refusal.reason);
    } else onUnreadable(incoming.source, refusal);
    const way = `dead letter: ${refusal.reason}`;
    if (flight.has(way)) return;
    flight.isRefused = true;
    flight.hold();
    const { source, bytes: payload } = incoming;
    letters.add(
      { source, class: refusal.class, reason: refusal.reason, destination: "", payload },
      () => flight.release(way),
    );
  }

  #countLeftOut({ leftOut }: Made): void {
    for (const { pipeline } of leftOut) {
      for (const { counts } of this.#plan.ways.get(pipeline) ?? []) {
        counts.match(1);
        counts.settle("dropped", 1);
      }
    }
  }

  #say({ warnings }: Made): void {
    for (const text of warnings) this.#deps.log.debug(text);
  }

  /** All have answered. */
  #land(flight: Flight): void {
    if (flight.wantsRequeue) {
      void this.#requeueLater(flight);
      return;
    }
    this.#settle(
      flight,
      () => flight.incoming.ack(),
      flight.isRefused ? "dead_lettered" : undefined,
    );
  }

  async #requeueLater(flight: Flight): Promise<void> {
    await this.#deps.clock.sleep(requeueMs);
    if (!this.#flights.has(flight)) return;
    this.#settle(flight, () => flight.incoming.requeue?.() ?? false, "requeued");
  }

  #settle(
    flight: Flight,
    act: () => boolean,
    outcome: "dead_lettered" | "requeued" | undefined,
  ): void {
    const { incoming } = flight;
    const isOurs = act();
    if (!isOurs || outcome === "requeued") {
      const identity = incoming.identity();
      if (identity !== undefined) this.#memory.remember(identity, flight.accepted);
    }
    flight.counts.settle(isOurs ? outcome ?? "acknowledged" : "requeued");
    this.#flights.delete(flight);
    this.#bytes -= incoming.bytes.length;
    this.#tell();
  }

  #tell(): void {
    const changed = this.#changed;
    this.#changed = undefined;
    changed?.resolve();
  }

  #change(): Promise<void> {
    this.#changed ??= Promise.withResolvers<void>();
    return this.#changed.promise;
  }

  /** Whether it came true within the time. */
  async #until(isTrue: () => boolean, ms: number): Promise<boolean> {
    if (isTrue()) return true;
    if (ms === Infinity) {
      while (!isTrue()) await this.#change();
      return true;
    }
    const end = new AbortController();
    let over = false;
    void this.#deps.clock.sleep(ms, end.signal).then(() => {
      over = true;
      this.#tell();
    });
    while (!isTrue() && !over) await this.#change();
    end.abort();
    return isTrue();
  }
}

function corruptMade(reason: string): Made {
  const refusal: MadeRefusal = {
    class: "decode" satisfies DeadLetterClass,
    reason,
    isEvent: false,
  };
  return {
    samples: [],
    events: [],
    refusals: [refusal],
    leftOut: [],
    warnings: [],
    wantedNames: [],
  };
}
