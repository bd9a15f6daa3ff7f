/**
 * Edge (net, files). `influxdb://host:8086/database` and `influxdb2://host:8086/bucket?org=name`:
 * samples and events as points with their own times. Accepted means answered with 204.
 */
import { readFileSync } from "node:fs";
import { endpointName } from "../core/config/endpoint.ts";
import {
  type PublisherOptionValues,
  readPublisherOptions,
} from "../core/config/publisher_options.ts";
import type { PublisherSettings } from "../core/config/pipeline_config.ts";
import { ConfigError } from "../core/errors.ts";
import { loadTls } from "../core/http/tls.ts";
import { createInfluxdb1Writer } from "../core/influxdb/writer1.ts";
import { createInfluxdb2Writer } from "../core/influxdb/writer2.ts";
import type { InfluxdbFarEnd } from "../core/online/far_end.ts";
import type {
  Publisher,
  PublisherDeps,
  PublisherKind,
  PublisherOption,
  PublisherUrl,
} from "../core/pipeline/publisher.ts";
import { StorePublisher } from "../core/pipeline/store_publisher.ts";
import { storeOf } from "../core/pipeline/store_url.ts";

const msPerSecond = 1000;

const ownOptions: readonly PublisherOption[] = [
  {
    name: "metadata",
    kind: "flag",
    help: "Samples have their metadata too, as JSON in the field metadata.",
  },
  {
    name: "timeout",
    kind: "float",
    min: 0.1,
    max: 86_400,
    default: "30",
    unit: "seconds",
    help: "From sending a request to the end of its answer.",
  },
  { name: "token_file", kind: "path", help: "The file with the token of influxdb2." },
];

const endpointOptions: readonly PublisherOption[] = [
  { name: "org", kind: "string", help: "The organization of influxdb2." },
  { name: "ca", kind: "path", help: "The CA bundle for TLS, the system's if not set." },
  { name: "cert", kind: "path", help: "The client certificate." },
  { name: "key", kind: "path", help: "The key of the client certificate." },
];

/** What it takes of ceilometer.conf. */
export type InfluxdbSettings = Pick<PublisherSettings, "secrets">;

/** `influxdb://user:password@host:8086/database?metadata=1`; `influxdbs`, `influxdb2s` with TLS. */
export const influxdbKind: PublisherKind<InfluxdbSettings> = {
  schemes: ["influxdb", "influxdbs", "influxdb2", "influxdb2s"],
  help: "Writes samples and events to InfluxDB 1.x, or 2.x and 3.x, with their own times.",
  takes: ["samples", "events"],
  options: [...ownOptions, ...endpointOptions],
  unknownOptions: "error",
  concurrency: 1,
  gather: { items_max: 1000, wait_ms: 0 },
  farEnd: (url, { settings }) => (
    { kind: "influxdb", endpoint: readEndpoint(url, settings).endpoint }
  ),
  create: createInfluxdbPublisher,
};

function createInfluxdbPublisher(
  url: PublisherUrl,
  { settings, clock }: PublisherDeps<InfluxdbSettings>,
): Publisher {
  const { values, endpoint } = readEndpoint(url, settings);
  // A file that cannot be used is to be known at start, not with the first sample.
  if (endpoint.tls !== undefined) loadTls(endpoint.tls);
  const deps = { clock, timeoutMs: values.number("timeout") * msPerSecond };
  return new StorePublisher({
    name: endpointName(endpoint),
    withMetadata: values.bool("metadata"),
    open: () =>
      endpoint.scheme === "influxdb"
        ? createInfluxdb1Writer(endpoint, deps)
        : createInfluxdb2Writer(endpoint, deps),
  });
}

function readEndpoint(
  url: PublisherUrl,
  { secrets }: InfluxdbSettings,
): { readonly values: PublisherOptionValues; readonly endpoint: InfluxdbFarEnd["endpoint"] } {
  const { values, errors: [problem] } = readPublisherOptions(url, influxdbKind);
  if (problem !== undefined) throw new ConfigError(problem.text);
  const own = ownOptions.map(({ name }) => name);
  const endpoint = storeOf(url, { own, secrets });
  if (endpoint.scheme === "influxdb") return { values, endpoint };
  if (endpoint.scheme !== "influxdb2") throw new Error(`${endpoint.scheme} is no InfluxDB`);
  const tokenFile = values.text("token_file");
  const token = tokenFile === undefined ? endpoint.token : readToken(tokenFile);
  return { values, endpoint: { ...endpoint, token } };
}

function readToken(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigError(
      `Cannot read token_file '${path}': ${why}, expected a file with the token`,
      undefined,
      { cause: error, rule: "file/unreadable" },
    );
  }
}
