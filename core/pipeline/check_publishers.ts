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
  /** Options that are passed on to the far end. */
  readonly notices: readonly ConfigNotice[];
}

/** Looks at each URL of the file once. */
export function checkPublishers(
  file: PipelineFile,
  kinds: readonly KnownPublisher[],
): PublisherCheck {
  const bad = new Map<string, readonly ConfigError[]>();
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
  return { bad, notices };
}

function faultOf(
  { text, url }: PublisherReference,
  { carries }: PipelineFile,
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

/** The file without some publishers, as if its sinks did not name them. */
export function withoutPublishers(file: PipelineFile, texts: ReadonlySet<string>): PipelineFile {
  const kept = (references: readonly PublisherReference[]) =>
    references.filter((reference) => !texts.has(reference.text));
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
