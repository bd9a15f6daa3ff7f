/**
 * Pure. From the parser's nodes to `YamlNode`s, by PyYAML's rules: tags, aliases, merge keys, repeated
 * keys. What the parser lets pass and PyYAML does not is refused here. Parsing is load.ts.
 */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type ParsedNode,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { ConfigError, type Place } from "../errors.ts";
import { scalarIdentity, shortened, type YamlEntry, type YamlMap, type YamlNode } from "./node.ts";
import type { YamlScalar } from "./node.ts";
import { plainType, type ScalarType, scalarValue } from "./scalars.ts";

/** A key that stands twice in one map; the later value holds. */
export interface RepeatedKey {
  readonly key: string;
  readonly first: Place;
  readonly second: Place;
}

/** How much one document may hold. */
export interface YamlLimits {
  readonly depthMax: number;
  /** Nodes with every alias written out. */
  readonly nodesMax: number;
}

/** Ends composing: nothing behind this problem can be read. */
export class TooMuch extends Error {
  override readonly name = "TooMuch";

  constructor(text: string, readonly offset: number) {
    super(text);
  }
}

/** A parser's node with what stands before it. */
export interface Found {
  readonly node: ParsedNode | null;
  /** Where to point when there is no node. */
  readonly offset: number;
}

interface Anchor {
  /** Undefined until all of it is read. */
  node: YamlNode | undefined;
  readonly place: Place;
  isUsed: boolean;
}

/** An anchor that no alias follows. */
export interface UnusedAnchor {
  readonly name: string;
  readonly place: Place;
}

interface Spot {
  readonly depth: number;
  readonly inFlow: boolean;
}

const CORE = "tag:yaml.org,2002:";
const SCALAR_TAGS: readonly ScalarType[] = ["null", "bool", "int", "float", "timestamp", "str"];

/** What is known of a document besides its nodes. */
export interface ComposerOptions {
  readonly placeOf: (offset: number) => Place;
  /** Where tags stand that the parser does not know, in order. */
  readonly tagOffsets: readonly number[];
  readonly limits: YamlLimits;
  /** The text as it was before flow collections were put on one line. */
  readonly source: string;
}

/** Composes one document; use it once. */
export class Composer {
  readonly problems: ConfigError[] = [];
  readonly repeated: RepeatedKey[] = [];
  readonly #limits: YamlLimits;
  readonly #placeOf: (offset: number) => Place;
  readonly #tagOffsets: readonly number[];
  readonly #source: string;
  readonly #anchors = new Map<string, Anchor>();
  /** Nodes of what an anchor stands for, its own aliases written out. */
  readonly #sizes = new Map<YamlNode, number>();
  #nodes = 0;

  constructor({ placeOf, tagOffsets, limits, source }: ComposerOptions) {
    this.#placeOf = placeOf;
    this.#tagOffsets = tagOffsets;
    this.#limits = limits;
    this.#source = source;
  }

  get unusedAnchors(): readonly UnusedAnchor[] {
    return [...this.#anchors].flatMap(([name, { place, isUsed }]) =>
      isUsed ? [] : [{ name, place }]
    );
  }

  /** Throws TooMuch; everything else is gathered in `problems`. */
  compose({ node, offset }: Found, spot: Spot = { depth: 0, inFlow: false }): YamlNode {
    const at = node?.range[0] ?? offset;
    if (spot.depth > this.#limits.depthMax) {
      throw new TooMuch(`it is nested deeper than ${this.#limits.depthMax}`, at);
    }
    this.#count(1, at);
    if (node === null) return this.#nothing(at);
    if (isAlias(node)) return this.#alias(node.source, at);
    const before = this.#nodes;
    const anchor = this.#anchor(node.anchor, at);
    const made = this.#make(node, spot);
    if (anchor !== undefined) {
      anchor.node = made;
      this.#sizes.set(made, this.#nodes - before + 1);
    }
    return made;
  }

