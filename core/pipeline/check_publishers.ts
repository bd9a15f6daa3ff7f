/**
 * Pure. Whether the publishers of a pipeline file can be loaded: a known scheme, samples or events as
 * it takes them, options that it knows. Making publishers is the loop's business.
 */
import type { ConfigNotice } from "../config/check_options.ts";
import { readPublisherOptions } from "../config/publisher_options.ts";
import { shownUrl } from "../config/publisher_url.ts";
import { didYouMean } from "../config/suggest.ts";
import { ConfigError } from "../errors.ts";
import type { PipelineFile, PublisherReference, Sink } from "./pipeline.ts";
import type { PublisherKind } from "./publisher.ts";

/** What must be known of a transport to check its URLs. */
export type KnownPublisher = Pick<
  PublisherKind<unknown>,
  "schemes" | "takes" | "options" | "unknownOptions"
>;

/** What is wrong with publishers, by the texts of their URLs. */
export interface PublisherCheck {
  readonly bad: ReadonlyMap<string, readonly ConfigError[]>;
  /** Of those, the ones that only have options too many: their names. */
  readonly unknownOptions: ReadonlyMap<string, readonly string[]>;
  /** Options that are passed on to the far end. */
  readonly notices: readonly ConfigNotice[];
}

/** What is looked at of a pipeline file. */
type PublishersOfFile = Pick<PipelineFile, "carries" | "publishers">;

/** Looks at each URL of the file once. */
export function checkPublishers(
  file: PublishersOfFile,
  kinds: readonly KnownPublisher[],
): PublisherCheck {
  const bad = new Map<string, readonly ConfigError[]>();
  const unknownOptions = new Map<string, readonly string[]>();
  const notices: ConfigNotice[] = [];
  for (const reference of file.publishers) {
    const { text, url, place } = reference;
    const kind = kinds.find((one) => one.schemes.includes(url.scheme));
    const fault = faultOf(reference, file, { kind, kinds });
    if (kind === undefined || fault !== undefined) {
      const rule = `publisher/${kind === undefined ? "unknown-scheme" : "wrong-cargo"}`;
      bad.set(text, [new ConfigError(fault ?? "", place, { rule })]);
      continue;
    }
    const { errors, notes } = readPublisherOptions(url, kind);
    if (errors.length > 0) {
      const names = kind.options.map(({ name }) => name);
      const unknown = errors.map(({ option }) => option).filter((name) => !names.includes(name));
      if (unknown.length === errors.length) unknownOptions.set(text, unknown);
      bad.set(
        text,
        errors.map((error) => {
          const rule = `publisher/${names.includes(error.option) ? "bad" : "unknown"}-option`;
          return new ConfigError(error.text, place, { rule });
        }),
      );
    }
    for (const { text: said } of notes) {
      notices.push({ level: "info", text: said, place, rule: "publisher/passed-on-option" });
    }
  }
  return { bad, unknownOptions, notices };
}

function faultOf(
  { text, url }: PublisherReference,
  { carries }: PublishersOfFile,
  { kind, kinds }: {
    readonly kind: KnownPublisher | undefined;
    readonly kinds: readonly KnownPublisher[];
  },
): string | undefined {
  const begin = `Cannot use the publisher '${shownUrl(text)}': `;
  const able = kinds.filter((one) => one.takes.includes(carries)).flatMap((one) => one.schemes);
  if (kind === undefined) {
    const hint = didYouMean(url.scheme, able);
    const expected = hint === "" ? `one of ${able.join(", ")}` : "a known one";
    return `${begin}the scheme '${url.scheme}' is unknown, expected ${expected}${hint}`;
  }
  if (kind.takes.includes(carries)) return undefined;
  return `${begin}it takes no ${carries}, expected one of ${able.join(", ")}`;
}

/**
 * The file as if its sinks did not name the publishers that cannot be loaded. One that only has
 * options too many stays without them: the reference passes these over.
 */
export function withoutBad(
  file: PipelineFile,
  { bad, unknownOptions }: Pick<PublisherCheck, "bad" | "unknownOptions">,
): PipelineFile {
  const kept = (references: readonly PublisherReference[]) =>
    references.flatMap((reference) => {
      const { text, url } = reference;
      if (!bad.has(text)) return [reference];
      const names = unknownOptions.get(text);
      if (names === undefined) return [];
      const query = url.query.filter(([name]) => !names.includes(name));
      return [{ ...reference, url: { ...url, query } }];
    });
  const sinks = new Map<Sink, Sink>(
    file.sinks.map((sink) => [sink, { ...sink, publishers: kept(sink.publishers) }]),
  );
  return {
    ...file,
    sinks: [...sinks.values()],
    pipelines: file.pipelines.map((pipeline) => (
      { ...pipeline, sink: sinks.get(pipeline.sink) ?? pipeline.sink }
    )),
    publishers: kept(file.publishers),
  };
}
