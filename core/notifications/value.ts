/**
 * Pure. `Value`: what a notification's JSON means in Python, in the shape that JavaScript's own
 * JSON.parse makes, so that the common message costs one native parse.
 *
 * Python tells 1 from 1.0 and has no bound for integers; both show in what the reference writes. A
 * number that is a whole number is Python's int; a float that is whole, or not finite, is a PyFloat;
 * an integer beyond 2^53 is a bigint. load_value.ts reads text into Values; the persist side, where
 * every byte of odd envelopes counts, has `PyValue` (core/python) instead.
 */

/** A Python float that a JavaScript number would take for an int, or that JSON cannot carry. */
export class PyFloat {
  constructor(readonly value: number) {}
}

/** A JSON value with what Python tells apart. */
export type Value = null | boolean | number | bigint | string | PyFloat | Value[] | Dict;

/** A JSON object. Keys are the object's own, `__proto__` included. */
export type Dict = { [key: string]: Value };

/** Whether the value is a JSON object. */
export function isDict(value: Value | undefined): value is Dict {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    !(value instanceof PyFloat);
}
