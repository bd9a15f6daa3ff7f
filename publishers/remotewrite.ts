/**
 * Edge (net). `remotewrite://host:9090/api/v1/write`: samples with their own times by Prometheus'
 * remote write, for Prometheus, VictoriaMetrics, Mimir and others. Accepted means answered with 2xx.
 */
import type { PublisherSettings } from "../core/config/pipeline_config.ts";
import { postFarEnd } from "../core/http/poster.ts";
import { createSamplePoster, samplePostOptions } from "../core/http/sample_poster.ts";
import type { PublisherKind } from "../core/pipeline/publisher.ts";
import { writeRequest } from "../core/prometheus/write_request.ts";

/** `remotewrite://host:9090[/api/v1/write]?ssl=true&timeout=5`. */
export const remotewriteKind: PublisherKind<PublisherSettings> = {
  schemes: ["remotewrite"],
  help: "Writes samples with their own times by Prometheus' remote write.",
  takes: ["samples"],
  options: samplePostOptions,
  unknownOptions: "error",
  concurrency: 1,
  gather: { items_max: 1000, wait_ms: 0 },
  farEnd: (url) => postFarEnd(url, remotewriteKind),
  create: (url, deps) =>
    createSamplePoster(url, deps, {
      kind: remotewriteKind,
      pathDefault: "/api/v1/write",
      pathName: "a remote-write receiver's path",
      contentType: "application/x-protobuf",
      headers: {
        "Content-Encoding": "snappy",
        "X-Prometheus-Remote-Write-Version": "0.1.0",
      },
      bodyOf: writeRequest,
    }),
};
