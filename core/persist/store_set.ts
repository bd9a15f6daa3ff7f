/**
 * Pure. The stores that the loops of a process write to: one writer and one delivery per endpoint,
 * shared by all loops that name it, gone with the last of them.
 */
import type { Clock } from "../clock.ts";
import type { StoreEndpoint } from "../config/endpoint.ts";
import { createDelivery, type Delivery } from "../delivery/deliver.ts";
import type { Writer } from "../delivery/writer.ts";
import type { Log } from "../log/log.ts";
import type { PartState } from "../observe/readiness.ts";
import type { Registry } from "../observe/registry.ts";

/** What the set needs from outside. */
export interface StoreSetDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Registry;
  /** A number in [0, 1). */
  readonly random: () => number;
  readonly open: (endpoint: StoreEndpoint) => Promise<Writer>;
  /** How a store stands, by its name; undefined when nobody writes to it any more. */
  readonly onState: (store: string, state: PartState | undefined) => void;
}

/** One loop's hold on a store. */
export interface StoreUse {
  readonly delivery: Delivery;
  /** The last one to release closes the store. */
  release(): Promise<void>;
}

/** Stores by their endpoints. */
export interface StoreSet {
  /** Rejects as opening the writer does. */
  use(endpoint: StoreEndpoint): Promise<StoreUse>;
}

interface OpenStore {
  readonly delivery: Delivery;
  readonly watching: AbortController;
}

/** A set with nothing open yet. */
export function createStoreSet(deps: StoreSetDeps): StoreSet {
  const stores = new Map<string, { readonly opened: Promise<OpenStore>; users: number }>();
  return {
    async use(endpoint): Promise<StoreUse> {
      const key = JSON.stringify(endpoint);
      const entry = stores.get(key) ?? { opened: openStore(endpoint, deps), users: 0 };
      entry.users++;
      stores.set(key, entry);
      const { delivery, watching } = await entry.opened.catch((cause: unknown) => {
        stores.delete(key);
        throw cause;
      });
      return {
        delivery,
        async release(): Promise<void> {
          if (--entry.users > 0) return;
          stores.delete(key);
          watching.abort();
          await delivery.writer.close();
          deps.onState(delivery.writer.name, undefined);
        },
      };
    },
  };
}

async function openStore(endpoint: StoreEndpoint, deps: StoreSetDeps): Promise<OpenStore> {
  const writer = await deps.open(endpoint);
  const watching = new AbortController();
  const say = (state: PartState): void => deps.onState(writer.name, state);
  const log = deps.log.named(loggerOf(endpoint));
  const delivery = createDelivery({ ...deps, log, writer, onState: say });
  say(delivery.state());
  void delivery.watch(watching.signal);
  return { delivery, watching };
}

/** Both InfluxDBs are one logger, as for the operators who set its level. */
function loggerOf({ scheme }: StoreEndpoint): string {
  return `tpctl.${scheme === "influxdb2" ? "influxdb" : scheme}`;
}
