/**
 * Edge (net, files). `kafka://host:9092/topic`: samples and events as JSON messages of a Kafka topic,
 * or samples as the envelopes that Monasca's persister reads. Accepted means acknowledged by all
 * in-sync copies.
 */
import type { Clock } from "../core/clock.ts";
import { endpointName, type KafkaEndpoint } from "../core/config/endpoint.ts";
import {
  type PublisherOptionValues,
  readPublisherOptions,
} from "../core/config/publisher_options.ts";
import type { PublisherSettings } from "../core/config/pipeline_config.ts";
import type { OutgoingRecord, Producer } from "../core/delivery/producer.ts";
import {
  PartialWriteError,
  type Reaction,
  type RefusedItem,
  StoreError,
} from "../core/delivery/writer.ts";
import { ConfigError, RunError } from "../core/errors.ts";
import { loadTls } from "../core/http/tls.ts";
import { codes } from "../core/kafka/apis.ts";
import { connectionOf } from "../core/kafka/endpoint_connection.ts";
import { KafkaFailure } from "../core/kafka/failure.ts";
import { createKafkaProducer } from "../core/kafka/producer.ts";
import type { Log } from "../core/log/log.ts";
import { metricEnvelope } from "../core/monasca_api/envelope.ts";
import { noValue } from "../core/monasca_api/field_mapping.ts";
import { loadFieldMapping } from "../core/monasca_api/load_mapping.ts";
import { type MadeMetric, metricMaker } from "../core/monasca_api/metric.ts";
import { dumpValue, valueStr } from "../core/notifications/value_text.ts";
import type { Event } from "../core/pipeline/event.ts";
import { sampleJson, serializeEvent } from "../core/pipeline/messages.ts";
import type {
  Publisher,
  PublisherDeps,
  PublisherKind,
  PublisherOption,
  PublisherUrl,
} from "../core/pipeline/publisher.ts";
import type { Sample } from "../core/pipeline/sample.ts";
import { storeOf } from "../core/pipeline/store_url.ts";

const msPerSecond = 1000;

const ownOptions: readonly PublisherOption[] = [
  {
    name: "format",
    kind: "choice",
    choices: ["sample", "event", "monasca"],
    help:
      "What a message is; not set: what the pipeline carries. monasca: a metric's envelope, by " +
      "[monasca] monasca_mappings.",
  },
  {
    name: "tenant_id",
    kind: "string",
    help: "The tenant of monasca envelopes; not set: each sample's project.",
  },
  {
    name: "region",
    kind: "string",
    default: noValue,
    help: "The region of monasca envelopes.",
  },
  {
    name: "timeout",
    kind: "float",
    min: 0.1,
    max: 86_400,
    default: "30",
    unit: "seconds",
    help: "Without an acknowledgement for so long, Kafka counts as away.",
  },
];

const connectionOptions: readonly PublisherOption[] = [
  {
    name: "mechanism",
    kind: "choice",
    choices: ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"],
    default: "PLAIN",
    help: "How the URL's user logs on.",
  },
  { name: "ca", kind: "path", help: "The CA bundle for kafkas://, the system's if not set." },
  { name: "cert", kind: "path", help: "The client certificate for kafkas://." },
  { name: "key", kind: "path", help: "The key of the client certificate." },
];

/** What it takes of ceilometer.conf. */
export type KafkaPublisherSettings = Pick<
  PublisherSettings,
  "kafkaSecurity" | "monasca" | "searchFolders" | "secrets"
>;

/** `kafka://host:9092[,host2:9092]/topic?format=monasca`; `kafkas://` with TLS. */
export const kafkaKind: PublisherKind<KafkaPublisherSettings> = {
  schemes: ["kafka", "kafkas"],
  help: "Writes samples and events to a Kafka topic, as JSON or as Monasca's envelopes.",
  takes: ["samples", "events"],
  options: [...ownOptions, ...connectionOptions],
  unknownOptions: "error",
  concurrency: 1,
  gather: { items_max: 1000, wait_ms: 0 },
  farEnd: (url, { settings }) => {
    const { connection, topic } = readEndpoint(url, settings);
    return { kind: "kafka", ...connection, topics: [topic], anyTopic: false };
  },
  create: (url, deps) => new KafkaPublisher(url, deps),
};

function readEndpoint(
  url: PublisherUrl,
  { secrets, kafkaSecurity }: KafkaPublisherSettings,
): {
  readonly name: string;
  readonly topic: string;
  readonly values: PublisherOptionValues;
  readonly connection: Pick<KafkaEndpoint, "brokers" | "security">;
} {
  const { values, errors: [problem] } = readPublisherOptions(url, kafkaKind);
  if (problem !== undefined) throw new ConfigError(problem.text);
  const own = ownOptions.map(({ name }) => name);
  const endpoint = storeOf(url, { own, secrets });
  if (endpoint.scheme !== "kafka") throw new Error(`${endpoint.scheme} is not Kafka`);
  const { brokers, topic, security } = endpoint;
  const isOwn = security.tls !== undefined || security.sasl !== undefined;
  const connection = { brokers, security: isOwn ? security : kafkaSecurity };
  return { name: endpointName(endpoint), topic, values, connection };
}

