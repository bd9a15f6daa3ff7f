/**
 * Pure. `Sample`: one measured value of one resource, with Ceilometer's member names and order (the
 * order shows in what the file and http publishers write).
 */
import type { Dict, Value } from "../notifications/value.ts";
import type { WrittenDict } from "../notifications/written_dict.ts";

/** Ceilometer's three types of meters. */
export type SampleType = "gauge" | "delta" | "cumulative";

/** One measured value of one resource. */
export interface Sample {
  readonly name: string;
  readonly type: string;
  readonly unit: Value;
  /** A number, or what telemetry.polling brought: text that Python's float() reads. */
  readonly volume: Value;
  readonly user_id: Value;
  readonly user_name: Value;
  readonly project_id: Value;
  readonly project_name: Value;
  readonly resource_id: Value;
  /** ISO 8601 text, as the reference leaves it. */
  readonly timestamp: Value;
  readonly resource_metadata: Dict;
  /** The same as it is written, where making it can be saved. */
  readonly written_metadata?: WrittenDict;
  readonly source: Value;
  readonly id: string;
  readonly monotonic_time: Value;
}

/** Its members in the reference's order, which is that of `Sample.as_dict()`. */
export const sampleMembers = [
  "name",
  "type",
  "unit",
  "volume",
  "user_id",
  "user_name",
  "project_id",
  "project_name",
  "resource_id",
  "timestamp",
  "resource_metadata",
  "source",
  "id",
  "monotonic_time",
] as const satisfies readonly (keyof Sample)[];
