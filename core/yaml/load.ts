/**
 * Pure. YAML as PyYAML's safe_load reads it, on top of the `yaml` package: one document, YAML 1.1
 * scalars, merge keys, the last of a repeated key. What is wrong is gathered with its place; hostile
 * documents are refused within named bounds.
 */
import {
  type Document,
  Lexer,
  LineCounter,
  parseAllDocuments,
  visit,
  type YAMLParseError,
} from "yaml";
import { ConfigError, type Place } from "../errors.ts";
import { Composer, type RepeatedKey, TooMuch, type UnusedAnchor } from "./compose.ts";
import type { YamlLimits } from "./compose.ts";
import { flowStart, onOneLine } from "./flow.ts";
import { shortened, type YamlNode } from "./node.ts";

/** A document, or what keeps it from being one. */
export interface LoadedYaml {
  /** Undefined when there are problems. An empty document is a scalar with the value null. */
  readonly root: YamlNode | undefined;
  /** In file order. */
  readonly problems: readonly ConfigError[];
  /** No problem to the reference, which takes the last one. */
  readonly repeated: readonly RepeatedKey[];
  /** Likewise none. */
  readonly unusedAnchors: readonly UnusedAnchor[];
}

/** How large a document may be. */
export interface LoadYamlLimits extends YamlLimits {
  readonly charactersMax: number;
}

/** Far above any real file: 50,000 lines of definitions are 2,000,000 characters. */
export const yamlLimits: LoadYamlLimits = {
  charactersMax: 32 * 1024 * 1024,
  depthMax: 100,
  nodesMax: 2_000_000,
};

/** What PyYAML's reader takes for binary. */
const UNPRINTABLE = /[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** What the lexer says between tokens; it has no length in the text. */
const LEXER_MARKS: ReadonlySet<string> = new Set(["\u0002", "\u0018", "\u001f", "\ufeff"]);

const absurdNesting = "it is nested too deeply";

/** Never throws: whatever is wrong is in `problems`. `file` is only named in places. */
export function loadYaml(
  text: string,
  file: string,
  limits: LoadYamlLimits = yamlLimits,
): LoadedYaml {
  const lines = new LineCounter();
  const placeOf = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return line === 0 ? { file, line: 1, column: 1 } : { file, line, column: col };
  };
  const refused = (problem: ConfigError): LoadedYaml => (
    { root: undefined, problems: [problem], repeated: [], unusedAnchors: [] }
  );
  const source = text.replace(/^\ufeff/, "");
  const unreadable = checkText(source, file, limits);
  if (unreadable !== undefined) return refused(unreadable);
  try {
    return parse(source, { lines, placeOf, limits });
  } catch (error) {
    if (error instanceof TooMuch) {
      const why = `${error.message}, expected a smaller file`;
      const text = `Cannot read the YAML: ${why}`;
      return refused(new ConfigError(text, placeOf(error.offset), { rule: "yaml/limit" }));
    }
    // Some of its parts do so without noticing.
    if (!(error instanceof RangeError)) throw error;
    const text = `Cannot read the YAML: ${absurdNesting}, expected a smaller file`;
    return refused(new ConfigError(text, { file, line: 1, column: 1 }, { rule: "yaml/limit" }));
  }
}

interface Reading {
  readonly lines: LineCounter;
  readonly placeOf: (offset: number) => Place;
  readonly limits: LoadYamlLimits;
}

function parse(source: string, { lines, placeOf, limits }: Reading): LoadedYaml {
  const failed = (text: string, offset: number, cause?: unknown): LoadedYaml => {
    const problem = new ConfigError(text, placeOf(offset), { cause, rule: "yaml/syntax" });
    return { root: undefined, problems: [problem], repeated: [], unusedAnchors: [] };
  };
  const documents = parseLeniently(source, lines);
  const broken = firstError(documents);
  const tab = source.includes("\t") ? tabOffset(source) : undefined;
  if (tab !== undefined && (broken === undefined || tab <= broken.pos[0])) {
    const text = "Cannot read the YAML: a tab stands where only spaces may, expected spaces";
    return failed(text, tab);
  }
  // The parser calls itself once per level; only absurd nesting gets here.
  if (broken?.code === "RESOURCE_EXHAUSTION") throw new TooMuch(absurdNesting, broken.pos[0]);
  if (broken !== undefined) {
    const offset = openQuote(documents, broken) ?? broken.pos[0];
    const found = shortened(source.slice(offset).split("\n", 1)[0] ?? "");
    const why = plainWords(broken.message);
    return failed(
      `Cannot read the YAML at '${found}': ${why}, expected valid YAML`,
      offset,
      broken,
    );
  }
  const [document, second] = documents;
  if (second !== undefined) {
    const text =
      "Cannot read a second document: the file holds one already, expected no '---' in between";
    return failed(text, second.range[0]);
  }
  const composer = new Composer({
    placeOf,
    tagOffsets: document?.warnings.map((warning) => warning.pos[0]) ?? [],
    limits,
    source,
  });
  const root = composer.compose({ node: document?.contents ?? null, offset: 0 });
  const { problems, repeated, unusedAnchors } = composer;
  return { root: problems.length === 0 ? root : undefined, problems, repeated, unusedAnchors };
}

