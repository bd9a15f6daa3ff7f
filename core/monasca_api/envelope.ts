/**
 * Pure. The message that the Monasca API writes to Kafka for a metric it was posted, and that a
 * persister reads.
 */
import type { Sample } from "../pipeline/sample.ts";
import { isTrue } from "../notifications/value_rules.ts";
import { valueStr } from "../notifications/value_text.ts";
import { noValue } from "./field_mapping.ts";

/** What the API adds to a metric. */
export interface EnvelopeMeta {
  /** Undefined: each sample's own project. */
  readonly tenantId: string | undefined;
  readonly region: string;
  /** Whole seconds since the epoch. */
  readonly creationTime: number;
}

/** `metricJson` is what metric.ts made of the sample. */
export function metricEnvelope(
  metricJson: string,
  { project_id }: Sample,
  { tenantId, region, creationTime }: EnvelopeMeta,
): string {
  const tenant = tenantId ?? (isTrue(project_id) ? valueStr(project_id) : noValue);
  const meta = JSON.stringify({ tenantId: tenant, region });
  return `{"metric": ${metricJson}, "meta": ${meta}, "creation_time": ${creationTime}}`;
}
