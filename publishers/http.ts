/**
 * Edge (net). `http://` and `https://`: samples and events posted as JSON, all of a notification in
 * one request or one request each. Accepted means answered with 2xx.
 */
import type { PublisherSettings } from "../core/config/pipeline_config.ts";
import { postEach } from "../core/http/post_each.ts";
import { HttpPoster, postFarEnd, postOptions } from "../core/http/poster.ts";
import { isDict, type Value } from "../core/notifications/value.ts";
import { isTrue } from "../core/notifications/value_rules.ts";
import { dumpValue } from "../core/notifications/value_text.ts";
import type { Event } from "../core/pipeline/event.ts";
import { sampleJson, serializeEvent } from "../core/pipeline/messages.ts";
import type {
  Publisher,
  PublisherDeps,
  PublisherKind,
  PublisherUrl,
} from "../core/pipeline/publisher.ts";
import type { Sample } from "../core/pipeline/sample.ts";

/** `http://user:password@host:port/path?timeout=5&batch=false`. */
export const httpKind: PublisherKind<PublisherSettings> = {
  schemes: ["http", "https"],
  help: "Posts samples and events as JSON.",
  takes: ["samples", "events"],
  options: postOptions,
  unknownOptions: "passed_on",
  concurrency: 16,
  farEnd: (url) => postFarEnd(url, httpKind),
  create: (url, deps) => new HttpPublisher(url, deps),
};

/** The JSON of an item and its index in the call; an event without a raw payload may have none. */
interface Body {
  readonly item: number;
  readonly json: string;
}

class HttpPublisher implements Publisher {
  readonly name: string;
  readonly #poster: HttpPoster;
  readonly #isBatch: boolean;
  readonly #isRawOnly: boolean;

  constructor(url: PublisherUrl, deps: PublisherDeps<PublisherSettings>) {
    this.#poster = new HttpPoster(url, deps, { kind: httpKind, contentType: "application/json" });
    this.name = this.#poster.name;
    this.#isBatch = this.#poster.options.bool("batch");
    this.#isRawOnly = this.#poster.options.bool("raw_only");
  }

  publishSamples(samples: readonly Sample[], signal: AbortSignal): Promise<void> {
    return this.#post(samples.map((sample, item) => ({ item, json: sampleJson(sample) })), signal);
  }

  publishEvents(events: readonly Event[], signal: AbortSignal): Promise<void> {
    const bodies = events.flatMap((event, item) => {
      const value = this.#isRawOnly ? rawPayload(event) : serializeEvent(event);
      return value === undefined ? [] : [{ item, json: dumpValue(value) }];
    });
    return this.#post(bodies, signal);
  }

  close(): Promise<void> {
    this.#poster.close();
    return Promise.resolve();
  }

  async #post(bodies: readonly Body[], signal: AbortSignal): Promise<void> {
    if (bodies.length === 0) return;
    if (this.#isBatch) {
      const list = `[${bodies.map(({ json }) => json).join(", ")}]`;
      return await this.#poster.post(list, { signal });
    }
    const post = (json: string): Promise<void> => this.#poster.post(json, { signal });
    await postEach(bodies.map(({ item, json }) => ({ item, body: json })), { post });
  }
}

/** `raw.payload` where Python holds it for true. */
function rawPayload({ raw }: Event): Value | undefined {
  const payload = isDict(raw) ? raw.payload : undefined;
  return payload !== undefined && isTrue(payload) ? payload : undefined;
}
