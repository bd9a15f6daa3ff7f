/**
 * Pure. How a Kafka cluster is reached: what every consumer and producer here is given, whatever the
 * configuration called it.
 */

/** TLS; texts are PEM. */
export interface KafkaTls {
  /** Certificates to trust instead of the system's. */
  readonly ca?: string;
  /** The client's certificate and its key. */
  readonly cert?: string;
  readonly key?: string;
  readonly passphrase?: string;
  /** False takes any certificate. */
  readonly verify?: boolean;
}

/** SASL; the mechanism as Kafka spells it. */
export interface KafkaSasl {
  readonly mechanism: "PLAIN" | "SCRAM-SHA-256" | "SCRAM-SHA-512";
  readonly username: string;
  readonly password: string;
}

/** The cluster and how to log on to it. */
export interface KafkaConnectionOptions {
  /** Bootstrap brokers, `host:port` each; `[::1]:9092` for IPv6. */
  readonly brokers: readonly string[];
  /** The name that the brokers' logs and quotas know us by. */
  readonly clientId: string;
  readonly tls?: KafkaTls;
  readonly sasl?: KafkaSasl;
}

/** Where a broker listens. */
export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
}

const defaultPort = 9092;

/** Reads `host`, `host:port`, `[v6]:port`; undefined where the text is none of them. */
export function parseBroker(text: string): BrokerAddress | undefined {
  const found = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:\[\]]+))(?::(\d{1,5}))?$/.exec(text.trim());
  const host = found?.[1] ?? found?.[2];
  if (found === null || host === undefined) return undefined;
  const port = found[3] === undefined ? defaultPort : Number(found[3]);
  return port < 1 || port > 65535 ? undefined : { host, port };
}

/** `host:port`, for people. */
export function brokerText({ host, port }: BrokerAddress): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
