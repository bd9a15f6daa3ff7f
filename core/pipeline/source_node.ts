/**
 * Pure. One source of a pipeline file: its name, its list of meters or events, the sinks it names.
 * What the reference refuses at start is a problem here, and all of them are told.
 */
import type { Place } from "../errors.ts";
import { describeNode, isTrue, yamlGet, type YamlNode, yamlText } from "../yaml/node.ts";
import type { YamlScalar } from "../yaml/node.ts";
import { pythonItems, pythonStr } from "../yaml/python.ts";
import { filterProblem, NameFilter } from "./filter.ts";
import type { Cargo, Source, SourcePattern } from "./pipeline.ts";

/** Where a reader puts what it finds; `problem` keeps the file from being used. */
export interface Findings {
  /** `rule` is one of `tpctl validate`; left out: pipeline/structure. */
  problem(text: string, place: Place, rule?: string): void;
  notice(text: string, place: Place): void;
}

/** A source with the names of its sinks, which may still dangle. */
export interface SourceNode {
  readonly name: YamlScalar;
  /** Undefined where its patterns could not be read. */
  readonly source: Source | undefined;
  readonly sinks: readonly YamlScalar[];
}

/** Undefined where there is no name to speak of. */
export function readSource(
  node: YamlNode,
  carries: Cargo,
  findings: Findings,
): SourceNode | undefined {
  const name = readName(node, "source", findings);
  if (name === undefined) return undefined;
  const shown = pythonStr(name);
  const patterns = readPatterns(node, { carries, shown }, findings);
  const sinks = readSinkNames(node, shown, findings);
  const filter = new NameFilter(patterns?.map((pattern) => pattern.text) ?? []);
  const source = patterns && { name: shown, filter, patterns, place: node.place };
  return { name, source, sinks };
}

/** The `name` of a source or a sink: any scalar. */
export function readName(
  node: YamlNode,
  noun: "source" | "sink",
  findings: Findings,
): YamlScalar | undefined {
  if (node.kind !== "map") {
    const found = describeNode(node);
    findings.problem(`Cannot use ${found} as a ${noun}, expected a map with a name`, node.place);
    return undefined;
  }
  const name = yamlGet(node, "name");
  if (name === undefined) {
    findings.problem(
      `Cannot use the ${noun}: the field 'name' is missing, expected a name`,
      node.place,
    );
    return undefined;
  }
  if (name.kind !== "scalar") {
    const found = describeNode(name);
    findings.problem(`Cannot use ${found} as the name of a ${noun}, expected text`, name.place);
    return undefined;
  }
  return name;
}

function readPatterns(
  node: YamlNode,
  { carries, shown }: { readonly carries: Cargo; readonly shown: string },
  findings: Findings,
): SourcePattern[] | undefined {
  const field = carries === "samples" ? "meters" : "events";
  const list = yamlGet(node, field);
  const begin = `Cannot use the source '${shown}': `;
  if (list === undefined || !isTrue(list)) {
    const why = list === undefined ? "is missing" : "is empty";
    const text = `${begin}its field '${field}' ${why}, expected a list of names`;
    findings.problem(text, list?.place ?? node.place);
    return undefined;
  }
  const items = pythonItems(list);
  if (items === undefined) {
    const text = `${begin}its '${field}' are ${describeNode(list)}, expected a list of names`;
    findings.problem(text, list.place);
    return undefined;
  }
  noticeOddList(list, `'${field}' of the source '${shown}'`, findings);
  const patterns: SourcePattern[] = [];
  for (const item of items) {
    const text = yamlText(item);
    if (text !== undefined && text !== "") patterns.push({ text, place: item.place });
    else {
      const found = text === "" ? "empty text" : describeNode(item);
      const quotes = text === undefined && item.kind === "scalar" ? " in quotes" : "";
      const message = `${begin}${found} stands in its '${field}', expected a name${quotes}`;
      findings.problem(message, item.place);
    }
  }
  if (patterns.length < items.length) return undefined;
  return checkMixture(patterns, { begin, field }, findings) ? patterns : undefined;
}

function checkMixture(
  patterns: readonly SourcePattern[],
  { begin, field }: { readonly begin: string; readonly field: string },
  findings: Findings,
): boolean {
  const mixture = filterProblem(patterns.map((pattern) => pattern.text));
  const pattern = mixture && patterns[mixture.index];
  if (mixture === undefined || pattern === undefined) return true;
  const text = `${begin}'${pattern.text}' cannot stand in its '${field}': ${mixture.why}, ` +
    `expected ${mixture.expected}`;
  findings.problem(text, pattern.place, "pipeline/mixed-filter");
  return false;
}

function readSinkNames(node: YamlNode, shown: string, findings: Findings): YamlScalar[] {
  const list = yamlGet(node, "sinks");
  const begin = `Cannot use the source '${shown}': `;
  if (list === undefined || !isTrue(list)) {
    const why = list === undefined ? "is missing" : "is empty";
    const text = `${begin}its field 'sinks' ${why}, expected a list of sinks`;
    findings.problem(text, list?.place ?? node.place);
    return [];
  }
  const items = pythonItems(list);
  if (items === undefined) {
    const text = `${begin}its 'sinks' are ${describeNode(list)}, expected a list of sinks`;
    findings.problem(text, list.place);
    return [];
  }
  noticeOddList(list, `'sinks' of the source '${shown}'`, findings);
  return items.flatMap((item) => {
    if (item.kind === "scalar") return [item];
    const text = `${begin}${describeNode(item)} stands in its 'sinks', expected a sink's name`;
    findings.problem(text, item.place);
    return [];
  });
}

/** The reference goes over a text's characters and a map's keys without a word. */
export function noticeOddList(list: YamlNode, what: string, findings: Findings): void {
  if (list.kind === "list") return;
  const how = list.kind === "map" ? "only the keys of the map count" : "each character is an item";
  findings.notice(`The ${what} are no list: ${how}`, list.place);
}
