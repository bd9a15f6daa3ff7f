/**
 * Pure. The kinds of files that tpctl reads, and how the content tells which one a file is. Where the
 * content leaves it open (an empty list, broken YAML), the file's name decides.
 */
import { basename, dirname } from "node:path";
import type { IniFile } from "../config/ini.ts";
import { PERSIST_OPTIONS } from "../config/persist_options.ts";
import { PIPELINE_OPTIONS } from "../config/pipeline_options.ts";
import { isTrue, yamlGet, type YamlNode } from "../yaml/node.ts";

/** A kind, by the name of the file that usually holds it. */
export type FileKind = typeof fileKinds[number];

/** All of them. */
export const fileKinds = [
  "persister.conf",
  "ceilometer.conf",
  "pipeline.yaml",
  "event_pipeline.yaml",
  "event_definitions.yaml",
  "meters.d",
  "gnocchi_resources.yaml",
  "monasca_field_definitions.yaml",
] as const;

const persistNames = ["persister.conf", "monasca-persister.conf", "monasca.conf"];
const pipelineNames = ["ceilometer.conf", "ceilometer-agent-notification.conf"];

/** The kind that a file of this name is, when it follows the usual names. */
export function kindOfName(path: string): FileKind | undefined {
  const name = basename(path);
  const folder = basename(dirname(path)).replace(/\.d$/, "");
  if (persistNames.includes(name) || persistNames.includes(folder)) return "persister.conf";
  if (pipelineNames.includes(name) || pipelineNames.includes(folder)) return "ceilometer.conf";
  const isYaml = /\.ya?ml$/.test(name);
  if (isYaml && basename(dirname(path)) === "meters.d") return "meters.d";
  return fileKinds.find((kind) => kind === name);
}

/** A line that opens a section and lines that give options, and nothing that only YAML has. */
export function looksLikeIni(text: string): boolean {
  const section = /^\[[^\][{}'",:]+\][ \t\r]*$/m.exec(text);
  if (section === null) return false;
  const before = text.slice(0, section.index);
  return before.split("\n").every((line) =>
    /^\s*($|[#;])/.test(line) || /^[^:\s-][^:]*=/.test(line)
  );
}

/** By the sections and options that only one of the two daemons has; undefined: as many of each. */
export function kindOfIni({ sections, values }: IniFile): FileKind | undefined {
  let balance = 0;
  let foreign = 0;
  for (const section of sections.keys()) {
    const [persist, pipeline] = [persistSections.has(section), pipelineSections.has(section)];
    balance += Number(persist) - Number(pipeline);
    foreign += persist || pipeline ? 0 : 1;
  }
  // nova.conf and its like share some sections with ceilometer.conf.
  if (foreign * 2 > sections.size) return undefined;
  for (const { section, key } of values) {
    const name = `${section}.${key}`;
    balance += Number(persistKeys.has(name)) - Number(pipelineKeys.has(name));
  }
  if (balance === 0) return undefined;
  return balance > 0 ? "persister.conf" : "ceilometer.conf";
}

const persistKeys = new Set(PERSIST_OPTIONS.map(({ section, name }) => `${section}.${name}`));
const pipelineKeys = new Set(PIPELINE_OPTIONS.map(({ section, name }) => `${section}.${name}`));
const persistSections = new Set(PERSIST_OPTIONS.map(({ section }) => section));
const pipelineSections = new Set(PIPELINE_OPTIONS.map(({ section }) => section));

/** Which of the YAML files a document is; undefined where it could be several, or none. */
export function kindOfYaml(root: YamlNode): FileKind | undefined {
  if (root.kind === "list") {
    return root.items.some(isEventDefinition) ? "event_definitions.yaml" : undefined;
  }
  if (root.kind !== "map") return undefined;
  if (root.named.has("metric")) return "meters.d";
  if (root.named.has("resources") || root.named.has("archive_policies")) {
    return "gnocchi_resources.yaml";
  }
  if (root.named.has("dimensions")) return "monasca_field_definitions.yaml";
  const [sources, sinks] = ["sources", "sinks"].map((name) => yamlGet(root, name));
  if (sources === undefined && sinks === undefined) return undefined;
  const fields = (node: YamlNode | undefined): YamlNode[] =>
    node?.kind === "list" ? [...node.items] : [];
  const have = (name: string) =>
    fields(sources).some((source) => yamlGet(source, name) !== undefined);
  // A polling.yaml has sources with an interval and no sinks: not ours.
  if (sinks === undefined && have("interval")) return undefined;
  const [meters, events] = [have("meters"), have("events")];
  if (meters === events) return undefined;
  return meters ? "pipeline.yaml" : "event_pipeline.yaml";
}

function isEventDefinition(node: YamlNode): boolean {
  return node.kind === "map" && isTrue(node) &&
    (node.named.has("event_type") || node.named.has("traits"));
}

/** For YAML that cannot be read: what the beginnings of its lines look like. */
export function kindOfBrokenYaml(text: string): FileKind | undefined {
  const has = (pattern: RegExp): boolean => pattern.test(text);
  if (has(/^metric:/m)) return "meters.d";
  if (has(/^(resources|archive_policies):/m)) return "gnocchi_resources.yaml";
  if (has(/^dimensions:/m)) return "monasca_field_definitions.yaml";
  if (has(/^-\s+event_type:/m)) return "event_definitions.yaml";
  if (!has(/^(sources|sinks):/m) && !has(/^\{\s*(sources|sinks):/)) return undefined;
  const [meters, events] = [has(/^[ \t{,-]*meters:/m), has(/^[ \t{,-]*events:/m)];
  if (meters === events) return undefined;
  return meters ? "pipeline.yaml" : "event_pipeline.yaml";
}
