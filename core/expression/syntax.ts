/**
 * Pure. What an expression is made of once it is read. parse.ts makes it, compile.ts runs it.
 */

/** A constant. */
export type Literal = string | number | boolean | null;

/** Steps into a datum: names, and places in lists (negative ones from the end). */
export interface Path {
  readonly kind: "path";
  readonly steps: readonly (string | number)[];
}

/** One side of a comparison. */
export type Operand = Path | { readonly kind: "literal"; readonly value: Literal };

/** Operators between two operands. */
export type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">=";

/** What is true or false of a datum. */
export type Condition =
  | { readonly kind: "and" | "or"; readonly parts: readonly Condition[] }
  | { readonly kind: "not"; readonly part: Condition }
  | {
    readonly kind: "compare";
    readonly operator: Comparison;
    readonly left: Operand;
    readonly right: Operand;
  }
  | { readonly kind: "in"; readonly left: Operand; readonly list: readonly Operand[] }
  /** Membership in a list that the datum holds. */
  | { readonly kind: "within"; readonly left: Operand; readonly list: Path }
  | { readonly kind: "match"; readonly left: Operand; readonly pattern: RegExp }
  | { readonly kind: "like"; readonly left: Operand; readonly glob: string }
  /** A path or a constant by itself: whether it is there and neither null nor false. */
  | { readonly kind: "present"; readonly operand: Operand };
