/**
 * Pure. What the three kinds of Monasca messages have in common: JSON objects in one another, whose
 * members are there or not. It knows nothing of a single kind.
 */
import type { RecordBlock } from "../delivery/records.ts";
import { valueOf } from "../delivery/records.ts";
import type { Refusal } from "../persist/encoder.ts";
import { JsonError, loadJson } from "../python/json_load.ts";
import { kindOf, type PyDict, type PyValue } from "../python/values.ts";

/** Thrown inside an encoder; it never leaves one. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";

  constructor(readonly refusal: Refusal) {
    super(refusal.reason);
  }
}

/** A refusal of class `invalid`, to be thrown. */
export function invalid(reason: string): RefusedError {
  return new RefusedError({ class: "invalid", reason });
}

/** Runs `encode` and turns what it refuses into a return value. */
export function refusalOf(encode: () => void): Refusal | undefined {
  try {
    encode();
    return undefined;
  } catch (error) {
    if (error instanceof RefusedError) return error.refusal;
    if (error instanceof JsonError) return { class: "decode", reason: error.message };
    throw error;
  }
}

/** The message in record `index`; throws RefusedError or JsonError. */
export function messageOf(block: RecordBlock, index: number): PyDict {
  const bytes = valueOf(block, index);
  if (bytes === null) {
    throw new RefusedError({
      class: "decode",
      reason: "Cannot read message: the record has no value, expected a JSON object",
    });
  }
  return asObject(loadJson(bytes), "message");
}

/** `value` as an object; `name` stands in the refusal. */
export function asObject(value: PyValue | undefined, name: string): PyDict {
  if (value instanceof Map) return value;
  throw invalid(`Cannot read ${name}: it is ${kindOf(value)}, expected an object`);
}

/** The member `key` of an object, which must be there but may be null; `name` names the object. */
export function memberOf(object: PyDict, key: string, name: string): PyValue {
  const value = object.get(key);
  if (value === undefined) {
    throw invalid(`Cannot read ${name}: it has no '${key}', expected that member`);
  }
  return value;
}

const SHOWN_CHARACTERS = 80;

/** A value as it may stand in a reason: cut, so that a message of megabytes does not fill the log. */
export function shown(text: string): string {
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}...`;
}
