/**
 * Pure. The endpoints that a URL on the command line or a section of a configuration file names:
 * sources and stores as typed unions. Reading them from text is endpoint_url.ts; connecting is the
 * business of whoever is given one.
 */

/** A network address; IPv6 without brackets. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** TLS towards a far end. Files are paths of PEM files. */
export interface Tls {
  /** CA bundle; undefined: the system's. */
  readonly caFile: string | undefined;
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
  /** Whether the far end's certificate must verify. */
  readonly verify: boolean;
  /**
   * False where nobody said so and `verify` is only our default: a certificate that does not verify
   * is then explained with the options that settle it ([influxdb] verify_ssl and ca_file).
   */
  readonly verifyGiven: boolean;
}

/** A name and its secret. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** How the brokers are told who we are. */
export type SaslMechanism = "plain" | "scram-sha-256" | "scram-sha-512";

/** How to talk to the brokers: plain, TLS, SASL, or both of the latter. */
export interface KafkaSecurity {
  readonly tls: Tls | undefined;
  readonly sasl: (Credentials & { readonly mechanism: SaslMechanism }) | undefined;
}

/** One topic on a cluster. */
export interface KafkaEndpoint {
  readonly scheme: "kafka";
  readonly brokers: readonly HostPort[];
  readonly topic: string;
  /** Consumer group; undefined where the URL names none. */
  readonly group: string | undefined;
  /** What is written (`sample`, `monasca`, `event`); undefined: the message as it is. */
  readonly format: string | undefined;
  readonly security: KafkaSecurity;
}

/** One broker of a cluster and who to be there. */
export interface AmqpHost extends HostPort {
  /** Undefined: the broker's own default (guest). */
  readonly credentials: Credentials | undefined;
}

/** Exchanges and topics on a cluster of brokers. */
export interface AmqpEndpoint {
  readonly scheme: "amqp";
  /** Members of one cluster, tried in turn. */
  readonly hosts: readonly AmqpHost[];
  /** "/" where the URL has an empty path or "/". */
  readonly vhost: string;
  readonly exchanges: readonly string[];
  readonly topics: readonly string[];
  readonly tls: Tls | undefined;
}

/** A file to read. */
export interface FileEndpoint {
  readonly scheme: "file";
  /** A path, or "-" for stdin. */
  readonly path: string;
}

/** When requests are gzipped; `auto`: towards another machine, not on loopback. */
export type GzipChoice = (typeof gzipChoices)[number];

/** All of them, for options and texts. */
export const gzipChoices = ["auto", "always", "never"] as const;

/** InfluxDB 1.x, or what speaks its /write. */
export interface InfluxdbEndpoint {
  readonly scheme: "influxdb";
  readonly host: string;
  readonly port: number;
  readonly tls: Tls | undefined;
  readonly credentials: Credentials | undefined;
  readonly database: string;
  /** Metrics and alarms go to `<database>_<tenantId>`. */
  readonly databasePerTenant: boolean;
  /** Hours of the default retention policy of a database that tpctl creates; 0: the server's own. */
  readonly newDatabaseRetentionHours: number;
  /** Upper bound of the lines in one request. */
  readonly requestLinesMax: number;
  readonly gzip: GzipChoice;
}

/** InfluxDB 2.x and 3.x, or what speaks /api/v2/write. */
export interface Influxdb2Endpoint {
  readonly scheme: "influxdb2";
  readonly host: string;
  readonly port: number;
  readonly tls: Tls | undefined;
  /** "" where the server knows no organizations. */
  readonly org: string;
  readonly bucket: string;
  /** Undefined: no authorization header. */
  readonly token: string | undefined;
  /** Metrics and alarms go to `<bucket>_<tenantId>`. */
  readonly bucketPerTenant: boolean;
  /** Hours of retention of a bucket that tpctl creates; 0: for ever. */
  readonly newBucketRetentionHours: number;
  readonly requestLinesMax: number;
  readonly gzip: GzipChoice;
}

/** A SQLite database file. */
export interface SqliteEndpoint {
  readonly scheme: "sqlite";
  readonly path: string;
}

/** Elasticsearch or OpenSearch. */
export interface ElasticsearchEndpoint {
  readonly scheme: "elasticsearch";
  /** Nodes of one cluster, tried in turn. */
  readonly nodes: readonly HostPort[];
  readonly tls: Tls | undefined;
  readonly credentials: Credentials | undefined;
  /** The `Authorization: ApiKey` value (base64 of id:key); wins over credentials. */
  readonly apiKey: string | undefined;
  /** Prefix of the daily indices: `<indexPrefix>-<project>-<yyyy-mm-dd>`. */
  readonly indexPrefix: string;
  /** On how many other nodes a request is tried before the store counts as away. */
  readonly retriesMax: number;
}

/** InfluxDB line protocol as text. */
export interface LineEndpoint {
  readonly scheme: "line";
  /** A path, or "-" for stdout. */
  readonly path: string;
}

/** Documents as NDJSON, one `{"index", "document"}` per line. */
export interface DocumentsEndpoint {
  readonly scheme: "documents";
  /** A path, or "-" for stdout. */
  readonly path: string;
}

/** Takes everything and keeps nothing, for measuring. */
export interface NullEndpoint {
  readonly scheme: "null";
}

/** Where messages come from. */
export type SourceEndpoint = KafkaEndpoint | AmqpEndpoint | FileEndpoint;

/** Where items are kept. */
export type StoreEndpoint =
  | InfluxdbEndpoint
  | Influxdb2Endpoint
  | SqliteEndpoint
  | ElasticsearchEndpoint
  | KafkaEndpoint
  | LineEndpoint
  | DocumentsEndpoint
  | NullEndpoint;

/** Either side. */
export type Endpoint = SourceEndpoint | StoreEndpoint;

/** The endpoint as operators name it, without user, password or query: for logs and metrics. */
export function endpointName(endpoint: Endpoint): string {
  switch (endpoint.scheme) {
    case "kafka": {
      const scheme = endpoint.security.tls === undefined ? "kafka" : "kafkas";
      return `${scheme}://${authority(endpoint.brokers)}/${endpoint.topic}`;
    }
    case "amqp": {
      const vhost = endpoint.vhost === "/" ? "" : encodeURIComponent(endpoint.vhost);
      return `${withTls("amqp", endpoint.tls)}://${authority(endpoint.hosts)}/${vhost}`;
    }
    case "influxdb":
      return `${withTls("influxdb", endpoint.tls)}://${authority([endpoint])}/${endpoint.database}`;
    case "influxdb2":
      return `${withTls("influxdb2", endpoint.tls)}://${authority([endpoint])}/${endpoint.bucket}`;
    case "elasticsearch": {
      const scheme = withTls("elasticsearch", endpoint.tls);
      return `${scheme}://${authority(endpoint.nodes)}/${endpoint.indexPrefix}`;
    }
    case "file":
      return endpoint.path.startsWith("/") ? `file://${endpoint.path}` : endpoint.path;
    case "sqlite":
    case "line":
    case "documents":
      return `${endpoint.scheme}:${endpoint.path}`;
    case "null":
      return "null:";
  }
}

/** `host:port`, an IPv6 address in brackets. */
export function hostPortText(address: HostPort): string {
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  return `${host}:${address.port}`;
}

function withTls(scheme: string, tls: Tls | undefined): string {
  return tls === undefined ? scheme : `${scheme}s`;
}

function authority(addresses: readonly HostPort[]): string {
  return addresses.map(hostPortText).join(",");
}
