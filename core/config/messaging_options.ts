/**
 * Pure. oslo.messaging's sections as options: `[oslo_messaging_notifications]`,
 * `[oslo_messaging_rabbit]`, `[oslo_messaging_kafka]` and the transport URL. Names and defaults are
 * the library's, but for the prefetch, which it leaves unbounded. Reading is read_messaging.ts.
 */
import type { Option } from "./option.ts";
import { failoverStrategies, kafkaCodecs, loginMethods } from "./pipeline_config.ts";
import { sslVersions } from "./pipeline_config.ts";

const rabbit = { section: "oslo_messaging_rabbit", meaning: "used" } as const;
const kafka = { section: "oslo_messaging_kafka", meaning: "used" } as const;
const notifications = { section: "oslo_messaging_notifications", meaning: "used" } as const;

/** What `rabbit_qos_prefetch_count` is where nothing else is said, and instead of no bound. */
export const prefetchDefault = 100;

const KAFKA_PROTOCOLS = ["PLAINTEXT", "SASL_PLAINTEXT", "SSL", "SASL_SSL"] as const;

/** The values of `[oslo_messaging_kafka] security_protocol`. */
export const kafkaProtocols: readonly (typeof KAFKA_PROTOCOLS[number])[] = KAFKA_PROTOCOLS;

const TRANSPORT_OPTIONS: readonly Option[] = [
  {
    section: "DEFAULT",
    meaning: "used",
    name: "transport_url",
    kind: "secret",
    help: "The messaging system where no other option names one, as rabbit:// or kafka://.",
  },
  {
    section: "DEFAULT",
    meaning: "used",
    name: "control_exchange",
    kind: "string",
    default: "ceilometer",
    help: "The exchange that the notifier publisher sends to.",
  },
  {
    ...notifications,
    name: "transport_url",
    kind: "secret",
    help: "The messaging system that notifications are read from; wins over [DEFAULT].",
    deprecated: [{ section: "DEFAULT", name: "notification_transport_url" }],
  },
  {
    ...notifications,
    name: "topics",
    kind: "list",
    default: "notifications",
    help: "The topics that are read.",
    deprecated: [{ section: "DEFAULT", name: "notification_topics" }],
  },
  ...nones("oslo_messaging_notifications", ["driver", "retry"]),
  ...nones("DEFAULT", ["rpc_response_timeout", "executor_thread_pool_size", "rpc_ping_enabled"]),
];

const RABBIT_TLS_OPTIONS: readonly Option[] = [
  {
    ...rabbit,
    name: "ssl",
    kind: "bool",
    default: "false",
    help: "Whether the brokers speak TLS.",
  },
  {
    ...rabbit,
    name: "ssl_ca_file",
    kind: "path",
    help: "The CA bundle that the brokers' certificates verify against, the system's if not set.",
  },
  {
    ...rabbit,
    name: "ssl_cert_file",
    kind: "path",
    help: "The client certificate for mutual TLS.",
  },
  { ...rabbit, name: "ssl_key_file", kind: "path", help: "The key of the client certificate." },
  {
    ...rabbit,
    name: "ssl_enforce_hostname_verification",
    kind: "bool",
    default: "true",
    help: "False: with ssl_ca_file any name in a certificate will do, without it any certificate.",
  },
  {
    ...rabbit,
    name: "ssl_version",
    kind: "choice",
    choices: sslVersions,
    default: "",
    help: "The version of TLS; empty or SSLv23: the best that both sides know.",
  },
];

const RABBIT_QUEUE_OPTIONS: readonly Option[] = [
  {
    ...rabbit,
    name: "amqp_durable_queues",
    kind: "bool",
    default: "false",
    help: "Whether queues and exchanges are declared durable.",
    deprecated: [{ section: "DEFAULT", name: "amqp_durable_queues" }],
  },
  {
    ...rabbit,
    name: "amqp_auto_delete",
    kind: "bool",
    default: "false",
    help: "Whether queues and exchanges are declared auto-delete.",
  },
  {
    ...rabbit,
    name: "rabbit_quorum_queue",
    kind: "bool",
    default: "false",
    help: "Whether queues are declared as quorum queues, which are always durable.",
  },
  ...[
    ["rabbit_quorum_delivery_limit", "deliveries"] as const,
    ["rabbit_quorum_max_memory_length", "messages"] as const,
    ["rabbit_quorum_max_memory_bytes", "bytes"] as const,
  ].map(([name, unit]): Option => ({
    ...rabbit,
    name,
    kind: "int",
    min: 0,
    default: "0",
    unit,
    // How oslo.messaging wrote two of them until somebody noticed.
    deprecated: name.includes("max_memory") ? [{ name: name.replace("quorum", "quroum") }] : [],
    help: "The bound of a quorum queue of this name; 0 sets none.",
  })),
  {
    ...rabbit,
    name: "rabbit_ha_queues",
    kind: "bool",
    default: "false",
    help: "Whether queues are declared with x-ha-policy all.",
  },
];

