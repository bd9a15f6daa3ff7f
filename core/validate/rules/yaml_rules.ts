/**
 * Pure. Rules for YAML as such, and for files before it is known what they say.
 */
import type { Hit } from "../finding.ts";
import { findingsPerFileMax } from "../limits.ts";
import type { LintRule, Rule } from "../rule.ts";
import type { YamlSubject } from "./subjects.ts";

const pipeline = "pipeline.yaml";

const goodPipeline = `sources:
  - name: all
    meters: ["*"]
    sinks: [keep]
sinks:
  - name: keep
    publishers: ["file:///var/lib/ceilometer/samples?json"]
`;

const goodEvents = `- event_type: compute.instance.*
  traits:
    resource_id:
      fields: payload.instance_id
`;

/** Found while a file is read. */
export const YAML_RULES: readonly Rule[] = [
  {
    id: "file/unreadable",
    severity: "error",
    explanation:
      "A file that is named cannot be read: it is not there, is no file, is too large, " +
      "permission is denied, or it does not hold what it is named for.",
    bad: {
      kind: "persister.conf",
      text: "[influxdb]\nip_address = influxdb.example.org\nssl = true\nca_file = missing/ca.pem\n",
    },
    good: {
      kind: "persister.conf",
      text: "[influxdb]\nip_address = influxdb.example.org\nssl = true\n",
    },
  },
  {
    id: "file/not-text",
    severity: "error",
    explanation: "The file is not UTF-8, or it holds characters that no text has.",
    bad: { kind: pipeline, text: goodPipeline.replace("all", '"a\u0001"') },
    good: { kind: pipeline, text: goodPipeline },
  },
  {
    id: "file/too-many-findings",
    severity: "note",
    explanation:
      `Of one file's findings ${findingsPerFileMax} are shown. The others are counted, ` +
      "and the exit code is that of all.",
    bad: {
      kind: "event_definitions.yaml",
      text: "- {event_type: a.b, traits: []}\n" + "- none\n".repeat(findingsPerFileMax + 1),
    },
    good: { kind: "event_definitions.yaml", text: goodEvents },
  },
  {
    id: "yaml/syntax",
    severity: "error",
    explanation:
      "The file is no YAML that PyYAML would read. Tabs, unclosed quotes and brackets, " +
      "a second document and plain texts that YAML gives another meaning are the usual causes.",
    bad: { kind: pipeline, text: goodPipeline.replace('["*"]', '["*"') },
    good: { kind: pipeline, text: goodPipeline },
  },
  {
    id: "yaml/limit",
    severity: "error",
    explanation:
      "The file is nested too deeply, or its aliases stand for more nodes than anything " +
      "real has.",
    bad: {
      kind: "event_definitions.yaml",
      text: `- event_type: a\n  traits: {a: ${"[".repeat(120)}${"]".repeat(120)}}\n`,
    },
    good: { kind: "event_definitions.yaml", text: goodEvents },
  },
  {
    id: "yaml/tag",
    severity: "error",
    explanation: "An unquoted '!' begins a tag in YAML. An exclusion needs quotes around it.",
    bad: { kind: pipeline, text: goodPipeline.replace('["*"]', "[!disk.*]") },
    good: { kind: pipeline, text: goodPipeline.replace('["*"]', '["!disk.*"]') },
  },
  {
    id: "yaml/unknown-member",
    severity: "warning",
    explanation: "Nobody reads a member of this name there. Often another one was meant.",
    bad: {
      kind: "event_definitions.yaml",
      text: goodEvents.replace("      fields:", "      typ: int\n      fields:"),
    },
    good: {
      kind: "event_definitions.yaml",
      text: goodEvents.replace("      fields:", "      type: int\n      fields:"),
    },
  },
  {
    id: "yaml/anchor",
    severity: "error",
    explanation: "An alias follows an anchor that is not above it, an anchor stands twice, or a " +
      "merge key brings something that is no map. An unquoted '*' in front of a name is an alias.",
    bad: { kind: pipeline, text: goodPipeline.replace('["*"]', "[*cpu]") },
    good: { kind: pipeline, text: goodPipeline.replace('["*"]', '["*cpu"]') },
  },
];

/** Over every YAML file that can be read. */
export const YAML_LINT: readonly LintRule<YamlSubject>[] = [
  {
    id: "yaml/duplicate-key",
    severity: "warning",
    explanation:
      "A key stands twice in one map. YAML keeps the last one and says nothing, so what " +
      "the first one says is lost.",
    bad: {
      kind: pipeline,
      text: goodPipeline.replace('meters: ["*"]', 'meters: ["*"]\n    meters: ["cpu"]'),
    },
    good: { kind: pipeline, text: goodPipeline },
    check: duplicateKeys,
  },
  {
    id: "yaml/unused-anchor",
    severity: "note",
    explanation: "No alias follows the anchor. What was to be repeated stands there once.",
    bad: { kind: pipeline, text: goodPipeline.replace('["*"]', '&everything ["*"]') },
    good: {
      kind: pipeline,
      text: `sources:
  - name: compute
    meters: &names ["vcpus", "memory"]
    sinks: [keep]
  - name: second
    meters: *names
    sinks: [other]
sinks:
  - name: keep
    publishers: ["file:///var/lib/ceilometer/samples?json"]
  - name: other
    publishers: ["udp://collector.example.org:4952"]
`,
    },
    check: ({ loaded }) =>
      loaded.unusedAnchors.map(({ name, place }): Hit => ({
        rule: "yaml/unused-anchor",
        place,
        text: `No alias follows the anchor '&${name}', expected *${name} somewhere below`,
        expected: `*${name} somewhere below`,
      })),
  },
];

function duplicateKeys({ loaded, root }: YamlSubject): Hit[] {
  if (loaded.repeated.length === 0) return [];
  const traits = root.kind === "list" ? traitPlaces(root.items) : new Set<string>();
  return loaded.repeated.map(({ key, first, second }): Hit => {
    const isTrait = traits.has(`${first.line}:${first.column}`);
    const what = isTrait ? "trait" : "key";
    return {
      rule: isTrait ? "events/duplicate-trait" : "yaml/duplicate-key",
      place: second,
      text: `The ${what} '${key}' stands at line ${first.line} too: the last one counts`,
      expected: `each ${what} once`,
    };
  });
}

/** Where the names of traits stand; of one that is repeated the first place. */
function traitPlaces(definitions: readonly YamlSubject["root"][]): Set<string> {
  const places = new Set<string>();
  for (const definition of definitions) {
    const traits = definition.kind === "map" ? definition.named.get("traits")?.value : undefined;
    for (const { key } of traits?.kind === "map" ? traits.entries : []) {
      places.add(`${key.place.line}:${key.place.column}`);
    }
  }
  return places;
}
