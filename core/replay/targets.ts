/**
 * Pure. Where each form of message goes: to one store, or by kind to those that a persister's files
 * name; and what each store can take at all.
 */
import { endpointName, type StoreEndpoint } from "../config/endpoint.ts";

/** The store of each kind. Kinds whose store is the same share one. */
export interface ReplayStores {
  /** Each store once. */
  readonly stores: readonly StoreEndpoint[];
  /** Metrics, and whatever else is a line: samples, points. */
  readonly metrics: StoreEndpoint;
  readonly alarms: StoreEndpoint;
  /** Monasca's events. */
  readonly events: StoreEndpoint;
}

/** Everything to one store. */
export function oneStore(store: StoreEndpoint): ReplayStores {
  return { stores: [store], metrics: store, alarms: store, events: store };
}

/** By kind, as `[repositories]` says. */
export function storesByKind(
  { metrics, alarms, events }: Pick<ReplayStores, "metrics" | "alarms" | "events">,
): ReplayStores {
  const byText = new Map<string, StoreEndpoint>();
  const once = (store: StoreEndpoint): StoreEndpoint => {
    const key = JSON.stringify(store);
    const known = byText.get(key) ?? store;
    byText.set(key, known);
    return known;
  };
  const all = { metrics: once(metrics), alarms: once(alarms), events: once(events) };
  return { ...all, stores: [...byText.values()] };
}

/** The stores as people name them. */
export function targetName({ stores }: ReplayStores): string {
  return stores.map(endpointName).join(", ");
}

/**
 * Whether a dead letter was bound for these stores, and for no other: what a run to several of them
 * could not read was bound for all.
 */
export function takesLettersOf({ stores }: ReplayStores): (destination: string) => boolean {
  const names = new Set(stores.map(endpointName));
  return (destination) => destination.split(", ").every((name) => names.has(name));
}

const takesLines: ReadonlySet<StoreEndpoint["scheme"]> = new Set([
  "influxdb",
  "influxdb2",
  "sqlite",
  "line",
  "null",
]);
const takesDocuments: ReadonlySet<StoreEndpoint["scheme"]> = new Set([
  "elasticsearch",
  "documents",
  "sqlite",
  "null",
]);

/** Whether the store keeps points. */
export function storesLines({ scheme }: StoreEndpoint): boolean {
  return takesLines.has(scheme);
}

/** Whether it keeps documents. */
export function storesDocuments({ scheme }: StoreEndpoint): boolean {
  return takesDocuments.has(scheme);
}

/** Whether sending twice leaves the store as sending once does. */
export function isIdempotent({ scheme }: StoreEndpoint): boolean {
  return ["influxdb", "influxdb2", "sqlite", "elasticsearch"].includes(scheme);
}

/** What stands before a destination, so that one writer can tell the stores apart. */
export function prefixOf({ stores }: ReplayStores, store: StoreEndpoint): string {
  return stores.length === 1 ? "" : `${stores.indexOf(store)}:`;
}
