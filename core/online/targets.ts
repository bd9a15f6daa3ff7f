/**
 * Pure. What a configuration connects to, with the place of the option or URL that each part of it comes
 * from: Monasca Persister's and Ceilometer's alike.
 */
import { queueNames } from "../amqp/topology.ts";
import type { KafkaEndpoint, StoreEndpoint } from "../config/endpoint.ts";
import { KAFKA_SECTIONS } from "../config/kafka_options.ts";
import { defaultAuthSection } from "../config/keystone_options.ts";
import type { OptionValues } from "../config/option_values.ts";
import type { PersistConfig, PersistInput } from "../config/persist_config.ts";
import type { MessagingTransport, PipelineConfig } from "../config/pipeline_config.ts";
import type { PublisherSettings } from "../config/pipeline_config.ts";
import { ConfigError, ConfigErrors, type Place } from "../errors.ts";
import type { PipelineFile, PublisherReference } from "../pipeline/pipeline.ts";
import type { PublisherKind } from "../pipeline/publisher.ts";
import { priorities } from "../amqp/topology.ts";
import type { FarEnd } from "./far_end.ts";
import type { About } from "./remark.ts";

/** A far end, and where the configuration speaks of it. */
export interface Target {
  readonly farEnd: FarEnd;
  /** Undefined where only defaults do. */
  place(about: About): Place | undefined;
}

/** Options of which the first that is given is the place. */
type Options = readonly (readonly [section: string, name: string])[];

type Places = Readonly<Record<About, Options>>;

const kafkaCredentials: Options = [
  ["kafka_security", "sasl_password"],
  ["kafka_security", "sasl_username"],
  ["kafka_security", "security_protocol"],
];

const storePlaces: Readonly<Record<"influxdb" | "influxdb2" | "elasticsearch", Places>> = {
  influxdb: {
    address: [["influxdb", "ip_address"], ["influxdb", "port"]],
    credentials: [["influxdb", "password"], ["influxdb", "user"], ["influxdb", "ip_address"]],
    name: [["influxdb", "database_name"], ["influxdb", "ip_address"]],
  },
  influxdb2: {
    address: [["influxdb2", "url"]],
    credentials: [["influxdb2", "token_file"], ["influxdb2", "token"], ["influxdb2", "url"]],
    name: [["influxdb2", "bucket"], ["influxdb2", "org"], ["influxdb2", "url"]],
  },
  elasticsearch: {
    address: [["elasticsearch", "hosts"]],
    credentials: [
      ["tpctl", "elasticsearch_api_key"],
      ["tpctl", "elasticsearch_password"],
      ["tpctl", "elasticsearch_user"],
      ["elasticsearch", "hosts"],
    ],
    name: [["elasticsearch", "index_name"], ["elasticsearch", "hosts"]],
  },
};

/** Of `persist`: the topics that it reads, the stores that it writes. */
export function persistTargets(
  { inputs, deadLetterTopic }: PersistConfig,
  values: OptionValues,
): Target[] {
  const letters = inputs.find(({ source }) => source.scheme === "kafka")?.source;
  return [
    ...inputs.flatMap((input) => [...sourceTarget(input, values), ...storeTarget(input, values)]),
    ...(deadLetterTopic === undefined || letters?.scheme !== "kafka" ? [] : [
      letterTarget(letters, deadLetterTopic, values),
    ]),
  ];
}

function sourceTarget({ kind, source }: PersistInput, values: OptionValues): Target[] {
  if (source.scheme !== "kafka") return [];
  const section = KAFKA_SECTIONS[kind];
  const { brokers, security, topic } = source;
  return [target(
    { kind: "kafka", brokers, security, topics: [topic], anyTopic: false },
    values,
    {
      address: [[section, "uri"]],
      credentials: [...kafkaCredentials, [section, "uri"]],
      name: [[section, "topic"], [section, "uri"]],
    },
  )];
}

