/**
 * Pure. Sources that send the same to the same publisher, each by itself: it comes twice, and a meter that
 * is billed is billed twice. For a rule of pipeline_rules.ts.
 */
import { shownUrl } from "../../config/publisher_url.ts";
import type { Source } from "../../pipeline/pipeline.ts";
import type { Hit } from "../finding.ts";
import { patternsComparedMax } from "../limits.ts";
import type { PipelineSubject } from "./subjects.ts";

const namesShown = 3;

/** One finding for a source and those before it: what they take alike, of what is known. */
export function takenTwice({ file, meters }: PipelineSubject): Hit[] {
  const sources = firstOf(file.sources);
  const names = new Set([
    ...(file.carries === "samples" ? meters.names : []),
    ...sources.flatMap(({ patterns }) => patterns.map(({ text }) => text).filter(isName)),
  ]);
  const taken = new Map(sources.map((source) => [source, takenOf(source, names)]));
  const publishers = new Map(sources.map((source) => [source, publishersOf(source, file)]));
  return sources.flatMap((second, i): Hit[] => {
    for (const first of sources.slice(0, i)) {
      const shared = publishers.get(second)?.values()
        .find((url) => publishers.get(first)?.has(url) === true);
      if (shared === undefined) continue;
      const both = [...taken.get(second) ?? []].filter((name) => taken.get(first)?.has(name));
      if (both.length === 0) continue;
      return [hitOf({ first, second, both, url: shared })];
    }
    return [];
  });
}

/** As many as may be compared. */
function firstOf(sources: readonly Source[]): readonly Source[] {
  let left = patternsComparedMax;
  // One without a pattern takes its part too.
  return sources.filter(({ patterns }) => (left -= patterns.length + 1) >= 0);
}

function hitOf({ first, second, both, url }: {
  readonly first: Source;
  readonly second: Source;
  readonly both: readonly string[];
  readonly url: string;
}): Hit {
  const shown = both.slice(0, namesShown).map((name) => `'${name}'`).join(", ");
  const more = both.length > namesShown ? ` and ${both.length - namesShown} more` : "";
  const expected = "sources that share no publisher or take nothing alike";
  const text = `The publisher '${shownUrl(url)}' gets ${shown}${more} twice: the source ` +
    `'${first.name}' takes that too, expected ${expected}`;
  return { rule: "pipeline/taken-twice", place: second.place, text, expected };
}

function takenOf({ filter }: Source, names: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...names].filter((name) => filter.takes(name)));
}

function publishersOf(of: Source, file: PipelineSubject["file"]): ReadonlySet<string> {
  const pipelines = file.pipelines.filter(({ source }) => source === of);
  return new Set(pipelines.flatMap(({ sink }) => sink.publishers.map(({ text }) => text)));
}

/** A pattern without wildcards that takes something. */
function isName(pattern: string): boolean {
  return pattern !== "" && !/[*?[]/.test(pattern) && !pattern.startsWith("!");
}
