/**
 * Pure. One message body as oslo.messaging sends it -> `Notification`, or why there is none.
 *
 * Version 2 wraps the message as text in `oslo.message`; version 1 is the message itself. The context
 * stands in members `_context_*` (AMQP) or in `_context` (Kafka). Facts: oslo.messaging's
 * _drivers/{common,amqp,impl_kafka}.py and notify/dispatcher.py.
 */
import { JsonError } from "../python/json_load.ts";
import { decodeText, loadValue, setMember } from "./load_value.ts";
import type { Notification } from "./notification.ts";
import { type Dict, isDict, type Value } from "./value.ts";
import { typeName } from "./value_rules.ts";

/**
 * - `notification`: one that samples or events may be made of.
 * - `ignored`: of a priority that neither samples nor events are made of.
 * - `refused`: nothing can be made of it; for the dead letters. The reference drops those without a
 *   priority, or with an unknown one, with a line in the log.
 */
export type DecodedNotification =
  | {
    readonly kind: "notification";
    readonly notification: Notification;
    /** What the sender tells its own messages apart by, where it gave it. */
    readonly uniqueId: string | undefined;
    /** The message as it was sent, out of its envelope. */
    readonly sent: Dict;
  }
  | { readonly kind: "ignored"; readonly reason: string }
  | { readonly kind: "refused"; readonly class: "decode" | "invalid"; readonly reason: string };

/** Those that samples or events are made of. */
export const usedPriorities: ReadonlySet<string> = new Set(["info", "error", "sample"]);
const UNUSED: ReadonlySet<string> = new Set(["audit", "critical", "debug", "warn"]);

const CONTEXT = "_context_";
const WRAPPED = /^[ \t\r\n]*\{[ \t\r\n]*"oslo\./;

class Refusal extends Error {}

/** Never throws. */
export function decodeNotification(body: Uint8Array | string): DecodedNotification {
  try {
    return fromMessage(readMessage(typeof body === "string" ? body : decodeText(body)));
  } catch (error) {
    if (error instanceof JsonError || error instanceof Refusal) {
      const reason = `Cannot read notification: ${error.message}`;
      return { kind: "refused", class: "decode", reason };
    }
    throw error;
  }
}

/** The message itself, out of its envelope if it has one. */
function readMessage(text: string): Dict {
  const outer = WRAPPED.test(text) ? readEnvelope(text) : loadValue(text);
  if (!isDict(outer)) throw new Refusal(`it is a ${typeName(outer)}, expected an object`);
  if (!Object.hasOwn(outer, "oslo.version") || !Object.hasOwn(outer, "oslo.message")) return outer;
  checkVersion(outer["oslo.version"] ?? null);
  const inner = outer["oslo.message"] ?? null;
  if (typeof inner !== "string") {
    throw new Refusal(`'oslo.message' is a ${typeName(inner)}, expected a text`);
  }
  const message = loadValue(inner);
  if (isDict(message)) return message;
  throw new Refusal(`'oslo.message' holds a ${typeName(message)}, expected an object`);
}

/** No number stands in a usual envelope, so none can be misread. */
function readEnvelope(text: string): Value {
  try {
    const outer = JSON.parse(text) as Value;
    const usual = isDict(outer) && typeof outer["oslo.message"] === "string" &&
      typeof outer["oslo.version"] === "string";
    return usual ? outer : loadValue(text);
  } catch {
    return loadValue(text);
  }
}

/** Compatible with 2.0: `2`, a minor version of at most 0, and whatever follows it being no more. */
function checkVersion(version: Value): void {
  const parts = typeof version === "string" ? version.split(".").map(Number) : [];
  const [major, minor, revision = 0] = parts;
  if (major === 2 && minor !== undefined && (minor < 0 || (minor === 0 && revision <= 0))) return;
  throw new Refusal(`its 'oslo.version' is ${JSON.stringify(String(version))}, expected 2.0`);
}

function fromMessage(message: Dict): DecodedNotification {
  const given = message["priority"] ?? (Object.hasOwn(message, "priority") ? null : "");
  if (typeof given !== "string") {
    const why = `'priority' is a ${typeName(given)}, expected a text`;
    return { kind: "refused", class: "invalid", reason: `Cannot use notification: ${why}` };
  }
  const priority = given.toLowerCase();
  if (UNUSED.has(priority)) {
    return { kind: "ignored", reason: `nothing is made of priority '${priority}'` };
  }
  if (!usedPriorities.has(priority)) {
    const why = priority === "" ? "it has no priority" : `its priority '${priority}' is unknown`;
    const expected = [...usedPriorities, ...UNUSED].sort().join(", ");
    const reason = `Cannot use notification: ${why}, expected one of ${expected}`;
    return { kind: "refused", class: "invalid", reason };
  }
  const event_type = memberOf(message, "event_type");
  if (typeof event_type !== "string") {
    const why = `'event_type' is a ${typeName(event_type)}, expected a text`;
    return { kind: "refused", class: "invalid", reason: `Cannot use notification: ${why}` };
  }
  const uniqueId = message["_unique_id"];
  const seen = seenOf(message);
  return {
    kind: "notification",
    notification: { priority, ...seen, event_type, message: { ...seen } },
    uniqueId: typeof uniqueId === "string" ? uniqueId : undefined,
    sent: message,
  };
}

/** What expressions look into of a message as it was sent. */
export function messageOf(sent: Dict): Dict {
  return { ...seenOf(sent) };
}

type Seen = Pick<Notification, "ctxt" | "publisher_id" | "payload" | "metadata"> & {
  readonly event_type: Value;
};

/** In the order in which they are seen. */
function seenOf(sent: Dict): Seen {
  return {
    ctxt: contextOf(sent),
    publisher_id: memberOf(sent, "publisher_id"),
    event_type: memberOf(sent, "event_type"),
    payload: memberOf(sent, "payload"),
    metadata: {
      message_id: memberOf(sent, "message_id"),
      timestamp: memberOf(sent, "timestamp"),
    },
  };
}

function memberOf(message: Dict, name: string): Value {
  return Object.hasOwn(message, name) ? message[name] ?? null : null;
}

/** The AMQP driver keeps `client_timeout` in the context; `msg_id` and `reply_q` it takes out. */
function contextOf(message: Dict): Dict {
  const whole = message["_context"];
  if (whole !== undefined && isDict(whole)) return whole;
  const context: Dict = {};
  for (const key of Object.keys(message)) {
    if (!key.startsWith(CONTEXT)) continue;
    const name = key.slice(CONTEXT.length);
    if (name !== "msg_id" && name !== "reply_q") setMember(context, name, message[key] ?? null);
  }
  context["client_timeout"] = memberOf(message, "_timeout");
  return context;
}
