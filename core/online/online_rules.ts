/**
 * Pure. The rules of `tpctl validate --online`, whose findings depend on what answers and not on the
 * file alone.
 */
import type { Rule } from "../validate/rule.ts";

const kind = "pipeline.yaml";

function pipeline(publisher: string): string {
  return `sources:
  - name: one
    meters: ["*"]
    sinks: [far]
sinks:
  - name: far
    publishers: ["${publisher}"]
`;
}

function persister(section: string, line: string): string {
  return `[${section}]\n${line}\n`;
}

/** The table. */
export const ONLINE_RULES: readonly Rule[] = [
  {
    id: "online/unreachable",
    severity: "error",
    explanation:
      "Nothing answers there in time: the name is unknown, the port is closed, or the server is " +
      "silent. A daemon would start and wait.",
    bad: { kind, text: pipeline("tcp://127.0.0.1:1") },
    good: { kind, text: pipeline("tcp://collector.example.org:4952") },
  },
  {
    id: "online/tls",
    severity: "error",
    explanation:
      "The TLS handshake fails: the certificate does not verify, or the port speaks no TLS.",
    bad: { kind, text: pipeline("https://self-signed.example.org/samples") },
    good: { kind, text: pipeline("https://collector.example.org/samples?verify_ssl=/etc/ca.pem") },
  },
  {
    id: "online/authentication",
    severity: "error",
    explanation: "The far end refuses the user, the password or the token.",
    bad: { kind: "persister.conf", text: persister("influxdb", "password = wrong") },
    good: { kind: "persister.conf", text: persister("influxdb", "password = right") },
  },
  {
    id: "online/permission",
    severity: "error",
    explanation: "The far end knows the user, who may not do what the configuration needs.",
    bad: { kind: "persister.conf", text: persister("influxdb", "user = reader") },
    good: { kind: "persister.conf", text: persister("influxdb", "user = writer") },
  },
  {
    id: "online/missing",
    severity: "error",
    explanation:
      "The topic, database, organization, virtual host or service does not exist, and tpctl will " +
      "not make it.",
    bad: { kind: "persister.conf", text: persister("kafka_metrics", "topic = metrcs") },
    good: { kind: "persister.conf", text: persister("kafka_metrics", "topic = metrics") },
  },
  {
    id: "online/not-yet-there",
    severity: "note",
    explanation:
      "The database, bucket, exchange or queue does not exist yet, and tpctl makes it when it " +
      "needs it.",
    bad: { kind: "persister.conf", text: persister("influxdb", "database_name = new") },
    good: { kind: "persister.conf", text: persister("influxdb", "database_name = mon") },
  },
  {
    id: "online/odd-answer",
    severity: "warning",
    explanation:
      "Something answers, but not as what is configured there would: a server in trouble, or " +
      "another one.",
    bad: { kind, text: pipeline("http://down.example.org/samples") },
    good: { kind, text: pipeline("http://collector.example.org/samples") },
  },
  {
    id: "online/not-looked-at",
    severity: "note",
    explanation:
      "What the publisher connects to stands in ceilometer.conf, which is not among the paths, so " +
      "nothing was looked at.",
    bad: { kind, text: pipeline("gnocchi://") },
    good: { kind, text: pipeline("udp://collector.example.org:4952") },
  },
];