function letterTarget(
  { brokers, security }: Pick<KafkaEndpoint, "brokers" | "security">,
  topic: string,
  values: OptionValues,
): Target {
  const here: Options = [["tpctl", "dead_letter_topic"]];
  const farEnd = { kind: "kafka", brokers, security, topics: [topic], anyTopic: false } as const;
  return target(farEnd, values, { address: here, credentials: here, name: here });
}

function storeTarget({ store }: PersistInput, values: OptionValues): Target[] {
  const farEnd = storeFarEnd(store);
  if (farEnd === undefined) return [];
  const { scheme } = farEnd.endpoint;
  return [target(farEnd, values, storePlaces[scheme])];
}

function storeFarEnd(
  store: StoreEndpoint,
): Extract<FarEnd, { kind: "influxdb" | "elasticsearch" }> | undefined {
  if (store.scheme === "influxdb" || store.scheme === "influxdb2") {
    return { kind: "influxdb", endpoint: store };
  }
  if (store.scheme === "elasticsearch") return { kind: "elasticsearch", endpoint: store };
  return undefined;
}

function target(farEnd: FarEnd, values: OptionValues, places: Places): Target {
  const place = (about: About): Place | undefined =>
    [...places[about], ...places.address].map(([section, name]) => values.given(section, name))
      .find((found) => found !== undefined);
  return { farEnd, place };
}

const transportPlaces: Places = {
  address: [
    ["notification", "messaging_urls"],
    ["oslo_messaging_notifications", "transport_url"],
    ["DEFAULT", "transport_url"],
  ],
  credentials: [],
  name: [
    ["notification", "notification_control_exchanges"],
    ["oslo_messaging_notifications", "topics"],
  ],
};

/** Of `pipeline` besides its publishers: the buses, and Keystone where names are asked for. */
export function pipelineTargets(config: PipelineConfig, values: OptionValues): Target[] {
  const { input, samples, publishers, deadLetterTopic } = config;
  const kafka = input.transports.find(({ driver }) => driver === "kafka");
  const buses = [
    ...input.transports.map((transport) =>
      target(busFarEnd(transport, config), values, transportPlaces)
    ),
    ...(deadLetterTopic === undefined || kafka?.driver !== "kafka"
      ? []
      : [letterTarget(kafka, deadLetterTopic, values)]),
  ];
  const credentials = publishers.keystone.get(defaultAuthSection);
  if (!samples.identityNameDiscovery || credentials === undefined) return buses;
  const section: Options = [
    [defaultAuthSection, "auth_url"],
    ["polling", "identity_name_discovery"],
  ];
  const keystone = { kind: "openstack", credentials, service: undefined, path: "" } as const;
  return [...buses, target(keystone, values, { address: section, credentials: [], name: [] })];
}

function busFarEnd(transport: MessagingTransport, { input }: PipelineConfig): FarEnd {
  const { exchanges, topics, rabbit } = input;
  if (transport.driver === "rabbit") {
    const access = { transport, options: rabbit };
    return { kind: "rabbit", access, exchanges, queues: queueNames(topics) };
  }
  const { brokers, security, topic } = transport;
  return {
    kind: "kafka",
    brokers,
    security,
    topics: topic === undefined
      ? topics.flatMap((name) => priorities.map((priority) => `${name}.${priority}`))
      : [topic],
    anyTopic: true,
  };
}

/** Of a pipeline file: its publishers, each at its URL. What cannot be made is said elsewhere. */
export function publisherTargets(
  file: PipelineFile,
  kinds: readonly PublisherKind<PublisherSettings>[],
  settings: PublisherSettings,
): Target[] {
  return file.publishers.flatMap(({ url, place }: PublisherReference) => {
    const kind = kinds.find(({ schemes }) => schemes.includes(url.scheme));
    try {
      const farEnd = kind?.farEnd?.(url, { settings, carries: file.carries });
      return farEnd === undefined ? [] : [{ farEnd, place: () => place }];
    } catch (error) {
      if (error instanceof ConfigError || error instanceof ConfigErrors) return [];
      throw error;
    }
  });
}
