/**
 * Pure. A compiled meter definition and a notification -> samples, one, or as many as `lookup` finds.
 *
 * Facts: ceilometer/meter/notifications.py, MeterDefinition.to_samples.
 */
import type { Looked } from "../jsonpath/jsonpath.ts";
import { setMember } from "../notifications/load_value.ts";
import type { Dict, Value } from "../notifications/value.ts";
import { isTrue, lengthOf, PythonError } from "../notifications/value_rules.ts";
import type { Sample } from "../pipeline/sample.ts";
import {
  isoTimestamp,
  makeSample,
  type SampleGround,
  type SampleMaking,
  type SampleParts,
} from "./make_sample.ts";
import { type Attribute, attributes, type MeterDefinition } from "./meter_definition.ts";
import type { Names } from "./names.ts";
import { keptUserMetadata } from "./user_metadata.ts";

/** What samples of definitions need besides. */
export interface MeterMaking extends SampleMaking {
  /** Names of users and projects, for samples that `lookup` found; undefined where they stay out. */
  readonly names: Names | undefined;
}

type Row = Readonly<Record<Attribute, Value>>;

/** Samples, or why there are none. Throws PythonError where the reference raises. */
export function meterSamples(
  definition: MeterDefinition,
  ground: SampleGround,
  making: MeterMaking,
): readonly Sample[] | string {
  const message = ground.lookedInto;
  const { user, project } = ground.fallback();
  const make = (): Dict => metadataOf(definition, message, making);
  const metadata = ground.definedMetadata(definition.metadataText, make);
  const defaults: Row = {
    name: definition.name,
    type: definition.type,
    volume: null,
    unit: definition.unit,
    timestamp: null,
    user_id: user,
    project_id: project,
    resource_id: null,
  };
  if (definition.lookup === undefined) {
    const row: Record<Attribute, Value> = { ...defaults };
    for (const [name, field] of definition.fields) {
      const value = field.first(message);
      if (value !== null) row[name] = value;
    }
    return [finish(row, { ground, metadata, making })];
  }
  const rows = lookUp(definition, defaults, message);
  if (typeof rows === "string") return rows;
  return rows.map((row) => finish(named(row, making.names), { ground, metadata, making }));
}

function metadataOf(definition: MeterDefinition, message: Looked, making: MeterMaking): Dict {
  const metadata: Dict = {};
  for (const [name, field] of definition.metadata) {
    const value = field.first(message);
    if (isTrue(value)) setMember(metadata, name, value);
  }
  const given = definition.userMetadata?.first(message) ?? null;
  if (isTrue(given)) {
    const kept = keptUserMetadata(given, metadata, making.options);
    if (kept !== undefined) metadata["user_metadata"] = kept;
  }
  return metadata;
}

/** One row per name found; a text where the other members do not go with them. */
function lookUp(
  { lookup, fields }: MeterDefinition,
  defaults: Row,
  message: Looked,
): readonly Row[] | string {
  if (lookup === "broken" || lookup === undefined) {
    throw new PythonError("TypeError", "'lookup' is a map, and members cannot be added to it");
  }
  const listed = (name: Attribute): boolean => lookup.includes(name);
  const columns = {} as Record<Attribute, Value>;
  for (const name of attributes) {
    columns[name] = [defaults[name]];
    const field = fields.get(name);
    if (field === undefined) continue;
    const values = field.constant ? field.first(message) : field.all(message);
    if (listed(name) || name === "name" || isTrue(values)) columns[name] = values;
  }
  const count = lengthOf(columns.name);
  if (count <= 0) return [];
  const complete = {} as Record<Attribute, readonly Value[]>;
  for (const name of attributes) {
    const values = columns[name];
    const found = lengthOf(values);
    const list = Array.isArray(values) ? values : [];
    if (found === count) complete[name] = list;
    else if (found === 1 && !listed(name)) {
      complete[name] = Array.from({ length: count }, () => list[0] ?? null);
    } else {
      const useful = found === 1 && list[0] === null ? 0 : found;
      return `Only ${useful} of ${count} meters have '${name}', so none is made`;
    }
  }
  // The reference counts these two among the members; there is always one of each.
  const other = ["message", "metadata"].find((name) => count !== 1 && lookup.includes(name));
  if (other !== undefined) return `Only 1 of ${count} meters have '${other}', so none is made`;
  return Array.from({ length: count }, (_, i) => rowAt(complete, i));
}

function rowAt(columns: Readonly<Record<Attribute, readonly Value[]>>, i: number): Row {
  const row = {} as Record<Attribute, Value>;
  for (const name of attributes) row[name] = columns[name][i] ?? null;
  return row;
}

interface Naming {
  readonly user_name?: Value;
  readonly project_name?: Value;
}

function named(row: Row, names: Names | undefined): Row & Naming {
  if (names === undefined) return row;
  return {
    ...row,
    user_name: isTrue(row.user_id) ? names.find("users", row.user_id) : null,
    project_name: isTrue(row.project_id) ? names.find("projects", row.project_id) : null,
  };
}

interface Finishing {
  readonly ground: SampleGround;
  readonly metadata: Dict;
  readonly making: MeterMaking;
}

function finish(row: SampleParts & Row, { ground, metadata, making }: Finishing): Sample {
  const timestamp = isTrue(row.timestamp) ? isoTimestamp(row.timestamp) : ground.timestamp();
  const own = Object.keys(metadata).length > 0;
  return makeSample(row, { timestamp, metadata: own ? metadata : ground.metadata() }, making);
}
