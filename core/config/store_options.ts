/**
 * Pure. The sections by which Monasca Persister chooses and reaches its stores, with the reference's
 * names and defaults, and our own beside them.
 */
import type { Option } from "./option.ts";

/** The reference's class for metrics; its defaults for the others stand below. */
const METRICS_DRIVER =
  "monasca_persister.repositories.influxdb.metrics_repository:MetricInfluxdbRepository";
const ALARMS_DRIVER =
  "monasca_persister.repositories.influxdb.alarm_state_history_repository:AlarmStateHistInfluxdbRepository";
const EVENTS_DRIVER =
  "monasca_persister.repositories.elasticsearch.events_repository:ElasticSearchEventsRepository";

const repositories = { section: "repositories", meaning: "used", kind: "string" } as const;
const influxdb = { section: "influxdb", meaning: "used" } as const;
const influxdb2 = { section: "influxdb2", meaning: "used", ours: true } as const;
const elasticsearch = { section: "elasticsearch", meaning: "used" } as const;
const tpctl = { section: "tpctl", meaning: "used", ours: true } as const;

/** Which store each kind of message goes to. */
export const REPOSITORY_OPTIONS: readonly Option[] = [
  {
    ...repositories,
    name: "metrics_driver",
    default: METRICS_DRIVER,
    help: "The store of metrics: the reference's name, or influxdb, influxdb2, sqlite.",
  },
  {
    ...repositories,
    name: "alarm_state_history_driver",
    default: ALARMS_DRIVER,
    help: "The store of alarm transitions: the reference's name, or influxdb, influxdb2, sqlite.",
  },
  {
    ...repositories,
    name: "events_driver",
    default: EVENTS_DRIVER,
    help: "The store of events: the reference's name, or elasticsearch, sqlite.",
  },
  {
    ...repositories,
    meaning: "none",
    name: "ignore_parse_point_error",
    help: "What a store refuses is dead-lettered with the reason.",
  },
];

/** InfluxDB 1.x. */
export const INFLUXDB_OPTIONS: readonly Option[] = [
  {
    ...influxdb,
    name: "database_name",
    kind: "string",
    default: "mon",
    help: "The database, or the first part of its name with db_per_tenant.",
  },
  {
    ...influxdb,
    name: "db_per_tenant",
    kind: "bool",
    default: "false",
    help: "Metrics and alarms go to <database_name>_<tenant id>.",
  },
  {
    ...influxdb,
    name: "default_retention_hours",
    kind: "int",
    min: 0,
    default: "0",
    unit: "h",
    help: "The retention of a database that tpctl creates; 0 is the server's own.",
  },
  {
    ...influxdb,
    name: "batch_size",
    kind: "int",
    min: 1,
    default: "10000",
    unit: "lines",
    help: "The upper bound of a request; [tpctl] request_lines counts if it is lower.",
  },
  { ...influxdb, name: "ip_address", kind: "host", help: "The server's name or address." },
  { ...influxdb, name: "port", kind: "port", default: "8086", help: "The server's port." },
  { ...influxdb, name: "ssl", kind: "bool", default: "false", help: "Talks https." },
  {
    ...influxdb,
    name: "verify_ssl",
    kind: "bool",
    default: "true",
    help: "Whether the server's certificate must verify (the reference's default is false).",
  },
  {
    ...influxdb,
    ours: true,
    name: "ca_file",
    kind: "path",
    help: "The CA bundle that the server's certificate verifies against, the system's if not set.",
  },
  {
    ...influxdb,
    name: "user",
    kind: "string",
    default: "mon_persister",
    help: "The user; empty sends none.",
  },
  { ...influxdb, name: "password", kind: "secret", help: "The user's password." },
];

