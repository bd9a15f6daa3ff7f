/**
 * Pure. `Event` and `Trait`: what an event definition makes of a notification.
 */
import type { Dict, Value } from "../notifications/value.ts";

/** Ceilometer's trait types by their numbers: 1 text, 2 int, 3 float, 4 datetime. */
export type TraitType = 1 | 2 | 3 | 4;

/** One named, typed value of an event. */
export interface Trait {
  readonly name: string;
  readonly type: TraitType;
  /** Datetimes as a UTC time without offset, in `DateTimeValue`. */
  readonly value: Value | DateTimeValue;
}

/** A naive UTC datetime as Python holds it: its microseconds since the epoch. */
export class DateTimeValue {
  constructor(readonly microseconds: bigint) {}
}

/** What one notification says happened. */
export interface Event {
  readonly message_id: Value;
  readonly event_type: string;
  readonly generated: DateTimeValue;
  readonly traits: readonly Trait[];
  /** The notification itself where `store_raw` asks for it, else empty. */
  readonly raw: Dict;
}
