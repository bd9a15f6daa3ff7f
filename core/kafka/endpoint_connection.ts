/**
 * Edge (files). From a Kafka endpoint of the configuration to the options of a connection; reads the
 * PEM files that it names.
 */
import type { KafkaEndpoint, SaslMechanism } from "../config/endpoint.ts";
import { readTls } from "../http/tls.ts";
import type { KafkaConnectionOptions, KafkaSasl } from "./connection_options.ts";

/** As Kafka spells them. */
const mechanisms: Readonly<Record<SaslMechanism, KafkaSasl["mechanism"]>> = {
  "plain": "PLAIN",
  "scram-sha-256": "SCRAM-SHA-256",
  "scram-sha-512": "SCRAM-SHA-512",
};

/** Rejects with a ConfigError that names the file where one cannot be read. */
export async function connectionOf(
  { brokers, security }: Pick<KafkaEndpoint, "brokers" | "security">,
  clientId: string,
): Promise<KafkaConnectionOptions> {
  const tls = await readTls(security.tls);
  const { sasl } = security;
  return {
    brokers,
    clientId,
    ...(tls === undefined ? {} : { tls: { ...tls, verify: tls.rejectUnauthorized } }),
    ...(sasl === undefined ? {} : {
      sasl: {
        mechanism: mechanisms[sasl.mechanism],
        username: sasl.user,
        password: sasl.password,
      },
    }),
  };
}
