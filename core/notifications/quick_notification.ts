/**
 * Pure. Notifications as nearly all senders write them, without making their objects: one pass over
 * the bytes says where everything stands, and only what is asked for is made.
 */
import type { Notification, Priority } from "./notification.ts";
import { usedPriorities } from "./oslo.ts";
import { startsEnveloped } from "./sent_text.ts";
import { noValue, root, TextIndex } from "./text_index.ts";
import { madeValue, MemberName } from "./unread.ts";
import { Reading } from "./unread_dict.ts";
import { UnreadMessage } from "./unread_message.ts";
import type { Dict, Value } from "./value.ts";

/** Reads one notification at a time. */
export class QuickReader {
  readonly #index = new TextIndex();

  /**
   * The notification, which can be used until the next one is read; undefined where the bytes must be
   * decoded in the usual way to know what they are. It is the same that `decodeNotification` gives.
   */
  read(bytes: Uint8Array): Notification | undefined {
    const index = this.#index;
    const isRead = startsEnveloped(bytes) ? index.readEnveloped(bytes) : index.read(bytes);
    if (!isRead) return undefined;
    // An envelope that stands here is no usual one.
    if (index.find(root, envelope.text, envelope.hash) !== noValue) return undefined;
    const priority = this.#text(priorityName)?.toLowerCase();
    const eventType = this.#text(eventTypeName);
    if (priority === undefined || !usedPriorities.has(priority)) return undefined;
    if (eventType === undefined) return undefined;
    const unread = new UnreadMessage(new Reading(index));
    return new QuickNotification(priority, eventType, unread);
  }

  #text({ text, hash }: MemberName): string | undefined {
    const spot = this.#index.find(root, text, hash);
    return spot === noValue ? undefined : this.#index.plainText(spot);
  }
}

const priorityName = new MemberName("priority");
const eventTypeName = new MemberName("event_type");
const payloadName = new MemberName("payload");
const envelope = new MemberName("oslo.version");

class QuickNotification implements Notification {
  readonly priority: Priority;
  readonly event_type: string;
  readonly unread: UnreadMessage;

  constructor(priority: Priority, eventType: string, unread: UnreadMessage) {
    this.priority = priority;
    this.event_type = eventType;
    this.unread = unread;
  }

  get publisher_id(): Value {
    return madeValue(this.unread.publisherId());
  }

  get payload(): Value {
    return madeValue(this.unread.member(payloadName) ?? null);
  }

  get ctxt(): Dict {
    return this.message["ctxt"] as Dict;
  }

  get metadata(): Dict {
    return this.unread.metadata();
  }

  get message(): Dict {
    return this.unread.made();
  }
}
