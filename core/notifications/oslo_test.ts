/**
 * Pure. Shows which message bodies are notifications, which count for nothing, which are refused and
 * in what words.
 */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { type DecodedNotification, decodeNotification } from "./oslo.ts";
import { PyFloat } from "./value.ts";

const body = {
  message_id: "m-1",
  publisher_id: "svc.host",
  event_type: "image.upload",
  priority: "INFO",
  timestamp: "2024-05-06 07:08:09",
  payload: { id: "i" },
  _context_user_id: "u",
  _context_roles: ["admin"],
  _context_msg_id: "gone",
  _msg_id: "x",
  _timeout: 5,
  _unique_id: "q",
};
const message = {
  ctxt: { user_id: "u", roles: ["admin"], client_timeout: 5 },
  publisher_id: "svc.host",
  event_type: "image.upload",
  payload: { id: "i" },
  metadata: { message_id: "m-1", timestamp: "2024-05-06 07:08:09" },
};

function wrapped(inner: unknown, version: unknown = "2.0"): string {
  return JSON.stringify({ "oslo.version": version, "oslo.message": inner });
}

test("envelopes of both versions hold the same notification", () => {
  const expected: DecodedNotification = {
    kind: "notification",
    notification: { priority: "info", ...message, message },
    uniqueId: "q",
    sent: body,
  };
  const text = JSON.stringify(body);
  expect(decodeNotification(text)).toEqual(expected);
  expect(decodeNotification(Buffer.from(wrapped(text)))).toEqual(expected);
  expect(decodeNotification(` \n${wrapped(text)}`)).toEqual(expected);
});

test("Kafka's context stands in one member, and numbers keep their kind", () => {
  const kafka = { ...body, _context: { user_id: "k" } };
  const text = JSON.stringify(kafka).replace('"id":"i"', '"id":1.0');
  const decoded = decodeNotification(wrapped(text));
  if (decoded.kind !== "notification") throw new Error(JSON.stringify(decoded));
  expect(decoded.notification.ctxt).toEqual({ user_id: "k" });
  expect(decoded.notification.payload).toEqual({ id: new PyFloat(1) });
});

test("members that a sender left out are null", () => {
  const decoded = decodeNotification('{"event_type": "e", "priority": "sample"}');
  if (decoded.kind !== "notification") throw new Error(JSON.stringify(decoded));
  expect(decoded.notification.message).toEqual({
    ctxt: { client_timeout: null },
    publisher_id: null,
    event_type: "e",
    payload: null,
    metadata: { message_id: null, timestamp: null },
  });
});

test("priorities that nothing is made of are ignored, with the reason", () => {
  const reasonOf = (priority: unknown): unknown => {
    const decoded = decodeNotification(JSON.stringify({ ...body, priority }));
    return decoded.kind === "ignored" ? decoded.reason : decoded.kind;
  };
  expect(reasonOf("WARN")).toBe("nothing is made of priority 'warn'");
  expect(reasonOf("Error")).toBe("notification");
});

const refused: readonly (readonly [text: string, reason: string])[] = [
  ["", "Cannot read notification: Cannot read JSON at character 0: the end, expected a value"],
  ["{", "expected a name in quotes"],
  ["[]", "Cannot read notification: it is a list, expected an object"],
  ["5", "it is a int, expected an object"],
  [wrapped("[]"), "'oslo.message' holds a list, expected an object"],
  [wrapped("{"), "Cannot read JSON at character 1"],
  [wrapped({}), "'oslo.message' is a dict, expected a text"],
  [wrapped("{}", "2.1"), "its 'oslo.version' is \"2.1\", expected 2.0"],
  [wrapped("{}", "3.0"), "its 'oslo.version' is \"3.0\", expected 2.0"],
  [wrapped("{}", "2"), "its 'oslo.version' is \"2\", expected 2.0"],
  [wrapped("{}", null), "its 'oslo.version' is \"null\", expected 2.0"],
  ['{"priority": null}', "Cannot use notification: 'priority' is a NoneType, expected a text"],
  ["{}", "Cannot use notification: it has no priority, expected one of audit, critical, debug,"],
  ['{"priority": "loud"}', "Cannot use notification: its priority 'loud' is unknown, expected one"],
  ['{"priority": "info"}', "Cannot use notification: 'event_type' is a NoneType, expected a text"],
];

for (const [text, reason] of refused) {
  test(`refused: ${text.slice(0, 60)}`, () => {
    const decoded = decodeNotification(text);
    expect(decoded.kind === "refused" ? decoded.reason : decoded).toContain(reason);
  });
}

test("bytes that are no UTF-8 are refused", () => {
  const decoded = decodeNotification(new Uint8Array([0x7b, 0xff, 0x7d]));
  expect(decoded).toMatchObject({ kind: "refused", class: "decode" });
});

test("anything at all is decoded, ignored or refused", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), fc.json().map((j) => wrapped(j))), (text) => {
      expect(["notification", "ignored", "refused"]).toContain(decodeNotification(text).kind);
    }),
  );
});
