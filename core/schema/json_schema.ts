/**
 * Pure. Shapes as JSON Schemas, draft-07, which is what editors' YAML servers understand best.
 */
import type { ListShape, MapShape, Shape, TextShape } from "./shape.ts";

/** A schema or a part of one. */
export type JsonSchema = { readonly [key: string]: unknown };

/** The schema of a whole file; it ends in a line feed. */
export function schemaText(shape: Shape, title: string): string {
  const schema = { $schema: "http://json-schema.org/draft-07/schema#", title, ...schemaOf(shape) };
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}

const scalarTypes = ["string", "number", "boolean", "null"];

function schemaOf(shape: Shape): JsonSchema {
  const help = shape.help === undefined ? {} : { description: shape.help };
  switch (shape.kind) {
    case "any":
      return help;
    case "text":
      return { type: "string", ...help, ...textParts(shape) };
    case "list":
      return { type: "array", ...help, ...listParts(shape) };
    case "map":
      return { type: "object", ...help, ...mapParts(shape) };
    case "either":
      return { ...help, anyOf: shape.of.map(schemaOf) };
    case "scalar":
      return { type: scalarTypes, ...help };
    default:
      return {
        type: shape.kind,
        ...help,
        ...(shape.min === undefined ? {} : { minimum: shape.min }),
      };
  }
}

function textParts({ choices, examples, pattern, isFilled }: TextShape): JsonSchema {
  return {
    ...(choices === undefined ? {} : { enum: choices }),
    ...(examples === undefined ? {} : { examples }),
    ...(pattern === undefined ? {} : { pattern: `^(?:${pattern})$` }),
    ...(isFilled === true ? { minLength: 1 } : {}),
  };
}

function listParts({ of, isFilled }: ListShape): JsonSchema {
  return { items: schemaOf(of), ...(isFilled === true ? { minItems: 1 } : {}) };
}

function mapParts({ members, others, isFilled, oneOf }: MapShape): JsonSchema {
  const entries = Object.entries(members);
  const needed = entries.flatMap(([name, { isRequired }]) => isRequired === true ? [name] : []);
  return {
    properties: Object.fromEntries(entries.map(([name, { shape }]) => [name, schemaOf(shape)])),
    additionalProperties: others === undefined ? false : schemaOf(others),
    ...(needed.length === 0 ? {} : { required: needed }),
    ...(isFilled === true ? { minProperties: 1 } : {}),
    ...(oneOf === undefined ? {} : { oneOf: oneOf.map((name) => ({ required: [name] })) }),
  };
}
