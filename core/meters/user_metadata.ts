/**
 * Pure. Which of a resource's user metadata samples keep: names with a reserved prefix, and reserved
 * names. Facts: ceilometer/sample.py, add_reserved_user_metadata.
 */
import { setMember } from "../notifications/load_value.ts";
import { type Dict, isDict, type Value } from "../notifications/value.ts";
import { PythonError, typeName } from "../notifications/value_rules.ts";
import type { SampleOptions } from "./make_sample.ts";

/** What is kept of `given`; undefined where nothing is. Names that `metadata` has are left out. */
export function keptUserMetadata(
  given: Value,
  metadata: Dict,
  options: SampleOptions,
): Dict | undefined {
  const kept: Dict = {};
  const keep = (name: string, value: Value): void => {
    const plain = name.replaceAll(".", "_");
    if (!Object.hasOwn(metadata, plain)) setMember(kept, plain, cut(value, options));
  };
  for (const prefix of options.reserved_metadata_namespace) {
    for (const [name, value] of membersOf(given)) {
      if (name.startsWith(prefix)) keep(name.slice(prefix.length), value);
    }
  }
  for (const reserved of options.reserved_metadata_keys) {
    for (const [name, value] of membersOf(given)) {
      if (name === reserved) keep(name, value);
    }
  }
  return Object.keys(kept).length > 0 ? kept : undefined;
}

function membersOf(given: Value): readonly (readonly [string, Value])[] {
  if (isDict(given)) return Object.entries(given);
  throw new PythonError("AttributeError", `'${typeName(given)}' is no user metadata`);
}

function cut(value: Value, { reserved_metadata_length: length }: SampleOptions): Value {
  if (typeof value !== "string" || (length >= 0 && value.length <= length)) return value;
  return Array.from(value).slice(0, length).join("");
}
