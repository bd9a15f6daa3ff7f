/**
 * Pure. `LaneOrder`: the order between the lanes to one far end, where it matters there. A
 * notification's events go before its samples, as the reference's agent publishes them; what waits in
 * spools goes in the order it was put in, events and samples alike.
 */
import type { Cargo } from "./pipeline.ts";
import type { SpooledParcel } from "./spool_contract.ts";

/** What the others must know of a lane. */
export interface OrderedLane {
  readonly carries: Cargo;
  /** Nothing waits in memory and no call is in flight. */
  readonly idle: boolean;
  /** What waits in memory is for a far end that is down, and does not hold up its notifications. */
  readonly queues: boolean;
  /** Parcels in its spool. */
  readonly spooled: number;
  /** When the oldest in its spool was put in; Infinity: it is empty, -Infinity: not known yet. */
  readonly spooledSinceMs: number;
  /** Something that it may wait for has changed. */
  look(): void;
  /** Takes over the spools of processes that died. */
  adopt(): Promise<void>;
}

/** Where something is that has to go first. */
export type Ahead = "nothing" | "in memory" | "in a queue" | "in a spool";

/** One per far end; its lanes come and go. */
export class LaneOrder {
  #lanes = new Set<OrderedLane>();

  add(lane: OrderedLane): void {
    this.#lanes.add(lane);
  }

  remove(lane: OrderedLane): void {
    this.#lanes.delete(lane);
    this.changed();
  }

  /** A lane has less before it than it had. */
  changed(): void {
    for (const lane of this.#lanes) lane.look();
  }

  /** What has to go before anything new of the lane's. */
  aheadOf(lane: OrderedLane): Ahead {
    const others = this.#others(lane);
    const busy = lane.carries === "samples" ? others.filter(({ idle }) => !idle) : [];
    if (busy.length > 0) return busy.some(({ queues }) => queues) ? "in a queue" : "in memory";
    return others.some(({ spooled }) => spooled > 0) ? "in a spool" : "nothing";
  }

  /** The first of the parcels from the lane's spool that may go now. */
  due(lane: OrderedLane, parcels: readonly SpooledParcel[]): readonly SpooledParcel[] {
    const sinceMs = Math.min(...this.#others(lane).map(({ spooledSinceMs }) => spooledSinceMs));
    const isDue = ({ timeMs }: SpooledParcel): boolean =>
      lane.carries === "events" ? timeMs <= sinceMs : timeMs < sinceMs;
    const end = parcels.findIndex((parcel) => !isDue(parcel));
    return end === -1 ? parcels : parcels.slice(0, end);
  }

  /** Of all lanes, so that what belongs together is taken over by one process; events first. */
  async adopt(): Promise<void> {
    for (const carries of ["events", "samples"]) {
      for (const lane of this.#lanes) if (lane.carries === carries) await lane.adopt();
    }
  }

  #others({ carries }: OrderedLane): OrderedLane[] {
    return [...this.#lanes].filter((lane) => lane.carries !== carries);
  }
}
