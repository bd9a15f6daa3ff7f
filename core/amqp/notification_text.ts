/**
 * Pure. A notification as oslo.messaging puts it on the wire: version 1 is the message itself, version
 * 2 the same as text inside an envelope. JSON is Python's, ASCII only, members in its order.
 */
import type { Value } from "../notifications/value.ts";
import { dumpValue } from "../notifications/value_text.ts";

/** What a notifier sends; it has no context. */
export interface OutgoingNotification {
  /** A UUID. */
  readonly messageId: string;
  readonly publisherId: string;
  readonly eventType: string;
  readonly payload: Value;
  /** ms since the epoch. */
  readonly sentAtMs: number;
  /** 32 hex digits, by which a reader tells a message that comes twice. */
  readonly uniqueId: string;
}

/** The two formats, by the driver that writes them. */
export type NotificationFormat = "messaging" | "messagingv2";

/** The message of priority SAMPLE, as JSON. */
export function notificationText(
  notification: OutgoingNotification,
  format: NotificationFormat,
): string {
  const { messageId, publisherId, eventType, payload, sentAtMs, uniqueId } = notification;
  const message = `{"message_id": ${dumpValue(messageId)}, ` +
    `"publisher_id": ${dumpValue(publisherId)}, "event_type": ${dumpValue(eventType)}, ` +
    `"priority": "SAMPLE", "payload": ${dumpValue(payload)}, ` +
    `"timestamp": "${pythonUtc(sentAtMs)}", "_unique_id": ${dumpValue(uniqueId)}}`;
  if (format === "messaging") return message;
  return `{"oslo.version": "2.0", "oslo.message": ${dumpValue(message)}}`;
}

/** `str(datetime)` of a naive UTC time: no fraction on a whole second. */
function pythonUtc(ms: number): string {
  const [date = "", time = ""] = new Date(ms).toISOString().split("T");
  const [seconds = "", fraction = ""] = time.replace("Z", "").split(".");
  return `${date} ${seconds}${fraction === "000" ? "" : `.${fraction}000`}`;
}
