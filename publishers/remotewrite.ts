/**
 * Edge (net). `remotewrite://host:9090/api/v1/write`: samples with their own times by Prometheus'
 * remote write, for Prometheus, VictoriaMetrics, Mimir and others. Accepted means answered with 2xx.
 */
import type { PublisherSettings } from "../core/config/pipeline_config.ts";
import { PartialWriteError, StoreError } from "../core/delivery/writer.ts";
import { type Answer, quotation } from "../core/http/answer.ts";
import { HttpPoster, postOptions, sslOption } from "../core/http/poster.ts";
import type {
  Publisher,
  PublisherDeps,
  PublisherKind,
  PublisherUrl,
} from "../core/pipeline/publisher.ts";
import type { Sample } from "../core/pipeline/sample.ts";
import { writeRequest } from "../core/prometheus/write_request.ts";

/** Where Prometheus and those like it take remote writes. */
const pathDefault = "/api/v1/write";

const headers = {
  "Content-Encoding": "snappy",
  "X-Prometheus-Remote-Write-Version": "0.1.0",
} as const;

/** `remotewrite://host:9090[/api/v1/write]?ssl=true&timeout=5`. */
export const remotewriteKind: PublisherKind<PublisherSettings> = {
  schemes: ["remotewrite"],
  help: "Writes samples with their own times by Prometheus' remote write.",
  takes: ["samples"],
  options: [
    ...postOptions.filter(({ name }) => name !== "raw_only" && name !== "batch"),
    sslOption,
  ],
  unknownOptions: "error",
  concurrency: 1,
  gather: { items_max: 1000, wait_ms: 0 },
  create: (url, deps) => new RemoteWritePublisher(url, deps),
};

class RemoteWritePublisher implements Publisher {
  readonly name: string;
  readonly #poster: HttpPoster;

  constructor(url: PublisherUrl, deps: PublisherDeps<PublisherSettings>) {
    const path = url.path === "" || url.path === "/" ? pathDefault : url.path;
    this.#poster = new HttpPoster({ ...url, path }, deps, {
      kind: remotewriteKind,
      contentType: "application/x-protobuf",
      refusalOf: wrongPath,
    });
    this.name = this.#poster.name;
  }

  async publishSamples(samples: readonly Sample[], signal: AbortSignal): Promise<void> {
    const { body, refused } = writeRequest(samples);
    if (body !== undefined) await this.#poster.post(body, { signal, headers });
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

/** Prometheus answers 404 too where its receiver is turned off. */
function wrongPath({ status, text }: Answer, name: string): StoreError | undefined {
  if (status !== 404 && status !== 405) return undefined;
  return new StoreError(
    `Cannot write to '${name}': status ${status}: ${quotation(text)}, expected a remote-write ` +
      `receiver's path such as ${pathDefault}`,
    "hold",
  );
}
