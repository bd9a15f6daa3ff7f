/**
 * Pure. What a JSONPath can find, judged from the expression and from what every notification or
 * sample has: whether it can match at all, and whether `|` takes what was meant.
 */
import { didYouMean } from "../../config/suggest.ts";
import { parseJsonPath } from "../../jsonpath/parser.ts";
import { type Constant, JsonPathError, type Path } from "../../jsonpath/syntax.ts";

/** What stands somewhere: an object whose members are known, one value, or who knows. */
export type Shape = "anything" | "text" | "number" | ReadonlyMap<string, Shape>;

/** What paths of meter and event definitions look into. */
export const notificationShape: Shape = new Map<string, Shape>([
  ["ctxt", "anything"],
  ["publisher_id", "text"],
  ["event_type", "text"],
  ["payload", "anything"],
  ["metadata", new Map<string, Shape>([["message_id", "text"], ["timestamp", "text"]])],
]);

/** What paths of gnocchi_resources.yaml look into: a sample. */
export const sampleShape: Shape = new Map<string, Shape>([
  ...["name", "type", "unit", "user_id", "user_name", "project_id", "project_name", "resource_id"]
    .concat("timestamp", "source", "id").map((name): [string, Shape] => [name, "text"]),
  ["volume", "number"],
  ["monotonic_time", "anything"],
  ["resource_metadata", "anything"],
]);

/** Why the expression, or a branch of it, never finds anything; undefined where it may. */
export function whyNeverMatches(text: string, root: Shape): string | undefined {
  const path = parsed(text);
  if (path === undefined) return undefined;
  const looking = new Looking(root);
  looking.at(path, root);
  return looking.whys[0];
}

/** `a.b|c.d`, which means `a.(b|c).d`. */
export function hasLooseUnion(text: string): boolean {
  if (parsed(text) === undefined) return false;
  let depth = 0;
  let dots = 0;
  let unions = 0;
  const token = /`(?:[^`\\]|\\.)*`|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[[\]()|.]/g;
  for (const [piece] of text.matchAll(token)) {
    if (piece === "(" || piece === "[") depth++;
    else if (piece === ")" || piece === "]") depth--;
    else if (depth === 0 && piece === "|") unions++;
    else if (depth === 0 && piece === ".") dots++;
  }
  return unions > 0 && dots > 0;
}

/** The regular expressions of `sub(/pattern/, text)` in it. */
export function replacedPatterns(text: string): string[] {
  const path = text.includes("sub(") ? parsed(text) : undefined;
  return path === undefined ? [] : patternsOf(path);
}

function patternsOf(path: Path | Constant): string[] {
  if (path.kind === "sub") return [path.pattern];
  return "left" in path ? [...patternsOf(path.left), ...patternsOf(path.right)] : [];
}

/** Expressions that cannot be read are the reader's business. */
function parsed(text: string): Path | undefined {
  try {
    return parseJsonPath(text);
  } catch (error) {
    if (error instanceof JsonPathError) return undefined;
    throw error;
  }
}

class Looking {
  readonly whys: string[] = [];
  readonly #root: Shape;

  constructor(root: Shape) {
    this.#root = root;
  }

  /** What the path finds at a shape; undefined: nothing, ever. */
  at(path: Path | Constant, shape: Shape): Shape | undefined {
    switch (path.kind) {
      case "root":
        return this.#root;
      case "this":
        return shape;
      case "len":
        return "number";
      case "fields":
        return this.#fields(path.names, shape);
      case "index":
        return typeof shape === "string" && shape !== "number"
          ? "anything"
          : this.#never(`an index finds nothing in ${described(shape)}`);
      case "slice":
        return this.#slice(path.start, path.end);
      case "child":
        return this.#child(path.left, path.right, shape);
      case "union":
        return this.#either(path.left, path.right, shape);
      case "intersect":
        return this.#never("'&' never finds anything, Ceilometer has no code for it");
      case "where":
        return this.at(path.left, shape);
      case "descendants":
        return this.at(path.left, shape) === undefined ? undefined : "anything";
      default:
        return "anything";
    }
  }

  #child(left: Path, right: Path, shape: Shape): Shape | undefined {
    const found = this.at(left, shape);
    return found === undefined ? undefined : this.at(right, found);
  }

  #either(left: Path, right: Path, shape: Shape): Shape | undefined {
    const found = [this.at(left, shape), this.at(right, shape)].filter((one) => one !== undefined);
    return found.length < 2 ? found[0] : "anything";
  }

  #fields(names: readonly string[], shape: Shape): Shape | undefined {
    if (shape === "anything" || names.includes("*")) return "anything";
    const [first = ""] = names;
    if (typeof shape === "string") {
      return this.#never(`${described(shape)} has no member '${first}'`);
    }
    const found = names.flatMap((name) => shape.get(name) ?? []);
    const [only] = found;
    if (only !== undefined) return found.length === 1 ? only : "anything";
    const known = [...shape.keys()];
    const hint = didYouMean(first, known);
    return this.#never(`there is no '${first}', expected ${known.join(", ")}${hint}`);
  }

  #slice(start: number | null, end: number | null): Shape | undefined {
    const isEmpty = start !== null && end !== null && start >= end && start >= 0 === end >= 0;
    return isEmpty ? this.#never(`nothing is between ${start} and ${end}`) : "anything";
  }

  #never(why: string): undefined {
    this.whys.push(why);
    return undefined;
  }
}

function described(shape: Shape): string {
  if (shape === "text") return "a text";
  return shape === "number" ? "a number" : "an object";
}
