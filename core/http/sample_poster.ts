/**
 * Edge (net). A publisher that posts the samples of a call as one body to a receiver that has them at a
 * path of its own (OTLP, Prometheus' remote write): what differs is the body and the words. Accepted
 * means answered with 2xx, and whatever else the receiver's own refusals ask for.
 */
import type { PublisherSettings } from "../config/pipeline_config.ts";
import { PartialWriteError, type RefusedItem, StoreError } from "../delivery/writer.ts";
import type {
  Publisher,
  PublisherDeps,
  PublisherKind,
  PublisherOption,
  PublisherUrl,
} from "../pipeline/publisher.ts";
import type { Sample } from "../pipeline/sample.ts";
import { type Answer, quotation } from "./answer.ts";
import { HttpPoster, postOptions, sslOption } from "./poster.ts";

/** All options of those that post but what one body makes meaningless. */
export const samplePostOptions: readonly PublisherOption[] = [
  ...postOptions.filter(({ name }) => name !== "raw_only" && name !== "batch"),
  sslOption,
];

/** What a receiver takes, and how its refusals are told. */
export interface SampleReceiver {
  readonly kind: PublisherKind<PublisherSettings>;
  /** Where receivers have it, for URLs without a path. */
  readonly pathDefault: string;
  /** For people: "an OTLP receiver's path". */
  readonly pathName: string;
  readonly contentType: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The body, undefined where no sample can be said; and which cannot. */
  bodyOf(samples: readonly Sample[]): {
    readonly body: string | Uint8Array | undefined;
    readonly refused: readonly RefusedItem[];
  };
  /** Refusals besides those by status. */
  readonly refusalOf?: (answer: Answer, name: string) => StoreError | undefined;
}

/** Connects to nothing yet. Throws ConfigError. */
export function createSamplePoster(
  url: PublisherUrl,
  deps: PublisherDeps<PublisherSettings>,
  receiver: SampleReceiver,
): Publisher {
  const { kind, pathDefault, contentType, headers = {} } = receiver;
  const path = url.path === "" || url.path === "/" ? pathDefault : url.path;
  const poster = new HttpPoster({ ...url, path }, deps, {
    kind,
    contentType,
    refusalOf: (answer, name) =>
      wrongPath(answer, name, receiver) ?? receiver.refusalOf?.(answer, name),
  });
  const { name } = poster;
  return {
    name,
    async publishSamples(samples, signal): Promise<void> {
      const { body, refused } = receiver.bodyOf(samples);
      if (body !== undefined) await poster.post(body, { signal, headers });
      const [first] = refused;
      if (first !== undefined) throw new PartialWriteError(first.reason, refused);
    },
    publishEvents: () => Promise.reject(new Error(`${name} takes no events`)),
    close(): Promise<void> {
      poster.close();
      return Promise.resolve();
    },
  };
}

/** Of the URL, not of the data; also where a receiver is turned off. */
function wrongPath(
  { status, text }: Answer,
  name: string,
  { pathDefault, pathName }: SampleReceiver,
): StoreError | undefined {
  if (status !== 404 && status !== 405) return undefined;
  return new StoreError(
    `Cannot send samples to '${name}': status ${status}: ${
      quotation(text)
    }, expected ${pathName} ` +
      `such as ${pathDefault}`,
    "hold",
  );
}
