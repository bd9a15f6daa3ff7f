/**
 * Pure. From oslo.messaging's options and transport URLs to typed transports. Connecting is
 * core/amqp's and core/kafka's.
 */
import type { AmqpHost, KafkaEndpoint, KafkaSecurity, Tls } from "./endpoint.ts";
import type { AmqpEndpoint } from "./endpoint.ts";
import { parseSaslMechanism } from "./kafka_security.ts";
import { kafkaProtocols, prefetchDefault } from "./messaging_options.ts";
import { parseBool } from "./option.ts";
import type { OptionValues } from "./option_values.ts";
import {
  failoverStrategies,
  type KafkaTransport,
  loginMethods,
  type MessagingTransport,
  type RabbitOptions,
  type RabbitTransport,
  sslVersions,
} from "./pipeline_config.ts";
import {
  addressesOf,
  credentialsOf,
  pathOf,
  type Secrets,
  splitUrl,
  UrlError,
} from "./url_parts.ts";
import type { UrlParts } from "./url_parts.ts";
import { closest } from "./suggest.ts";

const RABBIT = "oslo_messaging_rabbit";
const KAFKA = "oslo_messaging_kafka";

const RABBIT_SCHEMES = ["rabbit", "rabbits", "amqp", "amqps", "kombu"];
const KAFKA_SCHEMES = ["kafka", "kafkas"];
const TLS_QUERY = ["ssl", "ssl_ca_file", "ssl_cert_file", "ssl_key_file"];

const MS_PER_SECOND = 1000;

/** Where a URL was found, so that its problem has a place. */
export interface UrlOrigin {
  readonly section: string;
  readonly name: string;
}

/** Reads URLs; what is wrong becomes a problem of `values` and the answer is undefined. */
export function readTransport(
  values: OptionValues,
  text: string,
  { origin, secrets }: { readonly origin: UrlOrigin; readonly secrets: Secrets },
): MessagingTransport | undefined {
  try {
    const url = splitUrl(text);
    if (RABBIT_SCHEMES.includes(url.scheme)) return rabbitTransport(values, url, secrets);
    if (KAFKA_SCHEMES.includes(url.scheme)) return kafkaTransport(values, url, secrets);
    const meant = closest(url.scheme, ["rabbit", "kafka"]);
    const why = /^[a-z0-9+]+:\/\//i.test(text)
      ? `the scheme '${url.scheme}' is unknown`
      : "it is no URL";
    throw new UrlError(why, meant === undefined ? "rabbit:// or kafka://" : `'${meant}://'`);
  } catch (error) {
    if (!(error instanceof UrlError)) throw error;
    const { section, name } = origin;
    const expected = error.expected ?? "rabbit://user:password@host:port/vhost";
    const message = `Cannot use [${section}] ${name}: ${error.message}, expected ${expected}`;
    values.problem(section, name, message);
    return undefined;
  }
}

function rabbitTransport(values: OptionValues, url: UrlParts, secrets: Secrets): RabbitTransport {
  for (const name of url.query.keys()) {
    if (!TLS_QUERY.includes(name)) {
      throw new UrlError(`its option '${name}' is unknown`, `[${RABBIT}] for it`);
    }
  }
  const tls = rabbitTls(values, url);
  const tlsVersion = tlsVersions[values.choice(RABBIT, "ssl_version", sslVersions)];
  const port = url.scheme === "amqps" || url.scheme === "rabbits" ? 5671 : 5672;
  const hosts = url.authorities.flatMap((one): AmqpHost[] => {
    const alone = {
      ...url,
      authorities: [one.address === "" ? { ...one, address: "localhost" } : one],
    };
    const credentials = one.user === "" ? undefined : credentialsOf(alone, secrets);
    return addressesOf(alone, port).map((address) => ({ ...address, credentials }));
  });
  const local = { host: "localhost", port, credentials: undefined };
  return {
    driver: "rabbit",
    hosts: hosts.length > 0 ? hosts : [local],
    vhost: pathOf(url) || "/",
    tls,
    ...(values.bool(RABBIT, "ssl_enforce_hostname_verification") ? {} : { verifyHostname: false }),
    ...(tlsVersion === undefined ? {} : { tlsVersion }),
  };
}

const tlsVersions: Readonly<
  Record<typeof sslVersions[number], RabbitTransport["tlsVersion"] | undefined>
> = {
  "": undefined,
  SSLv23: undefined,
  TLSv1: "TLSv1",
  TLSv1_1: "TLSv1.1",
  TLSv1_2: "TLSv1.2",
};