/** InfluxDB 2.x and 3.x. */
export const INFLUXDB2_OPTIONS: readonly Option[] = [
  {
    ...influxdb2,
    name: "url",
    kind: "string",
    default: "http://127.0.0.1:8086",
    help: "The server, http://host:port or https://host:port.",
  },
  {
    ...influxdb2,
    name: "ca_file",
    kind: "path",
    help: "The CA bundle that the server's certificate verifies against, the system's if not set.",
  },
  { ...influxdb2, name: "org", kind: "string", help: "The organization." },
  {
    ...influxdb2,
    name: "bucket",
    kind: "string",
    default: "mon",
    help: "The bucket, or the first part of its name with bucket_per_tenant.",
  },
  {
    ...influxdb2,
    name: "bucket_per_tenant",
    kind: "bool",
    default: "false",
    help: "Metrics and alarms go to <bucket>_<tenant id>.",
  },
  {
    ...influxdb2,
    name: "default_retention_hours",
    kind: "int",
    min: 0,
    default: "0",
    unit: "h",
    help: "The retention of a bucket that tpctl creates; 0 is for ever.",
  },
  {
    ...influxdb2,
    name: "token",
    kind: "secret",
    help: "The token; TPCTL_INFLUX_TOKEN and token_file count before it.",
  },
  { ...influxdb2, name: "token_file", kind: "path", help: "A file that holds the token." },
];

/** Elasticsearch and OpenSearch; what the reference lacks stands in [tpctl]. */
export const ELASTICSEARCH_OPTIONS: readonly Option[] = [
  {
    ...elasticsearch,
    name: "index_name",
    kind: "string",
    default: "events",
    help: "The first part of the indices' names: <index_name>-<project>-<yyyy-mm-dd>.",
  },
  {
    ...elasticsearch,
    name: "hosts",
    kind: "hosts",
    default: "localhost:9200",
    defaultPort: 9200,
    help: "The nodes, as host:port, separated by commas.",
  },
  {
    ...elasticsearch,
    name: "max_retries",
    kind: "int",
    min: 1,
    default: "3",
    help: "On how many nodes more a request is tried before the store counts as away.",
  },
  { ...elasticsearch, meaning: "none", name: "sniff_on_start", kind: "bool", help: "Sniffing." },
  {
    ...elasticsearch,
    meaning: "none",
    name: "sniff_on_connection_fail",
    kind: "bool",
    help: "Sniffing.",
  },
  { ...elasticsearch, meaning: "none", name: "sniffer_timeout", kind: "int", help: "Sniffing." },
  {
    ...tpctl,
    name: "elasticsearch_scheme",
    kind: "choice",
    choices: ["http", "https"],
    default: "http",
    help: "How the nodes are talked to.",
  },
  { ...tpctl, name: "elasticsearch_user", kind: "string", help: "The user." },
  { ...tpctl, name: "elasticsearch_password", kind: "secret", help: "The user's password." },
  {
    ...tpctl,
    name: "elasticsearch_api_key",
    kind: "secret",
    help: "The API key in its encoded form; it counts before the user.",
  },
  {
    ...tpctl,
    name: "elasticsearch_ca_file",
    kind: "path",
    help: "The CA bundle that the nodes' certificates verify against, the system's if not set.",
  },
];

/** SQLite. */
export const SQLITE_OPTIONS: readonly Option[] = [
  {
    section: "sqlite",
    name: "path",
    kind: "path",
    meaning: "used",
    ours: true,
    help: "The database file; not set: tpctl.db in [tpctl] state_dir.",
  },
];

/** Only read when the cassandra driver is chosen, which is an error until it is supported. */
export const CASSANDRA_OPTIONS: readonly Option[] = [
  "contact_points port keyspace user password connection_timeout read_timeout max_write_retries",
  "max_definition_cache_size retention_policy consistency_level local_data_center max_batches",
].join(" ").split(" ").map((name): Option => ({
  section: "cassandra",
  name,
  kind: name === "password" ? "secret" : "string",
  meaning: "none",
  help: "For the cassandra driver, which is not supported.",
}));
