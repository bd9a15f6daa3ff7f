/**
 * Edge (net, files). `monasca://https://host:port/v2.0`: samples as metrics posted to the Monasca API
 * behind Keystone. What a sample looks like as a metric is the field definitions' business. Accepted
 * means answered with 2xx.
 */
import type { Clock } from "../core/clock.ts";
import type { KeystoneConfig } from "../core/config/keystone_config.ts";
import { readPublisherOptions } from "../core/config/publisher_options.ts";
import { shownUrl } from "../core/config/publisher_url.ts";
import type { PublisherSettings } from "../core/config/pipeline_config.ts";
import { PartialWriteError, type RefusedItem, StoreError } from "../core/delivery/writer.ts";
import { ConfigError } from "../core/errors.ts";
import { quotation } from "../core/http/answer.ts";
import { postRefusal } from "../core/http/post_reactions.ts";
import { createSession, type ServiceSession } from "../core/keystone/session.ts";
import { loadFieldMapping } from "../core/monasca_api/load_mapping.ts";
import { type MadeMetric, metricMaker } from "../core/monasca_api/metric.ts";
import type {
  Publisher,
  PublisherDeps,
  PublisherKind,
  PublisherUrl,
} from "../core/pipeline/publisher.ts";
import type { Sample } from "../core/pipeline/sample.ts";

/** What it takes of ceilometer.conf. */
export type MonascaSettings = Pick<PublisherSettings, "monasca" | "keystone" | "searchFolders">;

/** `monasca://https://host:port/v2.0`; its options stand in `[monasca]`. */
export const monascaKind: PublisherKind<MonascaSettings> = {
  schemes: ["monasca"],
  help: "Posts samples as metrics to the Monasca API.",
  takes: ["samples"],
  options: [],
  unknownOptions: "error",
  concurrency: 1,
  gather: { items_max: 1000, wait_ms: 0 },
  farEnd: (url, { settings }) => ({
    kind: "openstack",
    credentials: credentialsOf(settings),
    service: endpointOf(url, shownUrl(url.text)),
    path: "",
  }),
  create: (url, deps) => new MonascaPublisher(url, deps),
};

/** A far end that fails is asked at most so often in one call, as with the reference. */
const triesMax = 10;

/** The first wait before a request is sent again; each further one is twice as long. */
const firstWaitMs = 100;

function credentialsOf({ monasca, keystone }: MonascaSettings): KeystoneConfig {
  const credentials = keystone.get(monasca.credentials);
  if (credentials !== undefined) return credentials;
  throw new ConfigError(
    `Cannot use [monasca] auth_section '${monasca.credentials}': there is no such section, ` +
      "expected one with credentials",
  );
}

class MonascaPublisher implements Publisher {
  readonly name: string;
  readonly #url: string;
  readonly #clock: Clock;
  readonly #settings: MonascaSettings["monasca"];
  readonly #session: ServiceSession;
  readonly #make: (sample: Sample) => MadeMetric;
  #isClosed = false;

  constructor(url: PublisherUrl, { settings, clock, log }: PublisherDeps<MonascaSettings>) {
    this.name = shownUrl(url.text);
    const problem = readPublisherOptions(url, monascaKind).errors[0];
    if (problem !== undefined) throw new ConfigError(problem.text);
    this.#url = `${endpointOf(url, this.name)}/metrics`;
    this.#clock = clock;
    this.#settings = settings.monasca;
    const { requestTimeoutMs } = settings.monasca;
    this.#session = createSession(credentialsOf(settings), { clock, timeoutMs: requestTimeoutMs });
    this.#make = metricMaker(loadFieldMapping(settings, log), settings.monasca);
  }

  async publishSamples(samples: readonly Sample[], signal: AbortSignal): Promise<void> {
    if (this.#isClosed) throw new Error(`${this.name} is closed`);
    const metrics: string[] = [];
    const refused: RefusedItem[] = [];
    for (const [item, sample] of samples.entries()) {
      const made = this.#make(sample);
      if ("json" in made) metrics.push(made.json);
      else {
        const reason = `Cannot make a metric of a sample of '${sample.name}': ${made.why}`;
        refused.push({ item, reaction: "bisect", reason });
      }
    }
    for (const body of this.#bodies(metrics)) await this.#post(body, signal);
    const [first] = refused;
    if (first !== undefined) throw new PartialWriteError(first.reason, refused);
  }

  publishEvents(): Promise<void> {
    return Promise.reject(new Error(`${this.name} takes no events`));
  }

  close(): Promise<void> {
    this.#isClosed = true;
    return Promise.resolve();
  }

  #bodies(metrics: readonly string[]): readonly string[] {
    const { batchMode, batchItemsMax } = this.#settings;
    if (!batchMode) return metrics;
    return Array.from(
      { length: Math.ceil(metrics.length / batchItemsMax) },
      (_, n) => `[${metrics.slice(n * batchItemsMax, (n + 1) * batchItemsMax).join(", ")}]`,
    );
  }

  /** A short disturbance is waited out here, a long one is the policy's business. */
  async #post(body: string, signal: AbortSignal): Promise<void> {
    const { retriesMax, retryIntervalMs } = this.#settings;
    for (let tries = 1;; tries++) {
      try {
        return await this.#send(body, signal);
      } catch (error) {
        const isLast = tries >= Math.min(retriesMax, triesMax) || signal.aborted;
        if (isLast || !isShort(error)) throw error;
      }
      const waitMs = Math.min(firstWaitMs * 2 ** (tries - 1), retryIntervalMs);
      await this.#clock.sleep(waitMs, signal);
    }
  }

  async #send(body: string, signal: AbortSignal): Promise<void> {
    const headers = { "Content-Type": "application/json" };
    const request = { method: "POST", url: this.#url, headers, body } as const;
    const answer = await this.#session.send(request, signal);
    const { status, text } = answer;
    // The API refuses data with 400 and 422; this is a URL where no API is.
    if (status === 404 || status === 405) {
      throw new StoreError(
        `Cannot post to '${this.name}': status ${status}: ${quotation(text)}, expected the ` +
          "Monasca API at that URL (monasca://https://host:8070/v2.0)",
        "hold",
      );
    }
    const refusal = postRefusal(answer, this.name, this.#clock.now());
    if (refusal !== undefined) throw refusal;
  }
}

/** A server that was silent has had its time, and one that names a time to wait is given it. */
function isShort(error: unknown): boolean {
  if (!(error instanceof StoreError) || error.reaction !== "retry") return false;
  if (error.retryAfterMs !== undefined) return false;
  return !(error.cause instanceof Error && error.cause.name === "TimeoutError");
}

/** What stands behind `monasca://` is the API's URL, which the parts of ours hold in pieces. */
function endpointOf(url: PublisherUrl, name: string): string {
  const text = url.text.slice(url.text.indexOf("://") + 3).replace(/[?#].*$/s, "");
  const parsed = /^https?:\/\/[^/]/i.test(text) ? URL.parse(text) : null;
  if (parsed === null || parsed.username !== "" || parsed.password !== "") {
    throw new ConfigError(
      `Cannot use the publisher '${name}': no URL of the Monasca API without a user stands behind ` +
        "'monasca://', expected monasca://https://host:8070/v2.0",
    );
  }
  return text.replace(/\/+$/, "");
}
