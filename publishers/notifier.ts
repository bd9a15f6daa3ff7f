/**
 * Edge (net). `notifier://`: samples and events as oslo.messaging notifications of priority SAMPLE,
 * on RabbitMQ, for any consumer that subscribes to their topic. A call resolves when the broker has
 * confirmed every message; the queue `<topic>.sample` is declared first, so that they are kept.
 */
import { checkAccess } from "../core/amqp/connection.ts";
import { type NotificationFormat, notificationText } from "../core/amqp/notification_text.ts";
import { AmqpProducer, type OutgoingMessage } from "../core/amqp/producer.ts";
import type { NotifierConfig, PublisherSettings } from "../core/config/pipeline_config.ts";
import type { RabbitTransport } from "../core/config/pipeline_config.ts";
import { readPublisherOptions } from "../core/config/publisher_options.ts";
import { ConfigError } from "../core/errors.ts";
import type { Dict } from "../core/notifications/value.ts";
import type { Event } from "../core/pipeline/event.ts";
import { eventMessage } from "../core/pipeline/messages.ts";
import { meterMessage } from "../core/pipeline/meter_message.ts";
import type {
  Publisher,
  PublisherDeps,
  PublisherKind,
  PublisherUrl,
} from "../core/pipeline/publisher.ts";
import type { Sample } from "../core/pipeline/sample.ts";
import { createSigner, type Signer } from "../core/pipeline/signature.ts";
import type { Log } from "../core/log/log.ts";

const portDefault = 5672;

/** What it takes of ceilometer.conf. */
export type NotifierSettings = Pick<PublisherSettings, "telemetrySecret" | "host" | "notifier">;

/** `notifier://`, and `notifier://user:password@host:port/vhost` for another broker. */
export const notifierKind: PublisherKind<NotifierSettings> = {
  schemes: ["notifier"],
  help: "oslo.messaging notifications on RabbitMQ",
  takes: ["samples", "events"],
  options: [
    {
      name: "per_meter_topic",
      kind: "bool",
      default: "false",
      help: "sends each meter's samples once more, as event type metering.<meter>",
    },
    {
      name: "topic",
      kind: "string",
      help: "sends to this topic instead of [publisher_notifier] metering_topic or event_topic; " +
        "may be given several times",
    },
    {
      name: "driver",
      kind: "choice",
      choices: ["rabbit"],
      default: "rabbit",
      help: "transport of the URL's broker",
    },
    {
      name: "policy",
      kind: "choice",
      choices: ["default", "drop", "queue"],
      help: "while the broker is away: default waits, drop drops, queue keeps in memory",
    },
    {
      name: "max_queue_length",
      kind: "int",
      min: 1,
      default: "1024",
      unit: "messages",
      help: "bound of policy=queue; the oldest are dropped",
    },
    {
      name: "max_retry",
      kind: "int",
      min: 0,
      default: "100",
      help: "taken and without effect: policy=default waits until the broker is back",
    },
  ],
  unknownOptions: "error",
  concurrency: 32,
  farEnd: (url, { settings: { notifier } }) => {
    if (notifier.driver === "noop" || notifier.driver === "log") return undefined;
    const access = { transport: transportOf(url, notifier), options: notifier.rabbit };
    return { kind: "rabbit", access, exchanges: [notifier.exchange], queues: [] };
  },
  create: createNotifier,
};

function createNotifier(url: PublisherUrl, deps: PublisherDeps<NotifierSettings>): Publisher {
  const { values, errors } = readPublisherOptions(url, notifierKind);
  const [error] = errors;
  if (error !== undefined) throw new ConfigError(error.text);
  const { settings, carries } = deps;
  const { notifier } = settings;
  const eventType = carries === "samples" ? notifier.meteringTopic : notifier.eventTopic;
  const topics = url.query.filter(([name, topic]) => name === "topic" && topic !== "")
    .map(([, topic]) => topic);
  const plan: Plan = {
    eventType,
    topics: topics.length === 0 ? [eventType] : topics,
    perMeter: values.bool("per_meter_topic"),
    publisherId: `telemetry.publisher.${settings.host}`,
    exchange: notifier.exchange,
    format: notifier.driver === "messaging" ? "messaging" : "messagingv2",
  };
  const { name, output } = openOutput(url, deps);
  return new NotifierPublisher(name, plan, {
    output,
    signer: createSigner(settings.telemetrySecret),
    now: () => deps.clock.now(),
  });
}

