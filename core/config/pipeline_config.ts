/**
 * Pure. What `tpctl pipeline` runs by, as one plain object: ceilometer.conf, the command line and the
 * environment together, checked and with their units. Made by read_pipeline_config.ts; what the YAML
 * files say is core/pipeline's and core/events' business.
 */
import type { ConfigNotice } from "./check_options.ts";
import type { Place } from "../errors.ts";
import type { AmqpHost, FileEndpoint, KafkaSecurity, Tls } from "./endpoint.ts";
import type { HostPort } from "./endpoint.ts";
import type { KeystoneConfig } from "./keystone_config.ts";
import type { LogConfig } from "./log_config.ts";
import type { MonascaConfig } from "./monasca_options.ts";
import type { DaemonConfig } from "./persist_config.ts";
import type { Secrets } from "./url_parts.ts";

/** Which of the two pipelines are turned on (`[notification] pipelines`). */
export type PipelineName = "meter" | "event";

/** What a publisher does while its far end is down. */
export type PublisherPolicy = typeof publisherPolicies[number];

/** All policies, for options and texts. */
export const publisherPolicies = ["spool", "block", "queue", "drop"] as const;

/** A RabbitMQ cluster, as a transport URL names it. */
export interface RabbitTransport {
  readonly driver: "rabbit";
  /** Tried in turn, in the order of the URL. */
  readonly hosts: readonly AmqpHost[];
  /** As on the wire; "/" where the URL has no path or only a slash. */
  readonly vhost: string;
  /** `ssl=` and such of the URL win over `[oslo_messaging_rabbit]`. */
  readonly tls: Tls | undefined;
  /** `ssl_version`: this one and no other; left out: what both sides know best. */
  readonly tlsVersion?: "TLSv1" | "TLSv1.1" | "TLSv1.2";
  /** `ssl_enforce_hostname_verification`; left out: true. */
  readonly verifyHostname?: boolean;
}

/** A Kafka cluster, as a transport URL names it. */
export interface KafkaTransport {
  readonly driver: "kafka";
  readonly brokers: readonly HostPort[];
  /** The topic that `--from` names; undefined: `<topic>.<priority>` for each topic and priority. */
  readonly topic: string | undefined;
  readonly security: KafkaSecurity;
}

/** One messaging system to read notifications from or to write to. */
export type MessagingTransport = RabbitTransport | KafkaTransport;

/** `[oslo_messaging_rabbit]`, times in milliseconds. */
export interface RabbitOptions {
  readonly durableQueues: boolean;
  readonly autoDelete: boolean;
  readonly quorumQueue: boolean;
  /** 0: no limit, for all three. */
  readonly quorumDeliveryLimit: number;
  readonly quorumMemoryLengthMax: number;
  readonly quorumMemoryBytesMax: number;
  readonly haQueues: boolean;
  readonly loginMethod: typeof loginMethods[number];
  /** At least 1: memory stays bounded. */
  readonly prefetchCount: number;
  /** 0: no heartbeats. */
  readonly heartbeatMs: number;
  /** Looks at the heartbeat this many times within `heartbeatMs`. */
  readonly heartbeatRate: number;
  readonly retryIntervalMs: number;
  readonly retryBackoffMs: number;
  readonly retryIntervalMaxMs: number;
  readonly reconnectDelayMs: number;
  readonly compression: "gzip" | "bz2" | undefined;
  readonly failoverStrategy: typeof failoverStrategies[number];
}

/** The values of `[oslo_messaging_rabbit] ssl_version`. */
export const sslVersions = ["", "SSLv23", "TLSv1", "TLSv1_1", "TLSv1_2"] as const;

/** How to log in to RabbitMQ. */
export const loginMethods = ["PLAIN", "AMQPLAIN", "EXTERNAL", "RABBIT-CR-DEMO"] as const;

/** How the next host of a cluster is chosen. */
export const failoverStrategies = ["round-robin", "shuffle"] as const;

/** `[oslo_messaging_kafka]` besides the security, which is in the transport. */
export interface KafkaInputOptions {
  readonly group: string;
  readonly fetchBytesMax: number;
}

/** Codecs that `[oslo_messaging_kafka] compression_codec` names. */
export const kafkaCodecs = ["none", "gzip", "snappy", "lz4", "zstd"] as const;

