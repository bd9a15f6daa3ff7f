/**
 * Pure. `PyValue`: what Python's json makes of JSON text, told apart as Python tells it apart.
 *
 * The systems that tpctl replaces are Python programs whose rules show in the data that they store:
 * 1 is not 1.0, integers have no bound, an object keeps its order. JavaScript's JSON loses all three.
 */

/** int is bigint, float is number, dict is Map (in the order of first appearance), list is array. */
export type PyValue = null | boolean | bigint | number | string | PyValue[] | PyDict;
/** What Python's json makes of an object. */
export type PyDict = Map<string, PyValue>;

/** Whether `if value:` would take the branch. */
export function isTruthy(value: PyValue): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof Map) return value.size > 0;
  return Number.isNaN(value) || Boolean(value);
}

/** The JSON name of the value's kind, for messages: null, boolean, number, string, list, object. */
export function kindOf(value: PyValue | undefined): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "list";
  if (value instanceof Map) return "object";
  return typeof value === "bigint" ? "number" : typeof value;
}

/** -1, 0 or 1 as Python's `sorted` orders strings: by code points, which is UTF-8's order too. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rankOfUnit(x) < rankOfUnit(y) ? -1 : 1;
  }
  return Math.sign(a.length - b.length);
}

/** Halves of surrogate pairs stand for code points above all others. */
function rankOfUnit(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