/** Where finished messages go. */
interface Output {
  send(messages: readonly OutgoingMessage[], signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

function openOutput(
  url: PublisherUrl,
  { settings, log, clock }: PublisherDeps<NotifierSettings>,
): { readonly name: string; readonly output: Output } {
  const { driver, rabbit } = settings.notifier;
  const shown = url.host === "" ? "notifier://" : `notifier://${url.host}`;
  if (driver === "noop") return { name: shown, output: new LogOutput(undefined) };
  if (driver === "log") {
    return { name: shown, output: new LogOutput(log.named("oslo.messaging.notification")) };
  }
  const transport = transportOf(url, settings.notifier);
  const access = { transport, options: rabbit };
  checkAccess(access);
  const producer = new AmqpProducer(access, {
    clock,
    log: log.named("tpctl.amqp"),
    random: Math.random,
  });
  return { name: producer.name.replace("rabbit:", "notifier:"), output: producer };
}

function transportOf(url: PublisherUrl, config: NotifierConfig): RabbitTransport {
  const configured = config.transport?.driver === "rabbit" ? config.transport : undefined;
  if (url.host !== "") {
    return {
      ...configured,
      driver: "rabbit",
      hosts: [{
        host: url.host,
        port: url.port ?? portDefault,
        credentials: url.user === undefined
          ? undefined
          : { user: decoded(url.user), password: decoded(url.password ?? "") },
      }],
      vhost: decoded(url.path.replace(/^\//, "")) || "/",
      tls: configured?.tls,
    };
  }
  if (configured !== undefined) return configured;
  const why = config.transport === undefined
    ? "no transport_url is configured"
    : "the configured transport_url is not RabbitMQ's";
  throw new ConfigError(
    `Cannot use publisher 'notifier://': ${why}, ` +
      "expected [DEFAULT] transport_url = rabbit://... or notifier://user:password@host:port/vhost",
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** `telemetry_driver` log and noop: the first writes what would be sent. */
class LogOutput implements Output {
  #log: Log | undefined;

  constructor(log: Log | undefined) {
    this.#log = log;
  }

  send(messages: readonly OutgoingMessage[]): Promise<void> {
    for (const { body } of messages) this.#log?.info(new TextDecoder().decode(body));
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

interface Plan {
  /** The configured topic, whatever the URL says. */
  readonly eventType: string;
  readonly topics: readonly string[];
  readonly perMeter: boolean;
  readonly publisherId: string;
  readonly exchange: string;
  readonly format: NotificationFormat;
}

interface Work {
  readonly output: Output;
  readonly signer: Signer;
  /** ms since the epoch. */
  now(): number;
}

class NotifierPublisher implements Publisher {
  #plan: Plan;
  #work: Work;
  #closed = false;

  constructor(readonly name: string, plan: Plan, work: Work) {
    this.#plan = plan;
    this.#work = work;
  }

  async publishSamples(samples: readonly Sample[], signal: AbortSignal): Promise<void> {
    const { eventType, perMeter } = this.#plan;
    const meters = samples.map((sample) => meterMessage(sample, this.#work.signer));
    const groups: [eventType: string, payload: Dict[]][] = [[eventType, meters]];
    if (perMeter) {
      const byName = Map.groupBy(meters, ({ counter_name }) => String(counter_name));
      const names = [...byName.keys()].sort();
      for (const name of names) groups.push([`${eventType}.${name}`, byName.get(name) ?? []]);
    }
    if (samples.length > 0) await this.#send(groups, signal);
  }

  async publishEvents(events: readonly Event[], signal: AbortSignal): Promise<void> {
    const payload = events.map((event) => eventMessage(event, this.#work.signer));
    if (events.length > 0) await this.#send([[this.#plan.eventType, payload]], signal);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#work.output.close();
  }

  async #send(
    groups: readonly (readonly [eventType: string, payload: Dict[]])[],
    signal: AbortSignal,
  ): Promise<void> {
    if (this.#closed) throw new Error(`${this.name} is closed`);
    const { topics, publisherId, exchange, format } = this.#plan;
    const encoder = new TextEncoder();
    const messages = groups.flatMap(([eventType, payload]) => {
      const messageId = crypto.randomUUID();
      return topics.map((topic): OutgoingMessage => {
        const uniqueId = crypto.randomUUID().replaceAll("-", "");
        const sentAtMs = this.#work.now();
        const notification = { messageId, publisherId, eventType, payload, sentAtMs, uniqueId };
        const body = encoder.encode(notificationText(notification, format));
        return { exchange, routingKey: `${topic}.sample`, body };
      });
    });
    await this.#work.output.send(messages, signal);
  }
}
