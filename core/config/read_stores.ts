/**
 * Pure. From the sections of a persister.conf to a store: driver names, and what each store's section
 * says. Only the stores that are chosen are read, so that the others may be left unset.
 */
import { gzipChoices } from "./endpoint.ts";
import type { ElasticsearchEndpoint, Influxdb2Endpoint } from "./endpoint.ts";
import type { HostPort, InfluxdbEndpoint, StoreEndpoint, Tls } from "./endpoint.ts";
import { join } from "node:path";
import { parseHostPort } from "./option.ts";
import type { OptionValues } from "./option_values.ts";
import type { MessageKind } from "./persist_config.ts";
import { closest } from "./suggest.ts";
import type { Secrets } from "./url_parts.ts";

/** What a section cannot say by itself. */
export interface StoreSurroundings {
  readonly secrets: Secrets;
  readonly stateDir: string;
  /** Reads `token_file`; throws a ConfigError. */
  readSecret(path: string): string;
}

type Driver = "influxdb" | "influxdb2" | "sqlite" | "elasticsearch" | "cassandra";

const OPTION: Readonly<Record<MessageKind, string>> = {
  metrics: "metrics_driver",
  alarms: "alarm_state_history_driver",
  events: "events_driver",
};

/** Our short names. */
const SHORT: Readonly<Record<MessageKind, readonly Driver[]>> = {
  metrics: ["influxdb", "influxdb2", "sqlite"],
  alarms: ["influxdb", "influxdb2", "sqlite"],
  events: ["elasticsearch", "sqlite"],
};

/** The reference's names, without `monasca_persister.repositories.`, in lower case. */
const REFERENCE: Readonly<Record<MessageKind, ReadonlyMap<string, Driver>>> = {
  metrics: new Map([
    ["influxdb.metrics_repository:metricinfluxdbrepository", "influxdb"],
    ["cassandra.metrics_repository:metriccassandrarepository", "cassandra"],
  ]),
  alarms: new Map([
    ["influxdb.alarm_state_history_repository:alarmstatehistinfluxdbrepository", "influxdb"],
    ["cassandra.alarm_state_history_repository:alarmstatehistcassandrarepository", "cassandra"],
  ]),
  events: new Map([
    ["elasticsearch.events_repository:elasticsearcheventsrepository", "elasticsearch"],
  ]),
};

/** The store that `[repositories]` chooses for a kind; undefined after a problem of `values`. */
export function readStore(
  values: OptionValues,
  kind: MessageKind,
  from: StoreSurroundings,
): StoreEndpoint | undefined {
  switch (readDriver(values, kind)) {
    case "influxdb":
      return readInfluxdb(values);
    case "influxdb2":
      return readInfluxdb2(values, from);
    case "sqlite":
      return {
        scheme: "sqlite",
        path: values.text("sqlite", "path") ?? join(from.stateDir, "tpctl.db"),
      };
    case "elasticsearch":
      return readElasticsearch(values);
    default:
      return undefined;
  }
}

function readDriver(values: OptionValues, kind: MessageKind): Driver | undefined {
  const option = OPTION[kind];
  const text = values.text("repositories", option) ?? "";
  const short = SHORT[kind].find((name) => name === text.toLowerCase());
  const name = text.toLowerCase().replace(/^monasca_persister\.repositories\./, "");
  const driver = short ?? REFERENCE[kind].get(name);
  if (driver !== undefined && driver !== "cassandra") return driver;
  const known = SHORT[kind].join(", ");
  const meant = closest(name, [...SHORT[kind], ...REFERENCE[kind].keys()]);
  const hint = meant === undefined || driver === "cassandra" ? "" : ` (did you mean '${meant}'?)`;
  const why = driver === "cassandra" || text.toLowerCase() === "cassandra"
    ? "Cassandra is not supported"
    : `it is no driver for ${kind}${hint}`;
  values.problem(
    "repositories",
    option,
    `Cannot use [repositories] ${option} '${text}': ${why}, expected ${known} or the reference's ` +
      "name of one",
  );
  return undefined;
}

/** Also for a store named by a URL: how requests are cut and tenants kept apart. */
export function influxdbHabits(
  values: OptionValues,
): Pick<
  InfluxdbEndpoint,
  "databasePerTenant" | "newDatabaseRetentionHours" | "requestLinesMax" | "gzip"
> {
  return {
    databasePerTenant: values.bool("influxdb", "db_per_tenant"),
    newDatabaseRetentionHours: values.number("influxdb", "default_retention_hours"),
    requestLinesMax: Math.min(
      values.number("influxdb", "batch_size"),
      values.number("tpctl", "request_lines"),
    ),
    gzip: values.choice("tpctl", "influxdb_gzip", gzipChoices),
  };
}

function readInfluxdb(values: OptionValues): StoreEndpoint | undefined {
  const host = values.host("influxdb", "ip_address");
  const user = values.text("influxdb", "user");
  const password = values.text("influxdb", "password") ?? "";
  const database = values.text("influxdb", "database_name");
  if (host === undefined && values.given("influxdb", "ip_address") === undefined) {
    unset(values, ["influxdb", "ip_address"], "the server's name or address");
  }
  if (database === undefined) unset(values, ["influxdb", "database_name"], "a database");
  const tls: Tls = {
    caFile: values.text("influxdb", "ca_file"),
    certFile: undefined,
    keyFile: undefined,
    verify: values.bool("influxdb", "verify_ssl"),
    verifyGiven: values.given("influxdb", "verify_ssl") !== undefined,
  };
  const endpoint = {
    scheme: "influxdb" as const,
    port: values.port("influxdb", "port"),
    tls: values.bool("influxdb", "ssl") ? tls : undefined,
    credentials: user === undefined ? undefined : { user, password },
    ...influxdbHabits(values),
  };
  return host === undefined || database === undefined ? undefined : { ...endpoint, host, database };
}

