/**
 * Edge (net, files). From a store's endpoint to its Writer. Each store's code is loaded only when it
 * is used: most processes know one of them.
 */
import type { Clock } from "../clock.ts";
import type { StoreEndpoint } from "../config/endpoint.ts";
import { endpointName } from "../config/endpoint.ts";
import type { Writer } from "../delivery/writer.ts";
import { ConfigError } from "../errors.ts";
import type { Log } from "../log/log.ts";

/** What any of the stores needs from outside. */
export interface StoreDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** The reader of `line:-` or `documents:-` has gone: end quietly, with 0. */
  readonly onReaderGone: () => void;
}

/**
 * Makes the writer; nothing is asked of a store on the net yet, so one that is away is no error here.
 * Rejects with a ConfigError where the endpoint cannot be used (a TLS file, a path).
 */
export async function openStore(endpoint: StoreEndpoint, deps: StoreDeps): Promise<Writer> {
  switch (endpoint.scheme) {
    case "influxdb":
      return (await import("../influxdb/writer1.ts")).createInfluxdb1Writer(endpoint, deps);
    case "influxdb2":
      return (await import("../influxdb/writer2.ts")).createInfluxdb2Writer(endpoint, deps);
    case "sqlite":
      return (await import("../sqlite/writer.ts")).createSqliteWriter(endpoint, deps);
    case "elasticsearch":
      return (await import("../elasticsearch/writer.ts")).createElasticsearchWriter(endpoint, deps);
    case "line":
      return (await import("../text_stores/line.ts")).createLineWriter(endpoint, deps);
    case "documents":
      return (await import("../text_stores/documents.ts")).createDocumentsWriter(endpoint, deps);
    case "null":
      return (await import("../text_stores/null.ts")).createNullWriter();
    case "kafka":
      throw new ConfigError(
        `Cannot use the store '${endpointName(endpoint)}': persist does not write to Kafka, ` +
          "expected influxdb, influxdb2, sqlite, elasticsearch, line, documents or null",
      );
  }
}
