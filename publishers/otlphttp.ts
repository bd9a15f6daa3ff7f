/**
 * Edge (net). `otlphttp://host:4318/v1/metrics`: samples as OpenTelemetry metrics over OTLP/HTTP with
 * JSON. Accepted means answered with 2xx and nothing rejected (`partialSuccess`).
 */
import type { PublisherSettings } from "../core/config/pipeline_config.ts";
import { StoreError } from "../core/delivery/writer.ts";
import { type Answer, quotation } from "../core/http/answer.ts";
import { postFarEnd } from "../core/http/poster.ts";
import { createSamplePoster, samplePostOptions } from "../core/http/sample_poster.ts";
import { metricsRequest } from "../core/otlp/metrics_json.ts";
import type { PublisherKind } from "../core/pipeline/publisher.ts";

/** `otlphttp://host:4318[/v1/metrics]?ssl=true&timeout=5`. */
export const otlphttpKind: PublisherKind<PublisherSettings> = {
  schemes: ["otlphttp"],
  help: "Sends samples to an OpenTelemetry collector, OTLP/HTTP with JSON.",
  takes: ["samples"],
  options: samplePostOptions,
  unknownOptions: "error",
  concurrency: 1,
  gather: { items_max: 1000, wait_ms: 0 },
  farEnd: (url) => postFarEnd(url, otlphttpKind),
  create: (url, deps) =>
    createSamplePoster(url, deps, {
      kind: otlphttpKind,
      pathDefault: "/v1/metrics",
      pathName: "an OTLP receiver's path",
      contentType: "application/json",
      bodyOf: metricsRequest,
      refusalOf,
    }),
};

function refusalOf({ status, text }: Answer, name: string): StoreError | undefined {
  const rejected = Math.floor(status / 100) === 2 ? rejectedPoints(text) : 0;
  if (rejected === 0) return undefined;
  return new StoreError(
    `Cannot send samples to '${name}': it rejected ${rejected} data points: ${quotation(text)}, ` +
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