/** Also for a store named by a URL, with the token where the environment has none. */
export function influxdb2Habits(
  values: OptionValues,
  from: StoreSurroundings,
): Pick<
  Influxdb2Endpoint,
  "token" | "bucketPerTenant" | "newBucketRetentionHours" | "requestLinesMax" | "gzip"
> {
  const tokenFile = values.text("influxdb2", "token_file");
  const tokenOption = values.text("influxdb2", "token");
  const token = from.secrets.influxToken ??
    (tokenFile === undefined ? tokenOption : from.readSecret(tokenFile));
  return {
    token,
    bucketPerTenant: values.bool("influxdb2", "bucket_per_tenant"),
    newBucketRetentionHours: values.number("influxdb2", "default_retention_hours"),
    requestLinesMax: values.number("tpctl", "request_lines"),
    gzip: values.choice("tpctl", "influxdb_gzip", gzipChoices),
  };
}

function readInfluxdb2(values: OptionValues, from: StoreSurroundings): StoreEndpoint | undefined {
  const url = readInfluxdb2Url(values);
  const bucket = values.text("influxdb2", "bucket");
  if (bucket === undefined) unset(values, ["influxdb2", "bucket"], "a bucket");
  const caFile = values.text("influxdb2", "ca_file");
  const rest = {
    scheme: "influxdb2" as const,
    org: values.text("influxdb2", "org") ?? "",
    ...influxdb2Habits(values, from),
  };
  if (url === undefined || bucket === undefined) return undefined;
  const tls = url.isHttps ? verifyingTls(caFile) : undefined;
  return { ...rest, host: url.host, port: url.port, bucket, tls };
}

function readElasticsearch(values: OptionValues): ElasticsearchEndpoint | undefined {
  const scheme = values.choice("tpctl", "elasticsearch_scheme", ["http", "https"]);
  const user = values.text("tpctl", "elasticsearch_user");
  const password = values.text("tpctl", "elasticsearch_password") ?? "";
  const caFile = values.text("tpctl", "elasticsearch_ca_file");
  const indexPrefix = values.text("elasticsearch", "index_name");
  if (indexPrefix === undefined) unset(values, ["elasticsearch", "index_name"], "a name");
  const endpoint = {
    scheme: "elasticsearch" as const,
    nodes: values.hosts("elasticsearch", "hosts"),
    tls: scheme === "https" ? verifyingTls(caFile) : undefined,
    credentials: user === undefined ? undefined : { user, password },
    apiKey: values.text("tpctl", "elasticsearch_api_key"),
    retriesMax: values.number("elasticsearch", "max_retries"),
  };
  return indexPrefix === undefined ? undefined : { ...endpoint, indexPrefix };
}

/** For a store named by a URL: who to be, where the URL has no user, and the CA, where it has none. */
export function elasticsearchHabits(
  values: OptionValues,
  { credentials, tls }: ElasticsearchEndpoint,
): Pick<ElasticsearchEndpoint, "credentials" | "apiKey" | "tls" | "retriesMax"> {
  const user = values.text("tpctl", "elasticsearch_user");
  const password = values.text("tpctl", "elasticsearch_password") ?? "";
  const apiKey = values.text("tpctl", "elasticsearch_api_key");
  return {
    ...(credentials === undefined
      ? { credentials: user === undefined ? undefined : { user, password }, apiKey }
      : { credentials, apiKey: undefined }),
    tls: withCa(tls, values.text("tpctl", "elasticsearch_ca_file")),
    retriesMax: values.number("elasticsearch", "max_retries"),
  };
}

/** The TLS of a store named by a URL: a CA of its own says all, else [influxdb] does. */
export function influxdbTls(values: OptionValues, tls: Tls | undefined): Tls | undefined {
  if (tls === undefined || tls.caFile !== undefined) return tls;
  return {
    ...tls,
    caFile: values.text("influxdb", "ca_file"),
    verify: values.bool("influxdb", "verify_ssl"),
    verifyGiven: values.given("influxdb", "verify_ssl") !== undefined,
  };
}

/** A URL's TLS, with the file's CA where it names none. */
export function withCa(tls: Tls | undefined, caFile: string | undefined): Tls | undefined {
  return tls && { ...tls, caFile: tls.caFile ?? caFile };
}

function readInfluxdb2Url(
  values: OptionValues,
): (HostPort & { readonly isHttps: boolean }) | undefined {
  const text = values.text("influxdb2", "url") ?? "";
  const parts = /^(https?):\/\/([^/@?#]+)\/?$/i.exec(text);
  const address = parts === null ? undefined : parseHostPort(parts[2] ?? "", 8086);
  if (address !== undefined && "value" in address) {
    return { ...address.value, isHttps: parts?.[1]?.toLowerCase() === "https" };
  }
  const shown = text.replace(/\/\/.*@/, "//");
  const why = "it is not the address of a server, expected http://host:port or https://host:port";
  values.problem("influxdb2", "url", `Cannot use [influxdb2] url '${shown}': ${why}`);
  return undefined;
}

function verifyingTls(caFile: string | undefined): Tls {
  return { caFile, certFile: undefined, keyFile: undefined, verify: true, verifyGiven: true };
}

function unset(
  values: OptionValues,
  [section, name]: readonly [string, string],
  expected: string,
): void {
  const text = `Cannot use the store [${section}]: ${name} is not set, expected ${expected}`;
  values.problem(section, name, text);
}
