/**
 * Pure. `Spool`: what a durable queue promises to the lane of a publisher whose far end is down.
 * spool.ts is the one on disk.
 */
import type { Parcel, ParcelOrigin } from "./parcel.ts";
import type { Item } from "./parcel.ts";

/** A parcel that comes out of a spool. */
export interface SpooledParcel {
  readonly items: readonly Item[];
  readonly origin: ParcelOrigin;
  /** When it was put in, since the epoch. */
  readonly timeMs: number;
}

/**
 * One owner, in order. Everything may reject with an Error whose text says what is wrong with the
 * disk; the lane waits and tries again.
 */
export interface Spool {
  /** Parcels in it. */
  readonly records: number;
  /** Durable when it resolves. False: it is full, and nothing was taken. */
  append(parcels: readonly Parcel[]): Promise<boolean>;
  /** The oldest parcels, some of them; the same again until `release`. */
  peek(itemsMax: number): Promise<readonly SpooledParcel[]>;
  /** The oldest `count` parcels are done with. */
  release(count: number): Promise<void>;
  /** Takes over what processes that died have left. */
  adopt(): Promise<void>;
  close(): Promise<void>;
}
