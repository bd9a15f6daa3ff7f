/**
 * Pure. What all ways of making a sample out of a notification share: the reference's
 * `Sample.from_notification` and its constructor's checks.
 */
import { compileJsonPath, type Looked } from "../jsonpath/jsonpath.ts";
import { lookedInto, type Notification } from "../notifications/notification.ts";
import { type Dict, isDict, type Value } from "../notifications/value.ts";
import { isTrue, PythonError, typeName } from "../notifications/value_rules.ts";
import { valueRepr } from "../notifications/value_text.ts";
import { WrittenDict } from "../notifications/written_dict.ts";
import type { Sample } from "../pipeline/sample.ts";
import { normalIsoTime } from "../python/iso_time.ts";
import { sampleTypes } from "./sample_types.ts";

/** ceilometer.conf's options for samples. */
export interface SampleOptions {
  /** What samples name as their source: `openstack`. */
  readonly sample_source: string;
  /** Prefixes of user metadata that are kept, without the prefix. */
  readonly reserved_metadata_namespace: readonly string[];
  /** Texts in user metadata are cut to this many characters. */
  readonly reserved_metadata_length: number;
  /** Further names of user metadata that are kept. */
  readonly reserved_metadata_keys: readonly string[];
}

/** The reference's defaults. */
export const sampleDefaults: SampleOptions = {
  sample_source: "openstack",
  reserved_metadata_namespace: ["metering."],
  reserved_metadata_length: 256,
  reserved_metadata_keys: [],
};

/** What samples are made with, besides the notification. */
export interface SampleMaking {
  readonly options: SampleOptions;
  /** A fresh id; the reference's are UUIDs of version 1. */
  readonly newId: () => string;
}

/** The members that differ from sample to sample. */
export interface SampleParts {
  readonly name: Value;
  readonly type: Value;
  readonly unit: Value;
  readonly volume: Value;
  readonly user_id: Value;
  readonly project_id: Value;
  readonly resource_id: Value;
  readonly user_name?: Value;
  readonly project_name?: Value;
  /** What the notification brings; left out: as the options say, and a fresh one. */
  readonly source?: Value;
  readonly id?: string | undefined;
}

/** They look right and never find anything. */
const FALLBACK_USER = compileJsonPath("ctxt.user_id|ctxt.user");
const FALLBACK_PROJECT = compileJsonPath("ctxt.project_id|ctxt.tenant_id");

/** One notification, with what its samples share; each is computed when first asked for. */
export class SampleGround {
  readonly notification: Notification;
  #timestamp: string | undefined;
  #metadata: Dict | WrittenDict | undefined;
  #defined: { readonly text: string; readonly metadata: Dict } | undefined;
  #fallback: { readonly user: Value; readonly project: Value } | undefined;

  constructor(notification: Notification) {
    this.notification = notification;
  }

  /** What expressions are asked about. */
  get lookedInto(): Looked {
    return lookedInto(this.notification);
  }

  /** The notification's own time in ISO form. Throws a ValueError where it has none. */
  timestamp(): string {
    return this.#timestamp ??= isoTimestamp(this.notification.metadata["timestamp"] ?? null);
  }

  /** The metadata of a definition; made once for all in a row in which it is written the same. */
  definedMetadata(text: string, make: () => Dict): Dict {
    if (this.#defined?.text !== text) this.#defined = { text, metadata: make() };
    return this.#defined.metadata;
  }

  /** Whom samples belong to whose definition does not say. */
  fallback(): { readonly user: Value; readonly project: Value } {
    return this.#fallback ??= {
      user: FALLBACK_USER.first(this.lookedInto),
      project: FALLBACK_PROJECT.first(this.lookedInto),
    };
  }

  /** The payload with event_type and host: the metadata of samples that have no other. */
  metadata(): Dict | WrittenDict {
    return this.#metadata ??= this.notification.unread?.originMetadata() ?? this.#madeMetadata();
  }

  #madeMetadata(): Dict {
    const { payload, event_type, publisher_id } = this.notification;
    return withOrigin(payload, event_type, publisher_id);
  }
}

/** A payload's own members, if it has any, with event_type and host. */
export function withOrigin(payload: Value, eventType: Value, publisherId: Value): Dict {
  const own = isDict(payload) ? payload : {};
  return { ...own, event_type: eventType, host: publisherId };
}

/** A time as the reference writes it. Throws a ValueError for what is no time. */
export function isoTimestamp(value: Value): string {
  const text = typeof value === "string" ? normalIsoTime(value) : undefined;
  if (text === undefined) {
    throw new PythonError("ValueError", `${valueRepr(value)} is no time in ISO 8601 form`);
  }
  return text;
}

/** Throws PythonError for a type or name that no sample can have. */
export function makeSample(
  parts: SampleParts,
  more: { readonly timestamp: Value; readonly metadata: Dict | WrittenDict },
  making: SampleMaking,
): Sample {
  const { name, type } = parts;
  if (typeof type !== "string" || !sampleTypes.has(type)) {
    throw new PythonError("ValueError", `${valueRepr(type)} is no type of samples`);
  }
  if (typeof name !== "string") {
    throw new PythonError("TypeError", `a meter's name is text, and not '${typeName(name)}'`);
  }
  const { timestamp, metadata } = more;
  const source = parts.source ?? making.options.sample_source;
  const id = parts.id ?? making.newId();
  const { unit, volume, user_id, project_id, resource_id } = parts;
  const { user_name = null, project_name = null } = parts;
  const head = { name, type, unit, volume, user_id, user_name, project_id, project_name };
  const tail = { source, id, monotonic_time: null };
  if (metadata instanceof WrittenDict) {
    return new WrittenSample({ ...head, resource_id, timestamp, ...tail }, metadata);
  }
  return { ...head, resource_id, timestamp, resource_metadata: metadata, ...tail };
}

/** A sample whose metadata is made only for those who ask for it. */
class WrittenSample implements Sample {
  readonly name: string;
  readonly type: string;
  readonly unit: Value;
  readonly volume: Value;
  readonly user_id: Value;
  readonly user_name: Value;
  readonly project_id: Value;
  readonly project_name: Value;
  readonly resource_id: Value;
  readonly timestamp: Value;
  readonly written_metadata: WrittenDict;
  readonly source: Value;
  readonly id: string;
  readonly monotonic_time: Value;

  constructor(members: Omit<Sample, "resource_metadata">, metadata: WrittenDict) {
    this.name = members.name;
    this.type = members.type;
    this.unit = members.unit;
    this.volume = members.volume;
    this.user_id = members.user_id;
    this.user_name = members.user_name;
    this.project_id = members.project_id;
    this.project_name = members.project_name;
    this.resource_id = members.resource_id;
    this.timestamp = members.timestamp;
    this.written_metadata = metadata;
    this.source = members.source;
    this.id = members.id;
    this.monotonic_time = members.monotonic_time;
  }

  get resource_metadata(): Dict {
    return this.written_metadata.dict;
  }
}

/** A value, or another where Python holds it for false. */
export function orElse(value: Value | undefined, other: Value): Value {
  return value === undefined || !isTrue(value) ? other : value;
}
