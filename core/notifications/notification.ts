/**
 * Pure. `Notification`: an oslo.messaging notification as its dispatcher hands it to endpoints.
 */
import type { UnreadMessage } from "./unread_message.ts";
import type { Dict, Value } from "./value.ts";

/** Lower-case priority: `info`, `error`, `sample`, ...; what the endpoints are chosen by. */
export type Priority = string;

/** One notification, its envelope taken off. */
export interface Notification {
  readonly priority: Priority;
  readonly event_type: string;
  /** Text, or null where the sender left it out. */
  readonly publisher_id: Value;
  readonly payload: Value;
  /** The request context, `_context_` keys without their prefix. */
  readonly ctxt: Dict;
  /** message_id and timestamp. */
  readonly metadata: Dict;
  /**
   * What JSONPath expressions of definitions look into: ctxt, publisher_id, event_type, payload and
   * metadata, in this order. It has no priority. Nobody changes it.
   */
  readonly message: Dict;
  /** The same before it is made, where making it can be saved. */
  readonly unread?: UnreadMessage;
}

/** What expressions are asked about. */
export function lookedInto(notification: Notification): Dict | UnreadMessage {
  return notification.unread ?? notification.message;
}
