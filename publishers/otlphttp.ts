/**
 * Edge (net). `otlphttp://host:4318/v1/metrics`: samples as OpenTelemetry metrics over OTLP/HTTP with
 * JSON. Accepted means answered with 2xx and nothing rejected (`partialSuccess`).
 */
import type { PublisherSettings } from "../core/config/pipeline_config.ts";
import { PartialWriteError, StoreError } from "../core/delivery/writer.ts";
import { type Answer, quotation } from "../core/http/answer.ts";
import { HttpPoster, postOptions, sslOption } from "../core/http/poster.ts";
import { metricsRequest } from "../core/otlp/metrics_json.ts";
import type {
  Publisher,
  PublisherDeps,
  PublisherKind,
  PublisherUrl,
} from "../core/pipeline/publisher.ts";
import type { Sample } from "../core/pipeline/sample.ts";

/** Where collectors take metrics. */
const pathDefault = "/v1/metrics";

/** `otlphttp://host:4318[/v1/metrics]?ssl=true&timeout=5`. */
export const otlphttpKind: PublisherKind<PublisherSettings> = {
  schemes: ["otlphttp"],
  help: "Sends samples to an OpenTelemetry collector, OTLP/HTTP with JSON.",
  takes: ["samples"],
  options: [
    ...postOptions.filter(({ name }) => name !== "raw_only" && name !== "batch"),
    sslOption,
  ],
  unknownOptions: "error",
  concurrency: 1,
  gather: { items_max: 1000, wait_ms: 0 },
  create: (url, deps) => new OtlpHttpPublisher(url, deps),
};

class OtlpHttpPublisher implements Publisher {
  readonly name: string;
  readonly #poster: HttpPoster;

  constructor(url: PublisherUrl, deps: PublisherDeps<PublisherSettings>) {
    const path = url.path === "" || url.path === "/" ? pathDefault : url.path;
    this.#poster = new HttpPoster({ ...url, path }, deps, {
      kind: otlphttpKind,
      contentType: "application/json",
      refusalOf,
    });
    this.name = this.#poster.name;
  }

  async publishSamples(samples: readonly Sample[], signal: AbortSignal): Promise<void> {
    const { body, refused } = metricsRequest(samples);
    if (body !== undefined) await this.#poster.post(body, { signal });
    const [first] = refused;
    if (first !== undefined) throw new PartialWriteError(first.reason, refused);
  }

  publishEvents(): Promise<void> {
    return Promise.reject(new Error(`${this.name} takes no events`));
  }

  close(): Promise<void> {
    this.#poster.close();
    return Promise.resolve();
  }
}

function refusalOf({ status, text }: Answer, name: string): StoreError | undefined {
  if (status === 404 || status === 405) {
    return new StoreError(
      `Cannot send metrics to '${name}': status ${status}: ${quotation(text)}, expected an OTLP ` +
        `receiver's path such as ${pathDefault}`,
      "hold",
    );
  }
  const rejected = Math.floor(status / 100) === 2 ? rejectedPoints(text) : 0;
  if (rejected === 0) return undefined;
  return new StoreError(
    `Cannot send metrics to '${name}': it rejected ${rejected} data points: ${quotation(text)}, ` +
      "expected data that it accepts",
    "bisect",
  );
}

/** `partialSuccess.rejectedDataPoints` of an answer, which protobuf's JSON has as text. */
function rejectedPoints(text: string): number {
  const member = (value: unknown, name: string): unknown =>
    typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
  try {
    const partial = member(JSON.parse(text), "partialSuccess");
    return Number(member(partial, "rejectedDataPoints") ?? 0) || 0;
  } catch {
    return 0;
  }
}
