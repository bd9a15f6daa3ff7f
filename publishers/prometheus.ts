/**
 * Edge (net). `prometheus://host:9091/metrics/job/ceilometer`: samples pushed to a Prometheus
 * Pushgateway, a group for each resource unless the URL names a grouping of its own. The Pushgateway
 * keeps the last value of each series, and no times. Accepted means answered with 2xx.
 */
import type { PublisherSettings } from "../core/config/pipeline_config.ts";
import { PartialWriteError, type RefusedItem, StoreError } from "../core/delivery/writer.ts";
import { type Answer, quotation } from "../core/http/answer.ts";
import { HttpPoster, postFarEnd, postOptions, sslOption } from "../core/http/poster.ts";
import { valueStr } from "../core/notifications/value_text.ts";
import type {
  Publisher,
  PublisherDeps,
  PublisherKind,
  PublisherUrl,
} from "../core/pipeline/publisher.ts";
import type { Sample } from "../core/pipeline/sample.ts";
import { hasGrouping, resourceGroup } from "../core/prometheus/grouping.ts";
import { pushText, volumeProblem } from "../core/prometheus/text_format.ts";

/** `prometheus://host:9091/metrics/job/NAME[/label/value]...?ssl=true&timeout=5`. */
export const prometheusKind: PublisherKind<PublisherSettings> = {
  schemes: ["prometheus"],
  help: "Pushes samples to a Prometheus Pushgateway.",
  takes: ["samples"],
  options: [...postOptions, sslOption],
  unknownOptions: "passed_on",
  concurrency: 1,
  farEnd: (url) => postFarEnd(url, prometheusKind),
  create: (url, deps) => new PrometheusPublisher(url, deps),
};

class PrometheusPublisher implements Publisher {
  readonly name: string;
  readonly #poster: HttpPoster;
  readonly #path: string;

  constructor(url: PublisherUrl, deps: PublisherDeps<PublisherSettings>) {
    this.#poster = new HttpPoster(url, deps, {
      kind: prometheusKind,
      contentType: "text/plain; version=0.0.4",
      refusalOf: wrongPath,
    });
    this.name = this.#poster.name;
    this.#path = url.path;
  }

  async publishSamples(samples: readonly Sample[], signal: AbortSignal): Promise<void> {
    const refused: RefusedItem[] = [];
    const good = samples.filter((sample, item) => {
      const reason = volumeProblem(sample);
      if (reason !== undefined) refused.push({ item, reaction: "bisect", reason });
      return reason === undefined;
    });
    // What was accepted before a failure comes again with the rest: the last value stays the last.
    for (const [subPath, group] of this.#groups(good)) {
      await this.#poster.post(pushText(group), { signal, subPath });
    }
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

  #groups(samples: readonly Sample[]): ReadonlyMap<string, Sample[]> {
    const path = this.#path;
    if (hasGrouping(path)) return new Map(samples.length === 0 ? [] : [["", [...samples]]]);
    return Map.groupBy(
      samples,
      ({ resource_id }) => resourceGroup(valueStr(resource_id), path),
    );
  }
}

/** Nothing is wrong with the data where nobody takes any. */
function wrongPath({ status, text }: Answer, name: string): StoreError | undefined {
  if (status !== 404 && status !== 405) return undefined;
  return new StoreError(
    `Cannot push to '${name}': status ${status}: ${
      quotation(text)
    }, expected a Pushgateway's path ` +
      "such as /metrics/job/ceilometer",
    "hold",
  );
}
