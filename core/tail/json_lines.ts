/**
 * Pure. `json`: each datum as its message says it, one JSON object a line, so that what is looked at can
 * also be piped on: to jq, to a file, back into tpctl.
 */
import { type Dict, isDict, PyFloat, type Value } from "../notifications/value.ts";
import { dumpValue } from "../notifications/value_text.ts";
import type { LineFormat } from "./pretty.ts";

/** One line per datum. */
export const jsonLines: LineFormat = {
  lines: (data) => data.map(({ members }) => `${jsonText(members)}\n`).join(""),
};

const options = { ensureAscii: false, compact: true };

/** JSON has no name for what is no finite number: null stands for it. */
function jsonText(members: Dict): string {
  return dumpValue(finite(members), options).toWellFormed().replace(terminalControls, escapeOf);
}

/** JSON escapes other control characters by itself; these move the cursor of a terminal too. */
const terminalControls = /[\u007f-\u009f]/g;

function escapeOf(control: string): string {
  return `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** The same value where all its numbers are finite, which they nearly always are. */
function finite(value: Value): Value {
  if (value instanceof PyFloat) return Number.isFinite(value.value) ? value : null;
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (Array.isArray(value)) {
    return value.every((item) => finite(item) === item) ? value : value.map(finite);
  }
  if (!isDict(value)) return value;
  const names = Object.keys(value);
  if (names.every((name) => finite(value[name] ?? null) === value[name])) return value;
  return Object.fromEntries(names.map((name) => [name, finite(value[name] ?? null)]));
}