const RABBIT_CONNECTION_OPTIONS: readonly Option[] = [
  {
    ...rabbit,
    name: "rabbit_login_method",
    kind: "choice",
    choices: loginMethods,
    default: "AMQPLAIN",
    help: "How tpctl logs in.",
  },
  {
    ...rabbit,
    name: "rabbit_qos_prefetch_count",
    kind: "int",
    min: 0,
    max: 65535,
    default: String(prefetchDefault),
    unit: "messages",
    help:
      "How many messages a consumer may hold; 0 is taken as the default, so that memory is bounded.",
  },
  ...seconds(
    "heartbeat_timeout_threshold",
    "60",
    "A broker that is silent this long is gone; 0: never.",
  ),
  {
    ...rabbit,
    name: "heartbeat_rate",
    kind: "int",
    min: 1,
    default: "3",
    help: "How often the heartbeat is looked at within the threshold.",
  },
  ...seconds("rabbit_retry_interval", "1", "The first wait before connecting again."),
  ...seconds("rabbit_retry_backoff", "2", "How much longer each further wait is."),
  ...seconds("rabbit_interval_max", "30", "The longest wait before connecting again."),
  {
    ...rabbit,
    name: "kombu_reconnect_delay",
    kind: "float",
    min: 0,
    default: "1.0",
    unit: "s",
    help: "The wait after the broker has cancelled a consumer.",
  },
  {
    ...rabbit,
    name: "kombu_compression",
    kind: "choice",
    choices: ["gzip", "bz2", ""],
    default: "",
    help: "How messages that are sent are compressed.",
  },
  {
    ...rabbit,
    name: "kombu_failover_strategy",
    kind: "choice",
    choices: failoverStrategies,
    default: "round-robin",
    help: "How the next broker is chosen when one is gone.",
  },
  ...nones("oslo_messaging_rabbit", [
    "rpc_conn_pool_size",
    "conn_pool_min_size",
    "conn_pool_ttl",
    "ssl_enforce_fips_mode",
    "kombu_reconnect_splay",
    "kombu_missing_consumer_retry_timeout",
    "rabbit_transient_quorum_queue",
    "rabbit_transient_queues_ttl",
    "direct_mandatory_flag",
    "enable_cancel_on_failover",
    "use_queue_manager",
    "hostname",
    "processname",
    "rabbit_stream_fanout",
    "heartbeat_in_pthread",
    "fake_rabbit",
  ]),
];

const KAFKA_INPUT_OPTIONS: readonly Option[] = [
  {
    ...kafka,
    name: "consumer_group",
    kind: "string",
    default: "oslo_messaging_consumer",
    help: "The consumer group whose offsets are read and committed.",
  },
  {
    ...kafka,
    name: "kafka_max_fetch_bytes",
    kind: "int",
    min: 1,
    default: "1048576",
    unit: "bytes",
    help:
      "The upper bound of what is fetched of a partition at once; beyond 524288 without effect.",
  },
  {
    ...kafka,
    name: "security_protocol",
    kind: "choice",
    choices: KAFKA_PROTOCOLS,
    default: "PLAINTEXT",
    help: "How the brokers are talked to; with SASL the transport URL has user and password.",
  },
  {
    ...kafka,
    name: "sasl_mechanism",
    kind: "choice",
    choices: ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"],
    default: "PLAIN",
    help: "How tpctl proves who it is.",
  },
  {
    ...kafka,
    name: "ssl_cafile",
    kind: "path",
    help: "The CA bundle that the brokers' certificates verify against, the system's if not set.",
  },
  { ...kafka, name: "ssl_client_cert_file", kind: "path", help: "The client certificate." },
  { ...kafka, name: "ssl_client_key_file", kind: "path", help: "The client certificate's key." },
  {
    ...kafka,
    meaning: "unsupported",
    name: "ssl_client_key_password",
    kind: "secret",
    help: "The password of the key; give a key without one.",
  },
  {
    ...kafka,
    name: "compression_codec",
    kind: "choice",
    choices: kafkaCodecs,
    default: "none",
    help: "How messages that are sent are compressed.",
  },
  ...nones("oslo_messaging_kafka", [
    "kafka_consumer_timeout",
    "producer_batch_timeout",
    "producer_batch_size",
    "enable_auto_commit",
    "max_poll_records",
    "pool_size",
    "conn_pool_min_size",
    "conn_pool_ttl",
  ]),
];

/** All of it, in the order in which it is documented. */
export const MESSAGING_OPTIONS: readonly Option[] = [
  ...TRANSPORT_OPTIONS,
  ...RABBIT_TLS_OPTIONS,
  ...RABBIT_QUEUE_OPTIONS,
  ...RABBIT_CONNECTION_OPTIONS,
  ...KAFKA_INPUT_OPTIONS,
];

function seconds(name: string, defaultText: string, help: string): Option[] {
  return [{ ...rabbit, name, kind: "int", min: 0, default: defaultText, unit: "s", help }];
}

/** Options of the reference that have no meaning here. */
export function nones(section: string, names: readonly string[]): Option[] {
  return names.map((name) => (
    { section, name, kind: "string", meaning: "none", help: "The reference's own machinery." }
  ));
}
