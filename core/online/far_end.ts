/**
 * Pure. `FarEnd`: what a configuration connects to, as data: enough to look whether it is there, lets us
 * in and has what is named. Publishers say theirs; looking is look.ts.
 */
import type { BrokerAccess } from "../amqp/connection.ts";
import type {
  ElasticsearchEndpoint,
  Influxdb2Endpoint,
  InfluxdbEndpoint,
  KafkaEndpoint,
} from "../config/endpoint.ts";
import type { KeystoneConfig } from "../config/keystone_config.ts";
import type { TlsMaterial } from "../http/tls.ts";
import type { ServiceQuery } from "../keystone/catalog.ts";

/** Topics on a cluster. */
export interface KafkaFarEnd extends Pick<KafkaEndpoint, "brokers" | "security"> {
  readonly kind: "kafka";
  readonly topics: readonly string[];
  /** Whether one of the topics is enough, as for priorities that nobody sends. */
  readonly anyTopic: boolean;
}

/** A database or a bucket. */
export interface InfluxdbFarEnd {
  readonly kind: "influxdb";
  readonly endpoint: InfluxdbEndpoint | Influxdb2Endpoint;
}

/** Elasticsearch or OpenSearch. */
export interface SearchFarEnd {
  readonly kind: "elasticsearch";
  readonly endpoint: ElasticsearchEndpoint;
}

/** Exchanges and queues of a broker; tpctl declares those that are missing. */
export interface RabbitFarEnd {
  readonly kind: "rabbit";
  readonly access: BrokerAccess;
  readonly exchanges: readonly string[];
  readonly queues: readonly string[];
}

/** Keystone, and a service behind it. */
export interface OpenStackFarEnd {
  readonly kind: "openstack";
  readonly credentials: KeystoneConfig;
  /** Asked for in the catalogue; a URL: it is there; undefined: Keystone itself is all. */
  readonly service: ServiceQuery | string | undefined;
  /** What to GET of the service, with a slash before it. */
  readonly path: string;
}

/** A server that is posted to. */
export interface HttpFarEnd {
  readonly kind: "http";
  /** Without user, password and query. */
  readonly name: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsMaterial | undefined;
}

/** A port that takes a connection, or a host that datagrams are sent to. */
export interface SocketFarEnd {
  readonly kind: "tcp" | "udp";
  readonly host: string;
  readonly port: number;
}

/** See above. */
export type FarEnd =
  | KafkaFarEnd
  | InfluxdbFarEnd
  | SearchFarEnd
  | RabbitFarEnd
  | OpenStackFarEnd
  | HttpFarEnd
  | SocketFarEnd;
