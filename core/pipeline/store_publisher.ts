/**
 * Pure. `StorePublisher`: samples and events written as points by a store's Writer, which is opened
 * with the first of them. What a publisher of a store shares with the others of its sort.
 */
import {
  PartialWriteError,
  type RefusedItem,
  StoreError,
  type Writer,
} from "../delivery/writer.ts";
import { ConfigError } from "../errors.ts";
import type { Event } from "./event.ts";
import type { Publisher } from "./publisher.ts";
import type { Sample } from "./sample.ts";
import { eventLine, type PointBatch, pointBatch, sampleLine } from "./store_points.ts";

/** How to write to one store. */
export interface StorePlan {
  /** The endpoint's, without user, password and query. */
  readonly name: string;
  readonly withMetadata: boolean;
  open(): Promise<Writer>;
}

/** A publisher of a store of points. */
export class StorePublisher implements Publisher {
  readonly name: string;
  readonly #plan: StorePlan;
  #writer: Promise<Writer> | undefined;
  #isClosed = false;

  constructor(plan: StorePlan) {
    this.name = plan.name;
    this.#plan = plan;
  }

  publishSamples(samples: readonly Sample[], signal: AbortSignal): Promise<void> {
    return this.#write(
      pointBatch(samples, {
        lineOf: (sample) => sampleLine(sample, this.#plan),
        what: ({ name }) => `a sample of '${name}'`,
      }),
      signal,
    );
  }

  publishEvents(events: readonly Event[], signal: AbortSignal): Promise<void> {
    return this.#write(
      pointBatch(events, {
        lineOf: eventLine,
        what: (event) => `an event '${event.event_type}'`,
      }),
      signal,
    );
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    // One that could not be opened has nothing to close.
    await this.#writer?.then((writer) => writer.close(), () => {});
  }

  async #write({ batch, items, refused }: PointBatch, signal: AbortSignal): Promise<void> {
    if (this.#isClosed) throw new Error(`${this.name} is closed`);
    const all = [...refused];
    try {
      if (batch.count > 0) await this.#attempt(batch, signal);
    } catch (error) {
      if (!(error instanceof PartialWriteError)) throw error;
      all.push(...error.refused.map((one): RefusedItem => (
        { ...one, item: items[one.item] ?? one.item }
      )));
    }
    const [first] = all;
    if (first !== undefined) throw new PartialWriteError(first.reason, all);
  }

  /** A database that is missing is made, once; what concerns a destination concerns all of it. */
  async #attempt(batch: PointBatch["batch"], signal: AbortSignal): Promise<void> {
    const writer = await this.#open();
    try {
      return await writer.write(batch, signal);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (error.reaction === "hold_destination") throw new StoreError(error.message, "hold");
      if (error.reaction !== "create") throw error;
    }
    await writer.createDestination(batch.destination, signal);
    await writer.write(batch, signal);
  }

  async #open(): Promise<Writer> {
    this.#writer ??= this.#plan.open();
    try {
      return await this.#writer;
    } catch (error) {
      this.#writer = undefined;
      if (!(error instanceof ConfigError)) throw error;
      throw new StoreError(error.message, "hold", { cause: error });
    }
  }
}
