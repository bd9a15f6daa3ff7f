/**
 * Pure. The operations that JSONPath names between backquotes: `this`, `parent`, `len`, `sorted`,
 * `split(char, segment, max)`, `sub(/regex/, replacement)`.
 */
import { toInt } from "../python/numbers.ts";
import { compilePattern, PatternError } from "../python/pattern.ts";
import { JsonPathError, type Path } from "./syntax.ts";

const BLANK =
  "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";
const SUB = new RegExp(`^sub\\(/([^\\n]*)/,${BLANK}+([^\\n]*)\\)`, "u");
const SPLIT = new RegExp(
  `^split\\(([^\\n]),${BLANK}+(\\p{Nd}+),${BLANK}+(\\p{Nd}+|-1)\\)`,
  "u",
);
const BLANK_ENDS = new RegExp(`^${BLANK}+|${BLANK}+$`, "gu");

/** `named` stands between backquotes in `text`, from `at` on. Throws JsonPathError. */
export function readNamedOperation(named: string, text: string, at: number): Path {
  if (named === "this" || named === "parent" || named === "len") return { kind: named };
  if (named === "sorted") return { kind: "sorted", keys: [] };
  if (named.startsWith("split(")) {
    const split = SPLIT.exec(named);
    if (split !== null) {
      const [, separator = "", segment = "", most = ""] = split;
      return {
        kind: "split",
        separator,
        segment: Number(toInt(segment)),
        splits_max: Number(toInt(most)),
      };
    }
    throw new JsonPathError(text, at, `\`${named}\` lacks parts, expected \`split(., 0, -1)\``);
  }
  if (named.startsWith("sub(")) return readSub(named, text, at);
  const known = "this, parent, len, sorted, split(...) or sub(...)";
  throw new JsonPathError(text, at, `\`${named}\` is not known, expected ${known}`);
}

function readSub(named: string, text: string, at: number): Path {
  const sub = SUB.exec(named);
  if (sub === null) {
    const why = `\`${named}\` lacks parts, expected \`sub(/regex/, replacement)\``;
    throw new JsonPathError(text, at, why);
  }
  const [, pattern = "", template = ""] = sub.map((part) => part.replace(BLANK_ENDS, ""));
  try {
    compilePattern(pattern, "sub");
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    throw new JsonPathError(text, at, error.message);
  }
  return { kind: "sub", pattern, template };
}
