/**
 * Pure. What all ways of making a sample out of a notification share: the reference's
 * `Sample.from_notification` and its constructor's checks.
 */
import type { Notification } from "../notifications/notification.ts";
import { type Dict, isDict, type Value } from "../notifications/value.ts";
import { isTrue, PythonError, typeName } from "../notifications/value_rules.ts";
import { valueRepr } from "../notifications/value_text.ts";
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
}

/** One notification, with what its samples share; each is computed when first asked for. */
export class SampleGround {
  readonly notification: Notification;
  #timestamp: string | undefined;
  #metadata: Dict | undefined;

  constructor(notification: Notification) {
    this.notification = notification;
  }

  /** The notification's own time in ISO form. Throws a ValueError where it has none. */
  timestamp(): string {
    return this.#timestamp ??= isoTimestamp(this.notification.metadata["timestamp"] ?? null);
  }

  /** The payload with event_type and host: the metadata of samples that have no other. */
  metadata(): Dict {
    if (this.#metadata === undefined) {
      const { payload, event_type, publisher_id } = this.notification;
      this.#metadata = withOrigin(payload, event_type, publisher_id);
    }
    return this.#metadata;
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
  more: { readonly timestamp: Value; readonly metadata: Dict },
  making: SampleMaking,
): Sample {
  const { name, type } = parts;
  if (typeof type !== "string" || !sampleTypes.has(type)) {
    throw new PythonError("ValueError", `${valueRepr(type)} is no type of samples`);
  }
  if (typeof name !== "string") {
    throw new PythonError("TypeError", `a meter's name is text, and not '${typeName(name)}'`);
  }
  return {
    name,
    type,
    unit: parts.unit,
    volume: parts.volume,
    user_id: parts.user_id,
    user_name: parts.user_name ?? null,
    project_id: parts.project_id,
    project_name: parts.project_name ?? null,
    resource_id: parts.resource_id,
    timestamp: more.timestamp,
    resource_metadata: more.metadata,
    source: making.options.sample_source,
    id: making.newId(),
    monotonic_time: null,
  };
}

/** A value, or another where Python holds it for false. */
export function orElse(value: Value | undefined, other: Value): Value {
  return value === undefined || !isTrue(value) ? other : value;
}
