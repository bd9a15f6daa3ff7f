/**
 * Pure. All options of `tpctl persist` in one table, in the order in which they are documented. The
 * reading of them is read_persist_config.ts.
 */
import { daemonOptions, OSLO_CONFIG_OPTIONS } from "./daemon_options.ts";
import { gzipChoices } from "./endpoint.ts";
import { KAFKA_OPTIONS } from "./kafka_options.ts";
import { KAFKA_SECURITY_OPTIONS } from "./kafka_security.ts";
import { LOG_OPTIONS } from "./log_options.ts";
import type { Option } from "./option.ts";
import { offsetsOutOfRange } from "./persist_config.ts";
import {
  CASSANDRA_OPTIONS,
  ELASTICSEARCH_OPTIONS,
  INFLUXDB2_OPTIONS,
  INFLUXDB_OPTIONS,
  REPOSITORY_OPTIONS,
  SQLITE_OPTIONS,
} from "./store_options.ts";

const tpctl = { section: "tpctl", meaning: "used", ours: true } as const;

const DELIVERY_OPTIONS: readonly Option[] = [
  {
    ...tpctl,
    name: "request_lines",
    kind: "int",
    min: 1,
    max: 1_000_000,
    default: "5000",
    unit: "lines",
    help: "The upper bound of the lines in one request to an InfluxDB.",
  },
  {
    ...tpctl,
    name: "influxdb_gzip",
    kind: "choice",
    choices: gzipChoices,
    default: "auto",
    help: "Whether requests to an InfluxDB are gzipped; auto: not to this machine.",
  },
  {
    ...tpctl,
    name: "linger_ms",
    kind: "int",
    min: 0,
    max: 60_000,
    default: "200",
    unit: "ms",
    help: "How long a batch that is not full waits for more messages.",
  },
  {
    ...tpctl,
    name: "offset_out_of_range",
    kind: "choice",
    choices: offsetsOutOfRange,
    default: "earliest",
    help: "Where to go on when a committed offset no longer exists on the broker.",
  },
];

/** The table. */
export const PERSIST_OPTIONS: readonly Option[] = [
  ...OSLO_CONFIG_OPTIONS,
  ...LOG_OPTIONS,
  ...KAFKA_OPTIONS,
  ...KAFKA_SECURITY_OPTIONS,
  ...REPOSITORY_OPTIONS,
  ...INFLUXDB_OPTIONS,
  ...INFLUXDB2_OPTIONS,
  ...SQLITE_OPTIONS,
  ...ELASTICSEARCH_OPTIONS,
  ...CASSANDRA_OPTIONS,
  ...daemonOptions("127.0.0.1:9127"),
  ...DELIVERY_OPTIONS,
];
