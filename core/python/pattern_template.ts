/**
 * Pure. The replacement of Python's `re.sub`: text with `\1`, `\g<name>` and the usual escapes.
 */
import { PatternError } from "./pattern.ts";

type Part = string | { readonly group: string };

const PIECE = /\\(?:g<([^>]*)>|([1-9][0-9]?)|(0[0-7]{0,2})|([abfnrtv\\])|([^]?))|[^\\]+/g;
const CONTROLS: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
};

/**
 * Python's `pattern.sub(template, text)`, with the template read once. `pattern` is one that was
 * compiled for `sub`. Throws PatternError for a template that Python would refuse.
 */
export function compileSubstitution(
  pattern: RegExp,
  template: string,
): (text: string) => string {
  const parts = readTemplate(template);
  checkGroups(pattern, parts);
  return (text) => text.replace(pattern, (...found: unknown[]) => fill(parts, found));
}

/** Python refuses a group that the pattern lacks whether or not anything matches. */
function checkGroups(pattern: RegExp, parts: readonly Part[]): void {
  const empty = new RegExp(`${pattern.source}|`, "u").exec("");
  for (const part of parts) {
    if (typeof part === "string") continue;
    const known = /^[0-9]+$/.test(part.group)
      ? Number(part.group) < (empty?.length ?? 0)
      : Object.hasOwn(empty?.groups ?? {}, part.group);
    if (!known) throw new PatternError(`Cannot replace: no group '${part.group}' in the pattern`);
  }
}

function readTemplate(template: string): readonly Part[] {
  return Array.from(template.matchAll(PIECE), (piece): Part => {
    const [text, named, numbered, octal, control, other] = piece;
    if (named !== undefined || numbered !== undefined) return { group: named ?? numbered ?? "" };
    if (octal !== undefined) return String.fromCharCode(parseInt(octal, 8));
    if (control !== undefined) return CONTROLS[control] ?? control;
    if (other !== undefined && (other === "" || /[a-zA-Z0-9]/.test(other))) {
      throw new PatternError(`Cannot use replacement '${template}': bad escape '\\${other}'`);
    }
    return text;
  });
}

/** `found` is what String.replace hands over: the match, its groups, offset, text, named groups. */
function fill(parts: readonly Part[], found: readonly unknown[]): string {
  const last = found.at(-1);
  const names = typeof last === "object" && last !== null ? last as Record<string, unknown> : {};
  const groups = typeof last === "object" ? found.slice(0, -3) : found.slice(0, -2);
  return parts.map((part) => {
    if (typeof part === "string") return part;
    const group = /^[0-9]+$/.test(part.group) ? groups[Number(part.group)] : names[part.group];
    return String(group ?? "");
  }).join("");
}