function rabbitTls(values: OptionValues, url: UrlParts): Tls | undefined {
  const query = (name: string) => url.query.get(name)?.at(-1);
  const given = query("ssl");
  const parsed = given === undefined ? undefined : parseBool(given);
  if (parsed !== undefined && "unreadable" in parsed) {
    throw new UrlError(`its option 'ssl' ${parsed.unreadable.why}`, parsed.unreadable.expected);
  }
  const bySchema = url.scheme === "amqps" || url.scheme === "rabbits";
  if (!(parsed?.value ?? (bySchema || values.bool(RABBIT, "ssl")))) return undefined;
  const [certFile, keyFile] = ["ssl_cert_file", "ssl_key_file"].map((name) =>
    query(name) ?? values.text(RABBIT, name)
  );
  if ((certFile === undefined) !== (keyFile === undefined)) {
    throw new UrlError("ssl_cert_file and ssl_key_file go together", "both or none");
  }
  const caFile = query("ssl_ca_file") ?? values.text(RABBIT, "ssl_ca_file");
  return {
    caFile,
    certFile,
    keyFile,
    // As the reference: with a CA the chain is always verified.
    verify: caFile !== undefined || values.bool(RABBIT, "ssl_enforce_hostname_verification"),
    verifyGiven: values.given(RABBIT, "ssl_enforce_hostname_verification") !== undefined,
  };
}

function kafkaTransport(values: OptionValues, url: UrlParts, secrets: Secrets): KafkaTransport {
  const security = readKafkaTransportSecurity(values);
  const credentials = credentialsOf(url, secrets);
  const mechanism = parseSaslMechanism(values.choice(KAFKA, "sasl_mechanism", SASL)) ?? "plain";
  const usesSasl = values.choice(KAFKA, "security_protocol", kafkaProtocols).startsWith("SASL");
  if (usesSasl && credentials === undefined) {
    throw new UrlError("SASL needs a user and a password", "kafka://user:password@host:9092/");
  }
  const tls = url.scheme === "kafkas" ? security.tls ?? kafkaTls(values) : security.tls;
  const sasl = usesSasl && credentials !== undefined ? { ...credentials, mechanism } : undefined;
  return {
    driver: "kafka",
    brokers: addressesOf(url, 9092),
    topic: undefined,
    security: { tls, sasl },
  };
}

const SASL = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] as const;

/** TLS of `[oslo_messaging_kafka]`; SASL's user and password are the URL's. */
export function readKafkaTransportSecurity(values: OptionValues): KafkaSecurity {
  const protocol = values.choice(KAFKA, "security_protocol", kafkaProtocols);
  return { tls: protocol.endsWith("SSL") ? kafkaTls(values) : undefined, sasl: undefined };
}

function kafkaTls(values: OptionValues): Tls {
  return {
    caFile: values.text(KAFKA, "ssl_cafile"),
    certFile: values.text(KAFKA, "ssl_client_cert_file"),
    keyFile: values.text(KAFKA, "ssl_client_key_file"),
    verify: true,
    verifyGiven: true,
  };
}

/** `--from amqp://...` as a transport; exchanges and topics are its own. */
export function transportOfAmqp(endpoint: AmqpEndpoint): RabbitTransport {
  return { driver: "rabbit", hosts: endpoint.hosts, vhost: endpoint.vhost, tls: endpoint.tls };
}

/** `--from kafka://.../topic`: that topic alone. */
export function transportOfKafka(endpoint: KafkaEndpoint): KafkaTransport {
  const { brokers, topic, security } = endpoint;
  return { driver: "kafka", brokers, topic, security };
}

/** `[oslo_messaging_rabbit]` without what is in the transports. */
export function readRabbitOptions(values: OptionValues): RabbitOptions {
  const ms = (name: string) => values.number(RABBIT, name) * MS_PER_SECOND;
  const compression = values.choice(RABBIT, "kombu_compression", ["gzip", "bz2", ""]);
  return {
    durableQueues: values.bool(RABBIT, "amqp_durable_queues"),
    autoDelete: values.bool(RABBIT, "amqp_auto_delete"),
    quorumQueue: values.bool(RABBIT, "rabbit_quorum_queue"),
    quorumDeliveryLimit: values.number(RABBIT, "rabbit_quorum_delivery_limit"),
    quorumMemoryLengthMax: values.number(RABBIT, "rabbit_quorum_max_memory_length"),
    quorumMemoryBytesMax: values.number(RABBIT, "rabbit_quorum_max_memory_bytes"),
    haQueues: values.bool(RABBIT, "rabbit_ha_queues"),
    loginMethod: values.choice(RABBIT, "rabbit_login_method", loginMethods),
    prefetchCount: values.number(RABBIT, "rabbit_qos_prefetch_count") || prefetchDefault,
    heartbeatMs: ms("heartbeat_timeout_threshold"),
    heartbeatRate: values.number(RABBIT, "heartbeat_rate"),
    retryIntervalMs: ms("rabbit_retry_interval"),
    retryBackoffMs: ms("rabbit_retry_backoff"),
    retryIntervalMaxMs: ms("rabbit_interval_max"),
    reconnectDelayMs: ms("kombu_reconnect_delay"),
    compression: compression === "" ? undefined : compression,
    failoverStrategy: values.choice(RABBIT, "kombu_failover_strategy", failoverStrategies),
  };
}
