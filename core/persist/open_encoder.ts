/**
 * Pure. From an input's kind and store to its encoder. How kinds are written is core/monasca's
 * business; here is only which of its encoders, and for which destinations.
 */
import type { StoreEndpoint } from "../config/endpoint.ts";
import type { PersistInput } from "../config/persist_config.ts";
import { createAlarmEncoder } from "../monasca/alarm.ts";
import { createEventEncoder } from "../monasca/event.ts";
import type { LineOptions } from "../monasca/line_text.ts";
import { createMetricEncoder } from "../monasca/metric_scan.ts";
import type { MessageEncoder } from "./encoder.ts";

/** Where only elasticsearch endpoints say how indices are called: the reference's default. */
const indexPrefixDefault = "events";

/** `today` is the date of events that bring none. */
export function encoderOf(
  { kind, store }: Pick<PersistInput, "kind" | "store">,
  { today }: { readonly today: () => Date },
): MessageEncoder {
  switch (kind) {
    case "metrics":
      return createMetricEncoder(lineOptionsOf(store));
    case "alarms":
      return createAlarmEncoder(lineOptionsOf(store));
    case "events": {
      const indexName = store.scheme === "elasticsearch" ? store.indexPrefix : indexPrefixDefault;
      return createEventEncoder({ indexName, today });
    }
  }
}

/** Looking at lines shows what the reference writes; a store gets only what it can keep. */
function lineOptionsOf(store: StoreEndpoint): LineOptions {
  switch (store.scheme) {
    case "influxdb":
      return {
        database: store.database,
        perTenant: store.databasePerTenant,
        trailingBackslash: "refuse",
      };
    case "influxdb2":
      return {
        database: store.bucket,
        perTenant: store.bucketPerTenant,
        trailingBackslash: "refuse",
      };
    case "line":
      return { database: "", perTenant: false, trailingBackslash: "write" };
    default:
      return { database: "", perTenant: false, trailingBackslash: "refuse" };
  }
}