class KafkaPublisher implements Publisher {
  readonly name: string;
  readonly #topic: string;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #timeoutMs: number;
  readonly #values: PublisherOptionValues;
  readonly #connection: Pick<KafkaEndpoint, "brokers" | "security">;
  /** Undefined unless envelopes are written. */
  readonly #metricOf: ((sample: Sample) => MadeMetric) | undefined;
  #producer: Promise<Producer> | undefined;
  #isClosed = false;

  constructor(url: PublisherUrl, deps: PublisherDeps<KafkaPublisherSettings>) {
    const { settings, carries, clock, log } = deps;
    this.#clock = clock;
    this.#log = log;
    const { name, topic, values, connection } = readEndpoint(url, settings);
    this.name = name;
    this.#connection = connection;
    if (this.#connection.security.tls !== undefined) loadTls(this.#connection.security.tls);
    this.#topic = topic;
    this.#values = values;
    this.#timeoutMs = values.number("timeout") * msPerSecond;
    const format = values.text("format");
    if (format !== undefined && (format === "event") !== (carries === "events")) {
      throw new ConfigError(
        `Cannot use the publisher '${this.name}': a pipeline of ${carries} has nothing for format ` +
          `'${format}', expected ${carries === "events" ? "event" : "sample or monasca"}`,
      );
    }
    this.#metricOf = format === "monasca"
      ? metricMaker(loadFieldMapping(settings, log), settings.monasca)
      : undefined;
  }

  async publishSamples(samples: readonly Sample[], signal: AbortSignal): Promise<void> {
    const creationTime = Math.floor(this.#clock.now() / msPerSecond);
    const records: OutgoingRecord[] = [];
    const refused: RefusedItem[] = [];
    for (const [item, sample] of samples.entries()) {
      const made = this.#messageOf(sample, creationTime);
      if ("json" in made) records.push(this.#record(valueStr(sample.resource_id), made.json));
      else {
        const reason = `Cannot make a metric of a sample of '${sample.name}': ${made.why}`;
        refused.push({ item, reaction: "bisect", reason });
      }
    }
    await this.#send(records, signal);
    const [first] = refused;
    if (first !== undefined) throw new PartialWriteError(first.reason, refused);
  }

  async publishEvents(events: readonly Event[], signal: AbortSignal): Promise<void> {
    await this.#send(
      events.map((event) => this.#record(null, dumpValue(serializeEvent(event)))),
      signal,
    );
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await (await this.#producer)?.close();
  }

  #messageOf(sample: Sample, creationTime: number): MadeMetric {
    const metric = this.#metricOf?.(sample);
    if (metric === undefined) return { json: sampleJson(sample) };
    if (!("json" in metric)) return metric;
    const tenantId = this.#values.text("tenant_id");
    const region = this.#values.text("region") ?? noValue;
    return { json: metricEnvelope(metric.json, sample, { tenantId, region, creationTime }) };
  }

  /** What is of one resource stays in order: it has one key. */
  #record(key: string | null, text: string): OutgoingRecord {
    const value = Buffer.from(text);
    return { topic: this.#topic, key: key === null ? null : Buffer.from(key), value };
  }

  async #send(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<void> {
    if (this.#isClosed) throw new Error(`${this.name} is closed`);
    if (records.length === 0) return;
    // The producer would go on for ever; how long is the policy's business.
    const given = AbortSignal.any([signal, AbortSignal.timeout(this.#timeoutMs)]);
    try {
      this.#producer ??= this.#open();
      await (await this.#producer).send(records, given);
    } catch (error) {
      if (error instanceof RunError) throw new StoreError(error.message, reactionTo(error));
      if (!given.aborted) throw error;
      const why = signal.aborted
        ? "given up while waiting for the acknowledgement"
        : `no acknowledgement within ${this.#timeoutMs / msPerSecond} s`;
      const text = `Cannot write to '${this.name}': ${why}, expected a cluster that works`;
      throw new StoreError(text, "retry", { cause: error });
    }
  }

  async #open(): Promise<Producer> {
    const options = await connectionOf(this.#connection, "tpctl");
    return createKafkaProducer(options, { log: this.#log, clock: this.#clock });
  }
}

/** A record that is refused for what it is; else the topic is wrong, and an operator mends it. */
function reactionTo({ cause }: RunError): Reaction {
  const code = cause instanceof KafkaFailure ? cause.code : 0;
  if (code === codes.messageTooLarge || code === codes.recordListTooLarge) return "split";
  return code === codes.invalidRecord ? "bisect" : "hold";
}
