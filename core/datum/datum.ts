/**
 * Pure. `Datum`: one sample, event, metric, alarm transition or point as it passes, whatever carried
 * it. What replay counts and picks by, and what tail shows; stores are written from the original form.
 */
import type { Dict } from "../notifications/value.ts";

/**
 * - `metric`, `alarm`, `monasca_event`: Monasca's envelopes, alarm transitions and events.
 * - `sample`, `event`: Ceilometer's, as publishers write them or as definitions make them.
 * - `notification`: an oslo.messaging notification of which nothing was made yet.
 * - `point`: a line of InfluxDB's line protocol, or a row of a store.
 */
export type DatumKind =
  | "metric"
  | "alarm"
  | "monasca_event"
  | "sample"
  | "event"
  | "notification"
  | "point";

/** One datum; texts are "" where there is none. */
export interface Datum {
  readonly kind: DatumKind;
  /** Name of the meter, metric, alarm or measurement; the type of an event or notification. */
  readonly name: string;
  /** Its own time in ms since the epoch, with a fraction down to microseconds; NaN: none to be read. */
  readonly timeMs: number;
  /** Project or tenant. */
  readonly tenant: string;
  /** What it was measured on, or happened to. */
  readonly resource: string;
  /** NaN where it is no number. */
  readonly value: number;
  readonly unit: string;
  /** Everything it says, under its own member names: what expressions look into and JSON shows. */
  readonly members: Dict;
}