/** How many flow collections of one file may be indented as only PyYAML takes it. */
const flatCollectionsMax = 20;

/**
 * Inside [] and {} PyYAML does not look at indentation, the parser does: where it stops for that, the
 * collection is put on one line, each character at its offset, and all is read again.
 */
function parseLeniently(source: string, lines: LineCounter): readonly Document.Parsed[] {
  let documents = parseText(source, lines);
  let text = source;
  for (let i = 0; i < flatCollectionsMax; i++) {
    const error = firstError(documents);
    const start = error?.code === "BAD_INDENT" ? flowStart(documents, error.pos[0]) : undefined;
    const flat = start === undefined ? undefined : onOneLine(text, start);
    if (flat === undefined || flat === text) break;
    text = flat;
    documents = parseText(text, undefined);
  }
  return documents;
}

function parseText(text: string, lines: LineCounter | undefined): readonly Document.Parsed[] {
  const documents = parseAllDocuments(text, {
    version: "1.1",
    schema: "failsafe",
    uniqueKeys: false,
    merge: false,
    prettyErrors: false,
    logLevel: "silent",
    ...(lines === undefined ? {} : { lineCounter: lines }),
  });
  return documents.flat();
}

function firstError(documents: readonly Document.Parsed[]): YAMLParseError | undefined {
  return documents.flatMap((document) => document.errors)
    .toSorted((a, b) => a.pos[0] - b.pos[0])[0];
}

function checkText(
  source: string,
  file: string,
  limits: LoadYamlLimits,
): ConfigError | undefined {
  if (source.length > limits.charactersMax) {
    const why = `it has more than ${limits.charactersMax} characters`;
    const text = `Cannot read the YAML: ${why}, expected a smaller file`;
    return new ConfigError(text, { file }, { rule: "yaml/limit" });
  }
  const found = UNPRINTABLE.exec(source);
  if (found === null) return undefined;
  const before = source.slice(0, found.index);
  const line = before.split("\n").length;
  const column = found.index - before.lastIndexOf("\n");
  const code = (found[0].codePointAt(0) ?? 0).toString(16).padStart(4, "0");
  const text = `Cannot read the YAML: it holds the character U+${code}, expected text`;
  return new ConfigError(text, { file, line, column }, { rule: "file/not-text" });
}

/** Where the quote stands that is never closed; the parser only points at the end. */
function openQuote(
  documents: readonly Document.Parsed[],
  error: YAMLParseError,
): number | undefined {
  if (error.code !== "MISSING_CHAR") return undefined;
  let offset: number | undefined;
  for (const document of documents) {
    visit(document, {
      Scalar(_key, { type, range }): void {
        if (type?.startsWith("QUOTE_") && range && range[1] >= error.pos[0]) offset ??= range[0];
      },
    });
  }
  return offset;
}

/** The first tab between two tokens; inside quotes, blocks and comments tabs are text. */
function tabOffset(source: string): number | undefined {
  let offset = 0;
  for (const token of new Lexer().lex(source)) {
    if (/^[ \t]*\t[ \t]*$/.test(token)) return offset + token.indexOf("\t");
    if (!LEXER_MARKS.has(token)) offset += token.length;
  }
  return undefined;
}

/** The parser's first sentence, with a small letter. */
function plainWords(message: string): string {
  const text = message.split("\n", 1)[0] ?? "";
  return text.charAt(0).toLowerCase() + text.slice(1);
}
