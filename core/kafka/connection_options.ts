/**
 * Pure. How a Kafka cluster is reached: what every consumer and producer here is given, whatever the
 * configuration called it.
 */
import type { HostPort } from "../config/endpoint.ts";

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
  /** Bootstrap brokers. */
  readonly brokers: readonly HostPort[];
  /** The name that the brokers' logs and quotas know us by. */
  readonly clientId: string;
  readonly tls?: KafkaTls;
  readonly sasl?: KafkaSasl;
}
