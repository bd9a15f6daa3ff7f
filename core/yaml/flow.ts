/**
 * Pure. Flow collections ([] and {}) in YAML text: where one stands that the parser gave up on, and
 * the same text with that collection on one line.
 */
import { type Document, isCollection, visit } from "yaml";

/** The start of the outermost flow collection that reaches up to `offset`. */
export function flowStart(
  documents: readonly Document.Parsed[],
  offset: number,
): number | undefined {
  let start: number | undefined;
  for (const document of documents) {
    visit(document, {
      Collection(_key, node): void {
        if (!isCollection(node) || node.flow !== true || !node.range) return;
        if (node.range[0] < offset && node.range[2] >= offset) start ??= node.range[0];
      },
    });
  }
  return start;
}

/**
 * The text with every line break and comment of the collection that begins at `start` as spaces, so
 * that all offsets stay. Undefined where it never ends.
 */
export function onOneLine(text: string, start: number): string | undefined {
  const pieces: string[] = [];
  let depth = 0;
  let kept = start;
  const token = /'(?:[^']|'')*'|"(?:[^"\\]|\\.)*"|(?<=[\s,[\]{}])#[^\n]*|[[\]{}]|\r?\n/gs;
  token.lastIndex = start;
  for (let found = token.exec(text); found !== null; found = token.exec(text)) {
    const [piece] = found;
    if (piece === "[" || piece === "{") depth++;
    if (piece === "]" || piece === "}") depth--;
    if (piece.startsWith("#") || piece.endsWith("\n")) {
      pieces.push(text.slice(kept, found.index), " ".repeat(piece.length));
      kept = found.index + piece.length;
    }
    if (depth === 0) return text.slice(0, start) + pieces.join("") + text.slice(kept);
  }
  return undefined;
}
