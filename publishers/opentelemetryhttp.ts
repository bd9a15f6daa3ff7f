/**
 * Edge (net). `opentelemetryhttp://host:4318/v1/metrics`: samples posted one by one in the bytes of
 * Ceilometer's own publisher, for far ends made for them. An OpenTelemetry collector misreads them;
 * what is right for one is `otlphttp://`. Accepted means answered with 2xx.
 */
import type { PublisherSettings } from "../core/config/pipeline_config.ts";
import type { RefusedItem } from "../core/delivery/writer.ts";
import { type ItemBody, postEach } from "../core/http/post_each.ts";
import { HttpPoster, postFarEnd, postOptions, sslOption } from "../core/http/poster.ts";
import { referenceJson } from "../core/otlp/reference_json.ts";
import type {
  Publisher,
  PublisherDeps,
  PublisherKind,
  PublisherUrl,
} from "../core/pipeline/publisher.ts";
import type { Sample } from "../core/pipeline/sample.ts";

/** `opentelemetryhttp://host:4318/v1/metrics?ssl=true&timeout=5`. */
export const opentelemetryhttpKind: PublisherKind<PublisherSettings> = {
  schemes: ["opentelemetryhttp"],
  help: "Posts samples in the form of Ceilometer's opentelemetryhttp, which is not quite OTLP.",
  takes: ["samples"],
  options: [...postOptions, sslOption],
  unknownOptions: "passed_on",
  concurrency: 1,
  farEnd: (url) => postFarEnd(url, opentelemetryhttpKind),
  create: (url, deps) => new OpentelemetryHttpPublisher(url, deps),
};

class OpentelemetryHttpPublisher implements Publisher {
  readonly name: string;
  readonly #poster: HttpPoster;

  constructor(url: PublisherUrl, deps: PublisherDeps<PublisherSettings>) {
    this.#poster = new HttpPoster(url, deps, {
      kind: opentelemetryhttpKind,
      contentType: "application/json",
    });
    this.name = this.#poster.name;
  }

  publishSamples(samples: readonly Sample[], signal: AbortSignal): Promise<void> {
    const bodies: ItemBody[] = [];
    const refused: RefusedItem[] = [];
    for (const [item, sample] of samples.entries()) {
      const made = referenceJson(sample);
      if ("json" in made) bodies.push({ item, body: made.json });
      else {
        const reason = `Cannot make a data point of a sample of '${sample.name}': ${made.why}`;
        refused.push({ item, reaction: "bisect", reason });
      }
    }
    return postEach(bodies, { post: (body) => this.#poster.post(body, { signal }), refused });
  }

  publishEvents(): Promise<void> {
    return Promise.reject(new Error(`${this.name} takes no events`));
  }

  close(): Promise<void> {
    this.#poster.close();
    return Promise.resolve();
  }
}
