/**
 * Pure. Samples as measures of Gnocchi's metrics, by resource: what one batch request says, and what
 * the resources are to be like. Sending it is sample_writer.ts.
 *
 * Facts: ceilometer/publisher/gnocchi.py. The first sample of a resource decides its type and user;
 * project and attributes are those of the last.
 */
import type { RefusedItem } from "../delivery/writer.ts";
import { type Dict, PyFloat, type Value } from "../notifications/value.ts";
import { floatOf, PythonError } from "../notifications/value_rules.ts";
import { dumpValue, valueRepr } from "../notifications/value_text.ts";
import type { Sample } from "../pipeline/sample.ts";
import type { ResourceDefinition } from "./resource_definitions.ts";

/** One measure, and the samples that it stands for. */
export interface Measure {
  readonly timestamp: Value;
  readonly value: Value;
  /** Indices of samples in the call. */
  readonly items: readonly number[];
}

/** The measures of one metric, by timestamp: of the same one the last counts. */
export interface MetricMeasures {
  readonly policy: string;
  readonly unit: Value;
  readonly measures: Map<string, Measure>;
}

/** One resource with what was measured of it. */
export interface ResourceMeasures {
  /** As Gnocchi is told: without a slash. */
  readonly id: string;
  readonly type: string;
  readonly userId: Value;
  /** `project_id` first. */
  readonly attributes: Dict;
  readonly metrics: Map<string, MetricMeasures>;
}

/** What is to be sent. */
export interface MeasurePlan {
  /** By id. */
  readonly resources: ReadonlyMap<string, ResourceMeasures>;
  /** Samples that no Gnocchi could take. */
  readonly refused: readonly RefusedItem[];
  /** Meters that no definition names; their samples are not for Gnocchi. */
  readonly unhandled: ReadonlySet<string>;
}

/** How samples are understood. */
export interface PlanRules {
  readonly byMetric: ReadonlyMap<string, ResourceDefinition>;
  /** Samples that are Gnocchi's own doing. */
  isSkipped(sample: Sample): boolean;
}

/** Sorts samples by resource and metric. */
export function planMeasures(samples: readonly Sample[], rules: PlanRules): MeasurePlan {
  const resources = new Map<string, ResourceMeasures>();
  const refused: RefusedItem[] = [];
  const unhandled = new Set<string>();
  for (const [item, sample] of samples.entries()) {
    if (rules.isSkipped(sample)) continue;
    const definition = rules.byMetric.get(sample.name);
    if (definition === undefined) {
      unhandled.add(sample.name);
      continue;
    }
    const reason = add(resources, sample, { item, definition });
    if (reason !== undefined) refused.push({ item, reaction: "bisect", reason });
  }
  return { resources, refused, unhandled };
}

interface Adding {
  readonly item: number;
  readonly definition: ResourceDefinition;
}

/** Why the sample can be no measure, or undefined. */
function add(
  resources: Map<string, ResourceMeasures>,
  sample: Sample,
  { item, definition }: Adding,
): string | undefined {
  const { resource_id: given, timestamp, volume } = sample;
  if (typeof given !== "string" || given === "") {
    return `Cannot send a sample of '${sample.name}' to Gnocchi: its resource_id is ` +
      `${valueRepr(given)}, expected a text`;
  }
  if (!isTime(timestamp)) {
    return `Cannot send a sample of '${sample.name}' to Gnocchi: its timestamp is ` +
      `${valueRepr(timestamp)}, expected a time`;
  }
  const id = given.replaceAll("/", "_");
  try {
    floatOf(volume);
    const attributes = definition.attributes(sample);
    const resource = resources.get(id) ??
      { ...newResource(id, sample), type: definition.resourceType };
    resources.set(id, resource);
    resource.attributes.project_id = sample.project_id;
    // A resource has one type; what another type's meters say of it are no attributes of its.
    if (resource.type === definition.resourceType) Object.assign(resource.attributes, attributes);
    addMeasure(metricOf(resource, sample, definition), sample, item);
    return undefined;
  } catch (error) {
    if (!(error instanceof PythonError)) throw error;
    return `Cannot send a sample of '${sample.name}' to Gnocchi: ${error.message}`;
  }
}

function newResource(id: string, sample: Sample): Omit<ResourceMeasures, "type"> {
  return {
    id,
    userId: sample.user_id,
    attributes: { project_id: sample.project_id },
    metrics: new Map(),
  };
}

function metricOf(
  resource: ResourceMeasures,
  { name, unit }: Sample,
  definition: ResourceDefinition,
): MetricMeasures {
  const known = resource.metrics.get(name);
  if (known !== undefined) return known;
  const metric = { policy: definition.metrics.get(name) ?? "", unit, measures: new Map() };
  resource.metrics.set(name, metric);
  return metric;
}

/** Of two at the same time in one request Gnocchi keeps the first, in two requests the last. */
function addMeasure({ measures }: MetricMeasures, sample: Sample, item: number): void {
  const { timestamp, volume } = sample;
  const key = typeof timestamp === "string" ? timestamp : dumpValue(timestamp);
  const items = [...measures.get(key)?.items ?? [], item];
  measures.set(key, { timestamp, value: volume, items });
}

function isTime(value: Value): boolean {
  return typeof value === "number" || value instanceof PyFloat ||
    (typeof value === "string" && value !== "");
}

const compact = { ensureAscii: true, compact: true } as const;

/** The body of `POST /v1/batch/resources/metrics/measures`. */
export function measuresBody(resources: readonly ResourceMeasures[]): string {
  const members = resources.map(({ id, metrics }) => {
    const parts = [...metrics].map(([name, { measures, policy, unit }]) => {
      const list = [...measures.values()].map(({ timestamp, value }) =>
        `{"timestamp":${dumpValue(timestamp, compact)},"value":${dumpValue(value, compact)}}`
      );
      return `${dumpValue(name, compact)}:{"measures":[${list.join(",")}],"archive_policy_name":${
        dumpValue(policy, compact)
      },"unit":${dumpValue(unit, compact)}}`;
    });
    return `${dumpValue(id, compact)}:{${parts.join(",")}}`;
  });
  return `{${members.join(",")}}`;
}

/** The body of `POST /v1/resource/TYPE`. */
export function resourceBody({ id, userId, attributes }: ResourceMeasures): string {
  return dumpValue({ id, user_id: userId, ...attributes }, compact);
}

/** All samples that stand in a resource's measures. */
export function itemsOf(resource: ResourceMeasures): number[] {
  return [...resource.metrics.values()].flatMap(({ measures }) =>
    [...measures.values()].flatMap(({ items }) => items)
  );
}

/** The same resource with one measure each: so that each has its own answer. */
export function singles(resource: ResourceMeasures): ResourceMeasures[] {
  return [...resource.metrics].flatMap(([name, metric]) =>
    [...metric.measures].map(([key, measure]) => ({
      ...resource,
      metrics: new Map([[name, { ...metric, measures: new Map([[key, measure]]) }]]),
    }))
  );
}

/** Parts of at most so many metrics; a resource with more of them is a part of its own. */
export function partsOf(
  resources: readonly ResourceMeasures[],
  metricsMax: number,
): ResourceMeasures[][] {
  const parts: ResourceMeasures[][] = [];
  let size = Infinity;
  for (const resource of resources) {
    if (size + resource.metrics.size > metricsMax) {
      parts.push([]);
      size = 0;
    }
    parts.at(-1)?.push(resource);
    size += resource.metrics.size;
  }
  return parts;
}
