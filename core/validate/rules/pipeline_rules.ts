/**
 * Pure. Rules for pipeline.yaml and event_pipeline.yaml: sources, sinks and how they go together. What
 * publishers are is publisher_rules.ts; how patterns are looked at is pattern_checks.ts.
 */
import type { Hit } from "../finding.ts";
import type { Example, LintRule, Rule } from "../rule.ts";
import { takenTwice } from "./overlap_checks.ts";
import {
  deadPatterns,
  shadowedExclusions,
  unknownMeters,
  unreachableSources,
  wildcardsWithoutMeter,
} from "./pattern_checks.ts";
import { publishedTwice, repeatedPublishers } from "./publisher_checks.ts";
import type { PipelineSubject } from "./subjects.ts";

/** One source and one sink, with a list of meters. */
function meters(list: string): Example {
  return {
    kind: "pipeline.yaml",
    text: `sources:
  - name: compute
    meters: [${list}]
    sinks: [keep]
sinks:
  - name: keep
    publishers: ["file:///var/lib/ceilometer/samples?json"]
`,
  };
}

const everything = meters('"*"');

/** Its good example, with one line instead of another. */
function instead(line: string, by: string): Example {
  return { ...everything, text: everything.text.replace(line, by) };
}

/** What the reader of pipelines refuses. */
export const PIPELINE_RULES: readonly Rule[] = [
  {
    id: "pipeline/structure",
    severity: "error",
    explanation: "A source or a sink lacks a field, or has something in it that cannot be used. " +
      "Sources have a name, meters or events, and sinks; sinks have a name and publishers.",
    bad: instead("    sinks: [keep]\n", ""),
    good: everything,
  },
  {
    id: "pipeline/unknown-sink",
    severity: "error",
    explanation: "A source names a sink that the file does not have.",
    bad: instead("sinks: [keep]", "sinks: [kept]"),
    good: everything,
  },
  {
    id: "pipeline/duplicate-name",
    severity: "error",
    explanation: "Two sources or two sinks have one name, or a source names a sink twice.",
    bad: instead("sinks: [keep]", "sinks: [keep, keep]"),
    good: everything,
  },
  {
    id: "pipeline/mixed-filter",
    severity: "error",
    explanation:
      "Included names stand beside excluded ones or beside '*'. A list either includes, " +
      "or takes everything but what it excludes.",
    bad: meters('"*", "vcpus"'),
    good: meters('"*", "!vcpus"'),
  },
  {
    id: "pipeline/former-member",
    severity: "warning",
    explanation:
      "A source or a sink has a member that earlier releases of Ceilometer read. Nobody " +
      "does any more.",
    bad: {
      ...everything,
      text: `${everything.text}    transformers:\n      - name: rate_of_change\n`,
    },
    good: everything,
  },
  {
    id: "pipeline/odd-list",
    severity: "warning",
    explanation: "A text or a map stands where a list belongs. Ceilometer goes over a text's " +
      "characters and a map's keys, which nobody means.",
    bad: instead('meters: ["*"]', 'meters: "*"'),
    good: everything,
  },
];

/** What lint rules find in a file that works. */
export const PIPELINE_LINT: readonly LintRule<PipelineSubject>[] = [
  {
    id: "pipeline/unused-sink",
    severity: "warning",
    explanation: "No source names the sink, so nothing reaches its publishers.",
    bad: {
      ...everything,
      text: `${everything.text}  - name: spare\n    publishers: ["udp://collector:4952"]\n`,
    },
    good: everything,
    check: unusedSinks,
  },
  {
    id: "pipeline/unreachable-source",
    severity: "warning",
    explanation: "The source lets nothing through: its exclusions take everything.",
    bad: meters('"*", "!*"'),
    good: everything,
    check: unreachableSources,
  },
  {
    id: "pipeline/dead-pattern",
    severity: "warning",
    explanation: "The pattern can match no name: it has a character class that holds nothing, or " +
      "blanks around it, or it stands a second time.",
    bad: meters('"disk.[z-a]*"'),
    good: meters('"disk.[a-z]*"'),
    check: deadPatterns,
  },
  {
    id: "pipeline/shadowed-exclusion",
    severity: "warning",
    explanation:
      "The exclusion says nothing: a wider one in the same list takes all that it takes.",
    bad: meters('"*", "!disk.*", "!disk.root.size"'),
    good: meters('"*", "!disk.*"'),
    check: shadowedExclusions,
  },
  {
    id: "pipeline/wildcard-without-meter",
    severity: "warning",
    explanation: "No meter that the definitions and Ceilometer's pollsters make fits the pattern.",
    bad: meters('"dsk.*"'),
    good: meters('"disk.*"'),
    check: wildcardsWithoutMeter,
  },
  {
    id: "pipeline/unknown-meter",
    severity: "warning",
    explanation: "Neither the definitions nor Ceilometer's pollsters make a meter of this name.",
    bad: meters('"vcpu"'),
    good: meters('"vcpus"'),
    check: unknownMeters,
  },
  {
    id: "pipeline/duplicate-publisher",
    severity: "warning",
    explanation: "A sink names a publisher twice, so everything is published to it twice.",
    bad: instead(
      'publishers: ["file:///var/lib/ceilometer/samples?json"]',
      'publishers: ["udp://collector:4952", "udp://collector:4952"]',
    ),
    good: instead(
      'publishers: ["file:///var/lib/ceilometer/samples?json"]',
      'publishers: ["udp://collector:4952", "udp://other:4952"]',
    ),
    check: repeatedPublishers,
  },
  {
    id: "pipeline/published-twice",
    severity: "warning",
    explanation: "A source reaches one publisher by two of its sinks, so it gets everything twice.",
    bad: {
      kind: "pipeline.yaml",
      text: twoSinks("udp://collector:4952"),
    },
    good: {
      kind: "pipeline.yaml",
      text: twoSinks("udp://other:4952"),
    },
    check: publishedTwice,
  },
  {
    id: "pipeline/taken-twice",
    severity: "warning",
    explanation:
      "Two sources take the same meters or events and reach the same publisher: each of " +
      "them sends what both take.",
    bad: { kind: "pipeline.yaml", text: twoSources('"!memory"') },
    good: { kind: "pipeline.yaml", text: twoSources('"*", "!disk.*"') },
    check: takenTwice,
  },
];

function twoSources(list: string): string {
  return `sources:
  - name: disks
    meters: ["disk.*"]
    sinks: [keep]
  - name: others
    meters: [${list}]
    sinks: [keep]
sinks:
  - name: keep
    publishers: ["udp://collector:4952"]
`;
}

function twoSinks(second: string): string {
  return `sources:
  - name: compute
    meters: ["*"]
    sinks: [first, second]
sinks:
  - name: first
    publishers: ["udp://collector:4952"]
  - name: second
    publishers: ["${second}"]
`;
}

function unusedSinks({ file, isWhole }: PipelineSubject): Hit[] {
  if (!isWhole) return [];
  const used = new Set(file.pipelines.map(({ sink }) => sink.name));
  return file.sinks.filter(({ name }) => !used.has(name)).map(({ name, place }) => ({
    rule: "pipeline/unused-sink",
    place,
    text: `No source names the sink '${name}', expected a source that does`,
    expected: "a source that names it",
  }));
}