  #make(node: ParsedNode, spot: Spot): YamlNode {
    if (isMap(node)) return this.#map(node, spot);
    if (isSeq(node)) return this.#list(node, spot);
    if (isScalar(node)) return this.#scalar(node, spot);
    return this.#nothing(0);
  }

  #count(nodes: number, offset: number): void {
    this.#nodes += nodes;
    if (this.#nodes > this.#limits.nodesMax) {
      const text = `it holds more than ${this.#limits.nodesMax} nodes with its aliases written out`;
      throw new TooMuch(text, offset);
    }
  }

  #nothing(offset: number): YamlScalar {
    return { kind: "scalar", value: null, text: "", place: this.#placeOf(offset) };
  }

  #alias(name: string, offset: number): YamlNode {
    const anchor = this.#anchors.get(name);
    if (anchor !== undefined) anchor.isUsed = true;
    if (anchor?.node === undefined) {
      const why = anchor === undefined
        ? "there is no such anchor above"
        : "it stands inside its own anchor";
      this.#problem(
        `Cannot follow the alias '*${
          shortened(name)
        }': ${why}, expected &${name} above, or quotes around the text`,
        offset,
        "yaml/anchor",
      );
      return this.#nothing(offset);
    }
    this.#count(this.#sizes.get(anchor.node) ?? 0, offset);
    return anchor.node;
  }

  #anchor(name: string | undefined, offset: number): Anchor | undefined {
    if (name === undefined) return undefined;
    const place = this.#placeOf(offset);
    const first = this.#anchors.get(name);
    if (first !== undefined) {
      this.#problem(
        `Cannot use the anchor '&${
          shortened(name)
        }': it stands at line ${first.place.line} too, expected another name`,
        offset,
        "yaml/anchor",
      );
    }
    const anchor: Anchor = { node: undefined, place, isUsed: false };
    this.#anchors.set(name, anchor);
    return anchor;
  }

  #list(node: YAMLSeq.Parsed, spot: Spot): YamlNode {
    const [offset] = node.range;
    this.#checkTag(node.tag, "seq", offset);
    const inside = { depth: spot.depth + 1, inFlow: node.flow === true };
    const items = node.items.map((item) => this.compose({ node: item, offset }, inside));
    return { kind: "list", items, place: this.#placeOf(offset) };
  }

  #map(node: YAMLMap.Parsed, spot: Spot): YamlMap {
    const [offset] = node.range;
    this.#checkTag(node.tag, "map", offset);
    const inside = { depth: spot.depth + 1, inFlow: node.flow === true };
    const own: YamlEntry[] = [];
    const merged: YamlEntry[] = [];
    for (const pair of node.items) {
      const keyNode: ParsedNode | null = pair.key;
      const key = this.#key({ node: keyNode, offset }, inside);
      const behindKey = keyNode?.range[1] ?? offset;
      const value = this.compose({ node: pair.value, offset: behindKey }, inside);
      if (isMergeKey(keyNode)) merged.push(...this.#merged(value));
      else if (key.kind === "scalar") own.push({ key, value });
      else {this.#problem(
          `Cannot use a ${key.kind} as a key: it has no name, expected text`,
          behindKey,
        );}
    }
    this.#noteRepeated(own);
    const entries = settled([...merged, ...own]);
    const named = new Map<string, YamlEntry>();
    for (const entry of entries) {
      if (typeof entry.key.value === "string") named.set(entry.key.value, entry);
    }
    return { kind: "map", entries, named, place: this.#placeOf(offset) };
  }

  /** `<<` and `=` have a meaning of their own as keys, and none as values. */
  #key(found: Found, inside: Spot): YamlNode {
    const { node } = found;
    const special = isScalar(node) && node.type === "PLAIN" && node.tag === undefined &&
      (node.source === "=" || node.source === "<<");
    const [start = 0, end = 0] = node?.range ?? [];
    const isPlain = isScalar(node) && node.type === "PLAIN";
    if (isPlain && inside.inFlow && this.#source.slice(start, end).includes("\n")) {
      const shown = shortened(this.#source.slice(start, end));
      this.#problem(`Cannot read the key '${shown}': it spans lines, expected one line`, start);
    }
    if (!special) return this.compose(found, inside);
    const place = this.#placeOf(node.range[0]);
    return { kind: "scalar", value: node.source, text: node.source, place };
  }

  /** What a merge key brings: a map's entries, or those of a list of maps, the first one winning. */
  #merged(value: YamlNode): readonly YamlEntry[] {
    if (value.kind === "map") return value.entries;
    if (value.kind === "list" && value.items.every((item) => item.kind === "map")) {
      return value.items.toReversed().flatMap((item) => item.kind === "map" ? item.entries : []);
    }
    const found = value.kind === "scalar" ? `'${shortened(value.text)}'` : "a list of other things";
    this.problems.push(
      new ConfigError(`Cannot merge ${found}: expected a map or a list of maps`, value.place, {
        rule: "yaml/anchor",
      }),
    );
    return [];
  }

  #noteRepeated(entries: readonly YamlEntry[]): void {
    const seen = new Map<string, YamlScalar>();
    for (const { key } of entries) {
      const identity = scalarIdentity(key.value);
      const first = seen.get(identity);
      if (first === undefined) seen.set(identity, key);
      else this.repeated.push({ key: key.text, first: first.place, second: key.place });
    }
  }

  #scalar(node: Scalar.Parsed, spot: Spot): YamlScalar {
    const [offset] = node.range;
    const text = this.#textOf(node, spot);
    const place = this.#placeOf(offset);
    if (node.type === "PLAIN" && spot.inFlow && text.includes("?")) {
      this.#problem(
        `Cannot read '${
          shortened(text)
        }': inside [] and {} YAML takes '?' for a key, expected quotes around it`,
        offset,
      );
    }
    const type = this.#scalarType(node, text);
    const value = type === undefined ? null : scalarValue(text, type);
    if (value === undefined) {
      const what = type === "value" || type === "merge"
        ? "YAML gives it a meaning of its own"
        : `it is no ${type}`;
      this.#problem(`Cannot read '${shortened(text)}': ${what}, expected quotes around it`, offset);
    }
    return { kind: "scalar", value: value ?? null, text, place };
  }

  #textOf({ source, type, range }: Scalar.Parsed, spot: Spot): string {
    const [start, end] = range;
    const isBlock = type === "BLOCK_LITERAL" || type === "BLOCK_FOLDED";
    // The parser ends a block's last line even where the file does not.
    if (isBlock && end >= this.#source.length && !this.#source.endsWith("\n")) {
      return source.replace(/\n$/, "");
    }
    if (type !== "PLAIN" || !spot.inFlow) return source;
    return this.#source.slice(start, end).replace(/[ ]*\r?\n\s*/g, " ");
  }

  #scalarType(node: Scalar.Parsed, text: string): ScalarType | undefined {
    if (node.tag === undefined) return node.type === "PLAIN" ? plainType(text) : "str";
    if (node.tag === "!") return "str";
    const type = SCALAR_TAGS.find((name) => node.tag === CORE + name);
    if (type === undefined) this.#unknownTag(node.tag, node.range[0]);
    return type;
  }

  #checkTag(tag: string | undefined, type: "seq" | "map", offset: number): void {
    if (tag !== undefined && tag !== CORE + type && tag !== "!") this.#unknownTag(tag, offset);
  }

  /** An unquoted exclusion is the usual reason: `- !disk.*` is a tag to YAML. */
  #unknownTag(tag: string, offset: number): void {
    const at = this.#tagOffsets.findLast((tagOffset) => tagOffset <= offset) ?? offset;
    const own = tag.startsWith("!") ? tag : `!${tag.replace(CORE, "!")}`;
    const expected = tag.startsWith("!") ? `quotes around it: '${shortened(own)}'` : "no tag";
    this.#problem(
      `Cannot read '${shortened(own)}': YAML takes it for a tag, expected ${expected}`,
      at,
      "yaml/tag",
    );
  }

  #problem(text: string, offset: number, rule = "yaml/syntax"): void {
    this.problems.push(new ConfigError(text, this.#placeOf(offset), { rule }));
  }
}

/** Only the unquoted `<<` merges. */
function isMergeKey(node: ParsedNode | null): boolean {
  return isScalar(node) && node.type === "PLAIN" && node.source === "<<" && node.tag === undefined;
}

/** Each key once, where it first stood, with its last value, as a Python dict keeps them. */
function settled(entries: readonly YamlEntry[]): YamlEntry[] {
  const byKey = new Map<string, YamlEntry>();
  for (const { key, value } of entries) {
    const identity = scalarIdentity(key.value);
    byKey.set(identity, { key: byKey.get(identity)?.key ?? key, value });
  }
  return [...byKey.values()];
}
