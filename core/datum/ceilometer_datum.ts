/**
 * Pure. Ceilometer's samples, events and notifications as `Datum`s. A notifier's batch is looked into:
 * what it carries is what people ask for.
 */
import { decodeNotification } from "../notifications/oslo.ts";
import type { Notification } from "../notifications/notification.ts";
import { type Dict, isDict, type Value } from "../notifications/value.ts";
import type { Datum } from "./datum.ts";
import { eventOf } from "./event_form.ts";
import { FormError } from "./form_error.ts";
import { isoMs, numberOf, textOf } from "./monasca_datum.ts";
import { sampleOf } from "./sample_form.ts";

/** A sample in either key style. */
export function sampleDatum(members: Dict): Datum {
  const sample = sampleOf(members);
  return {
    kind: "sample",
    name: sample.name,
    timeMs: isoMs(sample.timestamp),
    tenant: textOf(sample.project_id),
    resource: textOf(sample.resource_id),
    value: numberOf(sample.volume),
    unit: textOf(sample.unit),
    members,
  };
}

/** An event with its traits in either form. */
export function eventDatum(members: Dict): Datum {
  const event = eventOf(members);
  const trait = (...names: readonly string[]): string => {
    for (const name of names) {
      const value = event.traits.find((one) => one.name === name)?.value;
      if (typeof value === "string" && value !== "") return value;
    }
    return "";
  };
  return {
    kind: "event",
    name: event.event_type,
    timeMs: Number(event.generated.microseconds) / 1000,
    tenant: trait("project_id", "tenant_id"),
    resource: trait("resource_id", "instance_id"),
    value: NaN,
    unit: "",
    members,
  };
}

/** The samples or events that notifier packed into a notification; undefined: it is another one. */
export function batchOf(
  { event_type, payload }: Pick<Notification, "event_type" | "payload">,
): { readonly kind: "sample" | "event"; readonly items: readonly Dict[] } | undefined {
  if (!Array.isArray(payload) || payload.length === 0) return undefined;
  const items = payload.filter(isDict);
  if (items.length < payload.length) return undefined;
  const isSamples = /^metering(\.|$)/.test(event_type) &&
    items.every((item) => Object.hasOwn(item, "counter_name"));
  if (isSamples) return { kind: "sample", items };
  const isEvents = items.every((item) =>
    Object.hasOwn(item, "event_type") && Object.hasOwn(item, "traits")
  );
  return isEvents ? { kind: "event", items } : undefined;
}

/** The notification, or what notifier packed into it. Throws FormError. */
export function notificationData(bytes: Uint8Array): readonly Datum[] {
  const decoded = decodeNotification(bytes);
  if (decoded.kind === "refused") throw new FormError(decoded.class, decoded.reason);
  // Of one that nobody makes anything of there is nothing to show.
  if (decoded.kind === "ignored") return [];
  const { notification, sent } = decoded;
  const batch = batchOf(notification);
  if (batch?.kind === "sample") return batch.items.map(sampleDatum);
  if (batch?.kind === "event") return batch.items.map(eventDatum);
  return [notificationDatum(notification, sent)];
}

function notificationDatum(
  { event_type, metadata, payload, ctxt }: Notification,
  sent: Dict,
): Datum {
  const inside = isDict(payload) ? payload : {};
  const first = (...values: readonly (Value | undefined)[]): string =>
    values.map(textOf).find((text) => text !== "") ?? "";
  return {
    kind: "notification",
    name: event_type,
    timeMs: isoMs(metadata["timestamp"]),
    tenant: first(
      inside["tenant_id"],
      inside["project_id"],
      ctxt["project_id"],
      ctxt["tenant"],
    ),
    resource: first(inside["resource_id"], inside["instance_id"], inside["id"]),
    value: NaN,
    unit: "",
    members: sent,
  };
}
