/**
 * Pure. `[kafka_security]`: TLS and SASL towards the brokers, ours because the reference persister
 * has no such options. Names and values are those that Kafka's own clients use.
 */
import type { KafkaSecurity, SaslMechanism, Tls } from "./endpoint.ts";
import type { Option } from "./option.ts";
import type { OptionValues } from "./option_values.ts";

const SECTION = "kafka_security";

const MECHANISMS: readonly (readonly [string, SaslMechanism])[] = [
  ["PLAIN", "plain"],
  ["SCRAM-SHA-256", "scram-sha-256"],
  ["SCRAM-SHA-512", "scram-sha-512"],
];

const MECHANISM_NAMES = MECHANISMS.map(([name]) => name);
const PROTOCOLS = ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] as const;

const used = { section: SECTION, meaning: "used", ours: true } as const;

/** The section. */
export const KAFKA_SECURITY_OPTIONS: readonly Option[] = [
  {
    ...used,
    name: "security_protocol",
    kind: "choice",
    choices: PROTOCOLS,
    default: "PLAINTEXT",
    help: "How the brokers are talked to.",
  },
  {
    ...used,
    name: "sasl_mechanism",
    kind: "choice",
    choices: MECHANISM_NAMES,
    default: "PLAIN",
    help: "How tpctl proves who it is.",
  },
  { ...used, name: "sasl_username", kind: "string", help: "The user for SASL." },
  { ...used, name: "sasl_password", kind: "secret", help: "The password for SASL." },
  {
    ...used,
    name: "ssl_cafile",
    kind: "path",
    help: "The CA bundle that the brokers' certificates verify against, the system's if not set.",
  },
  { ...used, name: "ssl_certfile", kind: "path", help: "The client certificate for mutual TLS." },
  { ...used, name: "ssl_keyfile", kind: "path", help: "The key of the client certificate." },
];

/** The mechanism by its name on the wire, any case. */
export function parseSaslMechanism(text: string): SaslMechanism | undefined {
  return MECHANISMS.find(([name]) => name === text.toUpperCase())?.[1];
}

/** Reads the section; what does not fit together is a problem of `values`. */
export function readKafkaSecurity(values: OptionValues): KafkaSecurity {
  const protocol = values.choice(SECTION, "security_protocol", PROTOCOLS);
  const tls: Tls = {
    caFile: values.text(SECTION, "ssl_cafile"),
    certFile: values.text(SECTION, "ssl_certfile"),
    keyFile: values.text(SECTION, "ssl_keyfile"),
    verify: true,
    verifyGiven: true,
  };
  const mechanismName = values.choice(SECTION, "sasl_mechanism", MECHANISM_NAMES);
  const mechanism = parseSaslMechanism(mechanismName) ?? "plain";
  const user = values.text(SECTION, "sasl_username");
  const password = values.text(SECTION, "sasl_password");
  if ((tls.certFile === undefined) !== (tls.keyFile === undefined)) {
    const there = tls.certFile === undefined ? "ssl_keyfile" : "ssl_certfile";
    values.problem(
      SECTION,
      there,
      `Cannot use [${SECTION}] ${there}: ssl_certfile and ssl_keyfile go together, expected both`,
    );
  }
  const usesSasl = protocol.startsWith("SASL_");
  if (usesSasl && (user === undefined || password === undefined)) {
    const missing = user === undefined ? "sasl_username" : "sasl_password";
    values.problem(
      SECTION,
      "security_protocol",
      `Cannot use [${SECTION}] security_protocol '${protocol}': ${missing} is not set, ` +
        "expected a user and a password",
    );
  }
  return {
    tls: protocol.endsWith("SSL") ? tls : undefined,
    sasl: usesSasl ? { mechanism, user: user ?? "", password: password ?? "" } : undefined,
  };
}
