/**
 * Pure. The sections by which Monasca Persister reads Kafka: `[kafka]` with the defaults of all, one
 * section per kind of message, and `[zookeeper]`. Names and defaults are the reference's.
 */
import type { Option } from "./option.ts";
import type { MessageKind } from "./persist_config.ts";

/** The section of each kind of message. */
export const KAFKA_SECTIONS: Readonly<Record<MessageKind, string>> = {
  metrics: "kafka_metrics",
  alarms: "kafka_alarm_history",
  events: "kafka_events",
};

interface KindDefaults {
  readonly enabled: string;
  readonly groupId: string;
  readonly topic: string;
  readonly batchSize: string;
}

const KIND_DEFAULTS: Readonly<Record<MessageKind, KindDefaults>> = {
  metrics: { enabled: "true", groupId: "1_metrics", topic: "metrics", batchSize: "20000" },
  alarms: {
    enabled: "true",
    groupId: "1_alarm-state-transitions",
    topic: "alarm-state-transitions",
    batchSize: "1",
  },
  events: { enabled: "false", groupId: "1_events", topic: "monevents", batchSize: "1" },
};

/** All five sections. */
export const KAFKA_OPTIONS: readonly Option[] = [
  ...commonOptions("kafka"),
  ...kindOptions("metrics"),
  ...kindOptions("alarms"),
  ...kindOptions("events"),
  ...zookeeperOptions(),
];

function kindOptions(kind: MessageKind): readonly Option[] {
  const section = KAFKA_SECTIONS[kind];
  const defaults = KIND_DEFAULTS[kind];
  const used = { section, meaning: "used" } as const;
  return [
    {
      ...used,
      name: "enabled",
      kind: "bool",
      default: defaults.enabled,
      help: `Whether ${kind} are read.`,
    },
    {
      ...used,
      name: "uri",
      kind: "hosts",
      default: "127.0.0.1:9092",
      help: "The brokers to begin with, as host:port, separated by commas.",
    },
    {
      ...used,
      name: "group_id",
      kind: "string",
      default: defaults.groupId,
      help: "The consumer group whose offsets are read and committed.",
    },
    {
      ...used,
      name: "topic",
      kind: "string",
      default: defaults.topic,
      help: "The topic that is read.",
    },
    {
      ...used,
      name: "batch_size",
      kind: "int",
      min: 1,
      default: defaults.batchSize,
      unit: "messages",
      help: "The upper bound of what is gathered before a write; more that waits goes along.",
    },
    { ...used, meaning: "none", name: "zookeeper_path", kind: "string", help: "Zookeeper's." },
    ...commonOptions(section),
  ];
}

/** In `[kafka]` the defaults, elsewhere references to them. */
function commonOptions(section: string): readonly Option[] {
  const byDefault = (name: string, text: string) => section === "kafka" ? text : `$kafka.${name}`;
  const used = { section, meaning: "used" } as const;
  const none = { section, meaning: "none", kind: "string" } as const;
  return [
    {
      ...used,
      name: "num_processors",
      kind: "int",
      default: byDefault("num_processors", "1"),
      unit: "processes",
      help: "How many members of the group run here; 0 turns the topic off.",
    },
    {
      ...used,
      name: "max_wait_time_seconds",
      kind: "int",
      min: 0,
      default: byDefault("max_wait_time_seconds", "30"),
      unit: "s",
      help: "The upper bound of the time that messages are gathered before a write.",
    },
    { ...none, name: "consumer_id", help: "A name within the reference." },
    { ...none, name: "client_id", help: "A name within the reference." },
    { ...none, name: "fetch_size_bytes", help: "Fetches are sized by what is there." },
    { ...none, name: "buffer_size", help: "The reference's client's." },
    { ...none, name: "max_buffer_size", help: "The reference's client's." },
    { ...none, name: "legacy_kafka_client_enabled", help: "The reference's choice of a client." },
  ];
}

function zookeeperOptions(): readonly Option[] {
  const none = { section: "zookeeper", meaning: "none", kind: "string" } as const;
  return [
    { ...none, name: "uri", help: "Brokers need no Zookeeper from their clients." },
    { ...none, name: "partition_interval_recheck_seconds", help: "Zookeeper's." },
  ];
}
