/**
 * Pure. Rules for the publishers that sinks name.
 */
import type { Example, LintRule, Rule } from "../rule.ts";
import {
  notVerified,
  plainCredentials,
  publicSecrets,
  pushgatewayBilling,
  wrongTimestamps,
} from "./publisher_checks.ts";
import type { PipelineSubject } from "./subjects.ts";

/** A pipeline of one publisher. */
function to(url: string, meters = '"*"'): Example {
  return {
    kind: "pipeline.yaml",
    text: `sources:
  - name: compute
    meters: [${meters}]
    sinks: [out]
sinks:
  - name: out
    publishers: ["${url}"]
`,
  };
}

function eventsTo(url: string): Example {
  return {
    kind: "event_pipeline.yaml",
    text: `sources:
  - name: all
    events: ["*"]
    sinks: [out]
sinks:
  - name: out
    publishers: ["${url}"]
`,
  };
}

/** What keeps a publisher from being loaded, and what its options do not do. */
export const PUBLISHER_RULES: readonly Rule[] = [
  {
    id: "publisher/bad-url",
    severity: "error",
    explanation: "The text is no URL of a publisher.",
    bad: to("udp://collector:port"),
    good: to("udp://collector:4952"),
  },
  {
    id: "publisher/unknown-scheme",
    severity: "error",
    explanation: "There is no publisher of this scheme.",
    bad: to("upd://collector:4952"),
    good: to("udp://collector:4952"),
  },
  {
    id: "publisher/wrong-cargo",
    severity: "error",
    explanation: "The publisher takes samples only and stands in an event pipeline, or the other " +
      "way round. Ceilometer leaves it out with a log line.",
    bad: eventsTo("prometheus://pushgateway:9091/metrics/job/telemetry"),
    good: eventsTo("https://collector.example.org/events"),
  },
  {
    id: "publisher/unknown-option",
    severity: "error",
    explanation: "The publisher does not know the option in its URL.",
    bad: to("file:///var/lib/ceilometer/samples?max_byte=1000000"),
    good: to("file:///var/lib/ceilometer/samples?max_bytes=1000000"),
  },
  {
    id: "publisher/bad-option",
    severity: "error",
    explanation: "The value of an option in the URL cannot be read, or is out of its range.",
    bad: to("file:///var/lib/ceilometer/samples?max_bytes=1MB"),
    good: to("file:///var/lib/ceilometer/samples?max_bytes=1000000"),
  },
  {
    id: "publisher/passed-on-option",
    severity: "note",
    explanation: "An option that the publisher does not know stays in the URL that is posted to, " +
      "as Ceilometer has it. Where it is a misspelt option, it does nothing.",
    bad: to("https://collector.example.org/samples?timeuot=5"),
    good: to("https://collector.example.org/samples?timeout=5"),
  },
  {
    id: "publisher/ignored-part",
    severity: "warning",
    explanation: "A part of the URL has no effect.",
    bad: to("file://storage/var/lib/ceilometer/samples"),
    good: to("file:///var/lib/ceilometer/samples"),
  },
  {
    id: "publisher/refused",
    severity: "error",
    explanation:
      "The publisher cannot be made: its URL lacks what it needs, or what ceilometer.conf " +
      "says for it does not do.",
    bad: to("zaqar://"),
    good: to("zaqar://?queue=samples"),
  },
];

/** What lint rules find in publishers that work. */
export const PUBLISHER_LINT: readonly LintRule<PipelineSubject>[] = [
  {
    id: "publisher/wrong-timestamps",
    severity: "warning",
    explanation:
      "opentelemetryhttp sends Ceilometer's own form, whose times are seconds in fields " +
      "for nanoseconds. Collectors want otlphttp.",
    bad: to("opentelemetryhttp://collector:4318/v1/metrics"),
    good: to("otlphttp://collector:4318/v1/metrics"),
    check: wrongTimestamps,
  },
  {
    id: "publisher/pushgateway-billing",
    severity: "warning",
    explanation:
      "A Pushgateway keeps one value per series, without its time, until the next scrape. " +
      "Values in between are lost, which is no base for bills.",
    bad: to("prometheus://pushgateway:9091/metrics/job/telemetry", '"vcpus", "volume.size"'),
    good: to("remotewrite://prometheus:9090/api/v1/write", '"vcpus", "volume.size"'),
    check: pushgatewayBilling,
  },
  {
    id: "publisher/not-verified",
    severity: "warning",
    explanation: "The far end's certificate is not verified. Name its CA bundle instead.",
    bad: to("https://collector.example.org/samples?verify_ssl=false"),
    good: to("https://collector.example.org/samples"),
    check: notVerified,
  },
  {
    id: "publisher/plain-credentials",
    severity: "warning",
    explanation: "A user and a password go over the network unencrypted.",
    bad: to("http://ceilometer:secret@collector.example.org/samples"),
    good: to("http://localhost:8080/samples"),
    check: plainCredentials,
  },
  {
    id: "secrets/world-readable",
    severity: "warning",
    explanation: "The file holds a password and everybody on the machine may read it. Its mode " +
      "should be 0640 or less.",
    bad: to("https://ceilometer:secret@collector.example.org/samples"),
    good: to("https://collector.example.org/samples"),
    check: publicSecrets,
  },
];
