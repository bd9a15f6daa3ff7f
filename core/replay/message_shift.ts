/**
 * Pure. A message's own times moved, for targets that take the message itself: its bytes anew, all other
 * members as they were. Numbers keep what Python tells apart.
 */
import type { Form } from "../datum/forms.ts";
import { decodeText, loadValue } from "../notifications/load_value.ts";
import { loadLiteral } from "../notifications/load_literal.ts";
import { type Dict, isDict, PyFloat, type Value } from "../notifications/value.ts";
import { dumpValue } from "../notifications/value_text.ts";
import { isoFormat, parseIsoTime } from "../python/iso_time.ts";

const encoder = new TextEncoder();
const usPerMs = 1000n;

/** Members that are times, in whatever object of the form they stand. */
const timeMembers: ReadonlySet<string> = new Set([
  "timestamp",
  "generated",
  "_context_timestamp",
]);

/**
 * The bytes with their times moved by `shiftMs`; Python literals come out as JSON. Throws what reading
 * them throws.
 */
export function shiftMessage(form: Form, bytes: Uint8Array, shiftMs: number): Uint8Array {
  if (shiftMs === 0) return bytes;
  const text = decodeText(bytes);
  const isPython = form === "sample_literal" || form === "event_literal";
  const value = isPython ? loadLiteral(text) : loadValue(text);
  return encoder.encode(dumpValue(shiftAll(form, value, shiftMs)));
}

function shiftAll(form: Form, value: Value, shiftMs: number): Value {
  if (Array.isArray(value)) return value.map((item) => shiftAll(form, item, shiftMs));
  if (!isDict(value)) return value;
  switch (form) {
    case "metric":
      return {
        ...shiftInside(value, "metric", shiftMs),
        ...shiftedNumber(value, "creation_time", shiftMs / 1000),
      };
    case "alarm":
      return shiftInside(value, "alarm-transitioned", shiftMs);
    case "monasca_event":
      return shiftInside(value, "event", shiftMs);
    case "notification":
      return shiftNotification(value, shiftMs);
    default:
      return shiftMembers(value, shiftMs);
  }
}

/** The message may be wrapped as text; a batch of samples has a time each. */
function shiftNotification(value: Dict, shiftMs: number): Dict {
  const wrapped = value["oslo.message"];
  if (typeof wrapped === "string") {
    const inner = loadValue(wrapped);
    const moved = isDict(inner) ? shiftNotification(inner, shiftMs) : inner;
    return { ...value, "oslo.message": dumpValue(moved) };
  }
  const { payload } = value;
  const moved = Array.isArray(payload)
    ? payload.map((item) => isDict(item) ? shiftMembers(item, shiftMs) : item)
    : undefined;
  return { ...shiftMembers(value, shiftMs), ...(moved === undefined ? {} : { payload: moved }) };
}

function shiftInside(value: Dict, name: string, shiftMs: number): Dict {
  const inside = value[name];
  return isDict(inside) ? { ...value, [name]: shiftMembers(inside, shiftMs) } : value;
}

function shiftMembers(value: Dict, shiftMs: number): Dict {
  const moved: Dict = {};
  for (const [name, member] of Object.entries(value)) {
    moved[name] = timeMembers.has(name) ? shiftTime(member, shiftMs) : member;
  }
  return moved;
}

function shiftedNumber(value: Dict, name: string, by: number): Dict {
  const member = value[name];
  return typeof member === "number" ? { [name]: Math.round(member + by) } : {};
}

/** ms as a number, or ISO 8601 as text, which keeps its form. */
function shiftTime(time: Value, shiftMs: number): Value {
  if (typeof time === "number") return Math.round(time + shiftMs);
  if (time instanceof PyFloat) return new PyFloat(time.value + shiftMs);
  if (typeof time !== "string") return time;
  const read = parseIsoTime(time);
  if (read === undefined) return time;
  const { microseconds, offsetMinutes } = read;
  const moved = microseconds + BigInt(Math.round(shiftMs)) * usPerMs;
  const text = isoFormat({ microseconds: moved, offsetMinutes });
  const separated = /^[0-9-]+ /.test(time) ? text.replace("T", " ") : text;
  if (/Z$/.test(time)) return separated.replace(/[+-]\d\d:\d\d$/, "Z");
  return /[T ].*[+-]\d\d:?\d\d$/.test(time) ? separated : separated.replace(/[+-]\d\d:\d\d$/, "");
}