/** Where notifications come from. */
export interface NotificationInput {
  /** `--from`: a file or stdin instead of the buses; undefined: the buses. */
  readonly file: FileEndpoint | undefined;
  /** Each is read side by side. Empty only where `file` is given. */
  readonly transports: readonly MessagingTransport[];
  readonly exchanges: readonly string[];
  readonly topics: readonly string[];
  readonly rabbit: RabbitOptions;
  readonly kafka: KafkaInputOptions;
  /** Notifications gathered before they are handled, and how long they are waited for. */
  readonly batch: { readonly messagesMax: number; readonly waitMs: number };
  /** False: an event that cannot be made is requeued once before it is dead-lettered. */
  readonly ackOnEventError: boolean;
}

/** The definition files as named; finding and reading them is definition_files.ts. */
export interface DefinitionConfig {
  /** `given`: by the operator, so that a missing file is an error. */
  readonly pipelineFile: NamedFile;
  readonly eventPipelineFile: NamedFile;
  readonly eventDefinitionsFile: NamedFile;
  /** Undefined: /etc/ceilometer/meters.d and then the built-in definitions. */
  readonly meterFolders: readonly NamedFile[] | undefined;
  readonly dropUnmatchedNotifications: boolean;
  /** Lower-case priorities. */
  readonly storeRaw: readonly string[];
  /** Where relative names are searched, in order. */
  readonly searchFolders: readonly string[];
  readonly ignoreBadPublishers: boolean;
}

/** A path as configured. */
export interface NamedFile {
  readonly path: string;
  readonly given: boolean;
  /** Where in a configuration file. */
  readonly place?: Place | undefined;
}

/** What goes into samples besides the notification. */
export interface SampleConfig {
  readonly host: string;
  readonly source: string;
  readonly reservedNamespaces: readonly string[];
  readonly reservedLengthMax: number;
  readonly reservedKeys: readonly string[];
  /** Names of users and projects are asked of Keystone. */
  readonly identityNameDiscovery: boolean;
}

/** `[publisher_notifier]` and the transport that `notifier://` without a host uses. */
export interface NotifierConfig {
  readonly meteringTopic: string;
  readonly eventTopic: string;
  readonly driver: typeof notifierDrivers[number];
  readonly exchange: string;
  /** Undefined: nothing is configured, a notifier URL must name its broker. */
  readonly transport: MessagingTransport | undefined;
  readonly rabbit: RabbitOptions;
}

/** How `[publisher_notifier] telemetry_driver` sends. */
export const notifierDrivers = ["messagingv2", "messaging", "log", "noop"] as const;

/** `[gnocchi]` and what of `[tpctl]` concerns it. */
export interface GnocchiConfig {
  /** Key of `PublisherSettings.keystone`. */
  readonly authSection: string;
  readonly createResourceTypes: boolean;
}

/** What publishers are given of ceilometer.conf, all of it typed. */
export interface PublisherSettings {
  /** `[publisher] telemetry_secret`; "": signatures are empty. */
  readonly telemetrySecret: string;
  /** `[DEFAULT] host`. */
  readonly host: string;
  /** `[DEFAULT] max_parallel_requests`: connections of an HTTP publisher. */
  readonly parallelRequestsMax: number;
  /** Credentials by section: service_credentials and what the auth_sections name. */
  readonly keystone: ReadonlyMap<string, KeystoneConfig>;
  readonly gnocchi: GnocchiConfig;
  readonly zaqar: { readonly authSection: string };
  readonly monasca: MonascaConfig;
  readonly notifier: NotifierConfig;
  /** TLS and SASL for `kafka://` publishers, `[oslo_messaging_kafka]`. */
  readonly kafkaSecurity: KafkaSecurity;
  readonly kafkaCodec: typeof kafkaCodecs[number];
  /** For what the URLs of stores and of Kafka leave out. */
  readonly secrets: Secrets;
  /** Where relative files of publisher options are searched, in order. */
  readonly searchFolders: readonly string[];
}

/** What happens while a far end is down. */
export interface PolicyConfig {
  readonly policy: PublisherPolicy;
  /** Schemes that have one of their own; `udp` has `drop` unless the file says otherwise. */
  readonly byScheme: ReadonlyMap<string, PublisherPolicy>;
  readonly spoolBytesMax: number;
}

/** Everything that one run of `tpctl pipeline` goes by. */
export interface PipelineConfig extends DaemonConfig {
  /** Configuration files in the order they were read. */
  readonly files: readonly string[];
  readonly pipelines: readonly PipelineName[];
  /** Processes, `[notification] workers`. */
  readonly workers: number;
  readonly input: NotificationInput;
  readonly definitions: DefinitionConfig;
  readonly samples: SampleConfig;
  readonly publishers: PublisherSettings;
  readonly policies: PolicyConfig;
  readonly log: LogConfig;
  /** To be said once at start. */
  readonly notices: readonly ConfigNotice[];
}
