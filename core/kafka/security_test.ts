/**
 * Edge (net, processes). SASL and TLS against real brokers of both versions; and that what is wrong
 * with a password, a certificate or an address is said in words that tell them apart, without secrets.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Reading, type ReadingOptions, startReading } from "../../testing/kafka_reading.ts";
import {
  type Kafka,
  kafkaMissing,
  kafkaUsers,
  type KafkaVersion,
  startKafka,
} from "../../testing/servers/kafka.ts";
import { closeTailings, startTailing } from "../../testing/tailing.ts";
import type { KafkaSasl } from "./connection_options.ts";

setDefaultTimeout(60_000);
const missing = kafkaMissing();
if (missing !== undefined) console.error(`skipped: ${missing}`);
const versions: readonly KafkaVersion[] = ["4.4.0", "3.9.2"];
const mechanisms: readonly KafkaSasl[] = [
  { mechanism: "PLAIN", ...kafkaUsers.plain },
  { mechanism: "SCRAM-SHA-256", ...kafkaUsers.scram },
  { mechanism: "SCRAM-SHA-512", ...kafkaUsers.scram },
];

describe.skipIf(missing !== undefined).each([...versions])("Kafka %s", (version) => {
  let kafka: Kafka;
  beforeAll(async () => {
    kafka = await startKafka({ version, security: true });
    await kafka.admin.createTopic("secured");
    await kafka.admin.produceLines("secured", ["a", "b"]);
  });
  afterAll(() => kafka?.stop());

  function pem(name: string): string {
    return readFileSync(join(kafka.certificates, name), "utf8");
  }

  function start(options: Partial<ReadingOptions>): Reading {
    return startReading({ brokers: kafka.brokers, ...options, topics: ["secured"], once: true });
  }

  async function readWith(options: Partial<ReadingOptions>): Promise<number> {
    const reading = start(options);
    await reading.ended;
    await reading.consumer.close();
    return reading.records.length;
  }

  async function complaintOf(options: Partial<ReadingOptions>): Promise<string> {
    const reading = start(options);
    const warned = (): [string, string] | undefined =>
      reading.logged.find(([level]) => level === "error" || level === "warning");
    await reading.until("it complains", () => warned() !== undefined);
    await reading.consumer.close();
    return warned()?.join(": ") ?? "";
  }

  test.each([...mechanisms])("reads by $mechanism, plain and over TLS", async (sasl) => {
    const tls = { ca: pem("ca.pem") };
    expect(await readWith({ brokers: kafka.saslBrokers, sasl })).toBe(2);
    expect(await readWith({ brokers: kafka.saslTlsBrokers, sasl, tls })).toBe(2);
  });

  test("reads over TLS, with and without a client certificate", async () => {
    const ca = pem("ca.pem");
    expect(await readWith({ brokers: kafka.tlsBrokers, tls: { ca } })).toBe(2);
    expect(await readWith({ brokers: kafka.tlsBrokers, tls: { verify: false } })).toBe(2);
    const tls = { ca, cert: pem("client.pem"), key: pem("client.key") };
    expect(await readWith({ brokers: kafka.mutualTlsBrokers, tls })).toBe(2);
  });

  test.each([...mechanisms])("says that a password for $mechanism is wrong", async (right) => {
    const sasl = { ...right, password: "wrong-secret" };
    const brokers = kafka.saslBrokers;
    const said = await complaintOf({ brokers, sasl });
    const start = `error: Cannot log on to Kafka broker '${brokers[0]}' as '${sasl.username}': `;
    expect(said.slice(0, start.length)).toBe(start);
    expect(said).toContain(`expected a user and password that it knows for ${sasl.mechanism}`);
    expect(said).not.toContain("wrong-secret");
    expect(said).not.toMatch(/\n|\bat /);
  });

  test("a topic is looked at from outside of any group; a wrong password ends that", async () => {
    const { username, password } = kafkaUsers.plain;
    const url = `kafka://${username}@${kafka.saslBrokers[0]}/secured`;
    const right = await startTailing(url, { last: "all", follow: false }, { password });
    await right.ended;
    expect(right.intake.unreadable.count).toBe(2);
    const wrong = await startTailing(url, {}, { password: "wrong-secret" });
    await expect(wrong.ended).rejects.toThrow(/^Cannot log on to Kafka broker(?!.*wrong-secret)/);
    await closeTailings();
  });

  test("says that a certificate is of another CA, or missing", async () => {
    const other = await complaintOf({
      brokers: kafka.tlsBrokers,
      tls: { ca: pem("other-ca.pem") },
    });
    const start = `error: Cannot open a TLS connection to Kafka broker '${kafka.tlsBrokers[0]}': `;
    expect(other.slice(0, start.length)).toBe(start);
    expect(other).toMatch(/certificate.*, expected a TLS listener whose certificate/);
    const brokers = kafka.mutualTlsBrokers;
    const none = await complaintOf({ brokers, tls: { ca: pem("ca.pem") } });
    expect(none).toContain("a client certificate if it asks for one");
  });

  test("says that the listener speaks another protocol", async () => {
    const tls = await complaintOf({ brokers: kafka.brokers, tls: { ca: pem("ca.pem") } });
    expect(tls).toContain("error: Cannot open a TLS connection to Kafka broker");
    const plain = await complaintOf({ brokers: kafka.tlsBrokers });
    expect(plain).toContain("expected a listener of the configured security protocol");
    const [sasl] = mechanisms;
    const saslToPlain = await complaintOf({ brokers: kafka.brokers, ...(sasl ? { sasl } : {}) });
    expect(saslToPlain).toContain("error: Cannot log on to Kafka broker");
  });
});
