/**
 * Pure. `Shape`: what a YAML file may hold, as data: the members with their meanings, kinds and
 * choices. JSON Schemas are made of it (json_schema.ts), and files are checked by it (check_shape.ts).
 */

interface ShapeBase {
  /** One sentence; editors show it. */
  readonly help?: string;
}

/** Whatever stands there. */
export interface AnyShape extends ShapeBase {
  readonly kind: "any";
}

/** Text; `choices` compared as they stand here. */
export interface TextShape extends ShapeBase {
  readonly kind: "text";
  readonly choices?: readonly string[];
  /** Further values are fine; editors offer these. */
  readonly examples?: readonly string[];
  /** In JavaScript's syntax, for the whole text. */
  readonly pattern?: string;
  readonly isFilled?: boolean;
}

/** A number, a boolean or any scalar. */
export interface ScalarShape extends ShapeBase {
  readonly kind: "integer" | "number" | "boolean" | "scalar";
  readonly min?: number;
}

/** A list; `isFilled`: not empty. */
export interface ListShape extends ShapeBase {
  readonly kind: "list";
  readonly of: Shape;
  readonly isFilled?: boolean;
}

/** One member of a map. */
export interface Member {
  readonly shape: Shape;
  readonly isRequired?: boolean;
}

/** A map of known members; `others`: what unknown ones are, undefined where there are none. */
export interface MapShape extends ShapeBase {
  readonly kind: "map";
  readonly members: Readonly<Record<string, Member>>;
  readonly others?: Shape;
  readonly isFilled?: boolean;
  /** Of these exactly one must be there. */
  readonly oneOf?: readonly string[];
}

/** One of several. */
export interface EitherShape extends ShapeBase {
  readonly kind: "either";
  readonly of: readonly Shape[];
}

/** See above. */
export type Shape = AnyShape | TextShape | ScalarShape | ListShape | MapShape | EitherShape;

/** A member that may be left out. */
export function optional(shape: Shape): Member {
  return { shape };
}

/** A member that must be there. */
export function required(shape: Shape): Member {
  return { shape, isRequired: true };
}
