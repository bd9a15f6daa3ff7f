/**
 * Edge (net). `zaqar://?queue=NAME`: samples and events as messages of a Zaqar queue, which is found in
 * Keystone's catalogue and makes queues by itself. Accepted means answered with 2xx.
 *
 * Facts: ceilometer/publisher/zaqar.py and Zaqar's API v2 (a request has at most 256 KiB by default).
 */
import type { Clock } from "../core/clock.ts";
import type { KeystoneConfig } from "../core/config/keystone_config.ts";
import { readPublisherOptions } from "../core/config/publisher_options.ts";
import { shownUrl } from "../core/config/publisher_url.ts";
import type { PublisherSettings } from "../core/config/pipeline_config.ts";
import { StoreError } from "../core/delivery/writer.ts";
import { ConfigError } from "../core/errors.ts";
import { quotation } from "../core/http/answer.ts";
import { postRefusal } from "../core/http/post_reactions.ts";
import { createSession, type ServiceSession } from "../core/keystone/session.ts";
import { dumpValue } from "../core/notifications/value_text.ts";
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

/** Below Zaqar's default bound of a request; its JSON is ASCII. A longer message is sent alone. */
const requestBytesMax = 200_000;

/** It refuses any other with 400, as it refuses bad messages. */
const queueName = /^[a-zA-Z0-9_.-]{1,64}$/;

const options: readonly PublisherOption[] = [
  { name: "queue", kind: "string", help: "The queue to post to; it must be given." },
  {
    name: "ttl",
    kind: "int",
    min: 60,
    max: 1_209_600,
    default: "3600",
    unit: "seconds",
    help: "How long Zaqar keeps a message.",
  },
];

/** How Zaqar stands in the catalogue. */
const zaqarService = { type: "messaging" };

/** What it takes of ceilometer.conf. */
export type ZaqarSettings = Pick<PublisherSettings, "zaqar" | "keystone">;

/** `zaqar://?queue=meter_queue&ttl=1200`; its credentials are those of `[zaqar] auth_section`. */
export const zaqarKind: PublisherKind<ZaqarSettings> = {
  schemes: ["zaqar"],
  help: "Posts samples and events to a Zaqar queue.",
  takes: ["samples", "events"],
  options,
  unknownOptions: "error",
  concurrency: 1,
  farEnd: (_url, { settings }) => ({
    kind: "openstack",
    credentials: credentialsOf(settings),
    service: zaqarService,
    path: "/v2/ping",
  }),
  create: (url, deps) => new ZaqarPublisher(url, deps),
};

function credentialsOf({ zaqar, keystone }: ZaqarSettings): KeystoneConfig {
  const credentials = keystone.get(zaqar.authSection);
  if (credentials !== undefined) return credentials;
  throw new ConfigError(
    `Cannot use [zaqar] auth_section '${zaqar.authSection}': there is no such section, expected ` +
      "one with credentials",
  );
}

class ZaqarPublisher implements Publisher {
  readonly name: string;
  readonly #clock: Clock;
  readonly #queue: string;
  readonly #ttl: number;
  readonly #session: ServiceSession;
  /** By which Zaqar would keep our own messages from us. */
  readonly #clientId = crypto.randomUUID();
  #isClosed = false;

  constructor(url: PublisherUrl, { settings, clock }: PublisherDeps<ZaqarSettings>) {
    const { values, errors: [problem] } = readPublisherOptions(url, zaqarKind);
    if (problem !== undefined) throw new ConfigError(problem.text);
    const queue = values.text("queue");
    if (queue === undefined) {
      throw new ConfigError(
        `Cannot use the publisher '${shownUrl(url.text)}': it names no queue, expected ` +
          "zaqar://?queue=NAME",
      );
    }
    if (!queueName.test(queue)) {
      throw new ConfigError(
        `Cannot use the publisher '${shownUrl(url.text)}': Zaqar takes no queue of the name ` +
          `'${queue}', expected 1 to 64 letters, digits, '_', '-' or '.'`,
      );
    }
    const credentials = credentialsOf(settings);
    this.name = `zaqar://${queue}`;
    this.#clock = clock;
    this.#queue = queue;
    this.#ttl = values.number("ttl");
    this.#session = createSession(credentials, { clock });
  }

  publishSamples(samples: readonly Sample[], signal: AbortSignal): Promise<void> {
    return this.#publish(samples.map(sampleJson), signal);
  }

  publishEvents(events: readonly Event[], signal: AbortSignal): Promise<void> {
    return this.#publish(events.map((event) => dumpValue(serializeEvent(event))), signal);
  }

  close(): Promise<void> {
    this.#isClosed = true;
    return Promise.resolve();
  }

  async #publish(bodies: readonly string[], signal: AbortSignal): Promise<void> {
    if (this.#isClosed) throw new Error(`${this.name} is closed`);
    for (const messages of inRequests(bodies, this.#ttl)) {
      await this.#post(`{"messages": [${messages.join(", ")}]}`, signal);
    }
  }

  async #post(body: string, signal: AbortSignal): Promise<void> {
    const service = await this.#session.endpoint(zaqarService, signal);
    const root = service.replace(/\/v2$/, "");
    const project = await this.#session.project(signal);
    const answer = await this.#session.send({
      method: "POST",
      url: `${root}/v2/queues/${encodeURIComponent(this.#queue)}/messages`,
      headers: {
        "Content-Type": "application/json",
        Accept: "application/json",
        "Client-ID": this.#clientId,
        ...(project === undefined ? {} : { "X-Project-ID": project.id }),
      },
      body,
    }, signal);
    // Zaqar makes a queue that is missing: this is a URL where no Zaqar is.
    if (answer.status === 404 || answer.status === 405) {
      throw new StoreError(
        `Cannot post to '${this.name}': status ${answer.status}: ${quotation(answer.text)}, ` +
          "expected Zaqar at the catalogue's endpoint of type messaging",
        "hold",
      );
    }
    const refusal = postRefusal(answer, this.name, this.#clock.now());
    if (refusal !== undefined) throw refusal;
  }
}

function inRequests(bodies: readonly string[], ttl: number): readonly (readonly string[])[] {
  const requests: string[][] = [];
  let bytes = Infinity;
  for (const body of bodies) {
    const message = `{"body": ${body}, "ttl": ${ttl}}`;
    bytes += message.length;
    if (bytes > requestBytesMax) {
      requests.push([]);
      bytes = message.length;
    }
    requests.at(-1)?.push(message);
  }
  return requests;
}
