/**
 * Pure. A YAML document against a shape: everything that does not fit, with its place and, for a
 * member that nobody knows, the nearest one.
 */
import { didYouMean } from "../config/suggest.ts";
import { ConfigError } from "../errors.ts";
import { describeNode, type YamlMap, type YamlNode, yamlText } from "../yaml/node.ts";
import type { MapShape, ScalarShape, Shape, TextShape } from "./shape.ts";

/** In the order of the document. `what` says in messages what the node is. */
export function checkShape(node: YamlNode, shape: Shape, what: string): ConfigError[] {
  switch (shape.kind) {
    case "any":
      return [];
    case "text":
      return textFits(node, shape) ? [] : [misfit(node, what, expectedText(shape))];
    case "list":
      if (node.kind !== "list") return [misfit(node, what, "a list")];
      if (shape.isFilled === true && node.items.length === 0) {
        return [misfit(node, what, "a list that is not empty")];
      }
      return node.items.flatMap((item, i) => checkShape(item, shape.of, `${what}[${i}]`));
    case "map":
      return node.kind === "map" ? checkMap(node, shape, what) : [misfit(node, what, "a map")];
    case "either": {
      const tried = shape.of.map((one) => checkShape(node, one, what));
      return tried.toSorted((a, b) => a.length - b.length)[0] ?? [];
    }
    default:
      return scalarFits(node, shape) ? [] : [misfit(node, what, expectedScalar(shape))];
  }
}

function misfit(node: YamlNode, what: string, expected: string): ConfigError {
  const text = `Cannot use '${what}': it is ${describeNode(node)}, expected ${expected}`;
  return new ConfigError(text, node.place);
}

function textFits(node: YamlNode, { choices, pattern, isFilled }: TextShape): boolean {
  const text = yamlText(node);
  if (text === undefined || (isFilled === true && text === "")) return false;
  if (choices !== undefined && !choices.includes(text)) return false;
  return pattern === undefined || new RegExp(`^(?:${pattern})$`, "su").test(text);
}

function expectedText({ choices }: TextShape): string {
  return choices === undefined ? "text" : `one of ${choices.join(", ")}`;
}

function scalarFits(node: YamlNode, { kind, min }: ScalarShape): boolean {
  if (node.kind !== "scalar") return false;
  const { value } = node;
  if (kind === "scalar") return true;
  if (kind === "boolean") return typeof value === "boolean";
  const isWhole = typeof value === "bigint" || Number.isInteger(value);
  if (kind === "integer" && !isWhole) return false;
  const isNumber = typeof value === "number" || typeof value === "bigint";
  return isNumber && (min === undefined || value >= min);
}

function expectedScalar({ kind, min }: ScalarShape): string {
  const noun = {
    integer: "an integer",
    number: "a number",
    boolean: "true or false",
    scalar: "text",
  };
  return noun[kind] + (min === undefined ? "" : ` of at least ${min}`);
}

function checkMap(node: YamlMap, shape: MapShape, what: string): ConfigError[] {
  const names = Object.keys(shape.members);
  const errors = node.entries.flatMap(({ key, value }) => {
    const name = typeof key.value === "string" ? key.value : key.text;
    const member = Object.hasOwn(shape.members, name) ? shape.members[name] : undefined;
    const own = member?.shape ?? shape.others;
    if (own !== undefined) return checkShape(value, own, what === "" ? name : `${what}.${name}`);
    const hint = didYouMean(name, names);
    const expected = hint === "" ? `, expected one of ${names.join(", ")}` : hint;
    return [
      new ConfigError(`Cannot use '${name}'${inside(what)}: it is unknown${expected}`, key.place),
    ];
  });
  const missing = names.filter((name) =>
    shape.members[name]?.isRequired === true && !node.named.has(name)
  );
  const given = shape.oneOf?.filter((name) => node.named.has(name)) ?? [];
  return [
    ...missing.map((name) =>
      new ConfigError(`Cannot use ${shown(what)}: '${name}' is missing, expected it`, node.place)
    ),
    ...(shape.oneOf !== undefined && given.length !== 1
      ? [
        new ConfigError(
          `Cannot use ${shown(what)}: it has ${given.length} of ${shape.oneOf.join(", ")}, ` +
            "expected exactly one",
          node.place,
        ),
      ]
      : []),
    ...errors,
  ];
}

function inside(what: string): string {
  return what === "" ? "" : ` in '${what}'`;
}

function shown(what: string): string {
  return what === "" ? "the file" : `'${what}'`;
}
