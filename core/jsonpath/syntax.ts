/**
 * Pure. What a JSONPath expression is made of, its error, and its text again, fully in brackets.
 */
import type { Operator } from "../notifications/value_rules.ts";
import { PyFloat, type Value } from "../notifications/value.ts";

/** Text that is no JSONPath expression; the message holds the text, the column and what is wrong. */
export class JsonPathError extends Error {
  override readonly name = "JsonPathError";
  /** Counted from 1, in characters. */
  readonly column: number;

  /** `at` is the place in the text, in UTF-16 units from 0. */
  constructor(text: string, at: number, why: string) {
    const column = Array.from(text.slice(0, at)).length + 1;
    super(`Cannot read JSONPath '${text}' at column ${column}: ${why}`);
    this.column = column;
  }
}

/** A value that stands in the expression itself. */
export interface Constant {
  readonly kind: "constant";
  readonly value: Value;
}

/** Two expressions, the second looked for in what the first found, or joined with it. */
export interface Pair {
  readonly kind: "child" | "descendants" | "where" | "union" | "intersect";
  readonly left: Path;
  readonly right: Path;
}

/** Arithmetic on what two expressions find. */
export interface Operation {
  readonly kind: "operation";
  readonly operator: Operator;
  readonly left: Path | Constant;
  readonly right: Path | Constant;
}

/** One comparison of a filter; without `operator` the path only has to find something. */
export interface Condition {
  readonly path: Path;
  readonly operator?: string;
  readonly value?: Value;
}

/** One key to sort by. */
export interface SortKey {
  readonly path: Path;
  readonly descending: boolean;
}

/** One expression. `sorted` without keys is the named operator. */
export type Path =
  | { readonly kind: "root" | "this" | "parent" | "len" }
  | { readonly kind: "fields"; readonly names: readonly string[] }
  | { readonly kind: "index"; readonly index: number }
  | { readonly kind: "slice"; readonly start: number | null; readonly end: number | null }
  | { readonly kind: "filter"; readonly conditions: readonly Condition[] }
  | { readonly kind: "sorted"; readonly keys: readonly SortKey[] }
  | {
    readonly kind: "split";
    readonly separator: string;
    readonly segment: number;
    readonly splits_max: number;
  }
  | { readonly kind: "sub"; readonly pattern: string; readonly template: string }
  | Pair
  | Operation;

const JOINERS: Readonly<Record<Pair["kind"], string>> = {
  child: ".",
  descendants: "..",
  where: " where ",
  union: "|",
  intersect: "&",
};

/** Text that parses to the same expression again. */
export function printPath(path: Path): string {
  switch (path.kind) {
    case "root":
      return "$";
    case "this":
    case "parent":
    case "len":
      return `\`${path.kind}\``;
    case "fields":
      return path.names.length === 1 && path.names[0] === "*"
        ? "*"
        : path.names.map(quoted).join(",");
    case "index":
      return `[${path.index}]`;
    case "slice":
      return `[${path.start ?? ""}:${path.end ?? ""}]`;
    case "filter":
      return `[?${path.conditions.map(printCondition).join(" & ")}]`;
    case "sorted":
      return path.keys.length === 0 ? "`sorted`" : `[${path.keys.map(printSortKey).join("")}]`;
    case "split": {
      const { separator, segment, splits_max } = path;
      return operation(`split(${separator}, ${segment}, ${splits_max})`);
    }
    case "sub":
      return operation(`sub(/${path.pattern}/, ${path.template})`);
    case "operation":
      return `${printOperand(path.left)} ${path.operator} ${printOperand(path.right)}`;
    default:
      return printPair(path);
  }
}

function printPair({ kind, left, right }: Pair): string {
  const bracket = right.kind === "filter" || (right.kind === "sorted" && right.keys.length > 0);
  if (kind === "child" && bracket) return `(${printPath(left)})${printPath(right)}`;
  return `(${printPath(left)})${JOINERS[kind]}(${printPath(right)})`;
}

function printOperand(operand: Path | Constant): string {
  return operand.kind === "constant" ? printConstant(operand.value) : `(${printPath(operand)})`;
}

function printConstant(value: Value | undefined): string {
  if (typeof value === "string") return quoted(value);
  if (value instanceof PyFloat || (typeof value === "number" && !Number.isInteger(value))) {
    const float = typeof value === "number" ? value : value.value;
    return Math.abs(float) < 1e-6 || Math.abs(float) >= 1e21
      ? float.toFixed(30)
      : `${float}${Number.isInteger(float) ? ".0" : ""}`;
  }
  return String(value);
}

function printCondition({ path, operator, value }: Condition): string {
  return operator === undefined
    ? `(${printPath(path)})`
    : `(${printPath(path)}) ${operator} ${printConstant(value)}`;
}

function printSortKey({ path, descending }: SortKey): string {
  return `${descending ? "\\" : "/"}(${printPath(path)})`;
}

function quoted(name: string): string {
  return `'${name.replace(/[\\']/g, "\\$&")}'`;
}

function operation(text: string): string {
  return `\`${text.replace(/[\\`]/g, "\\$&")}\``;
}
