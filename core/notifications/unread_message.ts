/**
 * Pure. `UnreadMessage`: a notification's message as expressions look into it (ctxt, publisher_id,
 * event_type, payload, metadata), unread, with what samples need of it besides.
 */
import { loadValue } from "./load_value.ts";
import { messageOf } from "./oslo.ts";
import { noValue, root, type Spot } from "./text_index.ts";
import { MemberName, Unread } from "./unread.ts";
import { lookAt, type Reading, UnreadDict } from "./unread_dict.ts";
import type { Dict, Value } from "./value.ts";
import { WrittenDict } from "./written_dict.ts";

const payloadName = new MemberName("payload");
const publisherIdName = new MemberName("publisher_id");
const eventTypeName = new MemberName("event_type");
const messageIdName = new MemberName("message_id");
const timestampName = new MemberName("timestamp");
const hostName = new MemberName("host");
const contextName = new MemberName("_context");
const timeoutName = new MemberName("_timeout");

/** See above; it can be used as long as its `reading`, whose text is the message as it was sent. */
export class UnreadMessage extends Unread {
  readonly #reading: Reading;
  #made: Dict | undefined;
  #payload: Unread | Value | undefined;
  #metadata: Dict | undefined;

  constructor(reading: Reading) {
    super();
    this.#reading = reading;
  }

  override member(name: MemberName): Value | Unread | undefined {
    switch (name.text) {
      case "payload":
        return this.#payload ??= this.#lookAt(payloadName);
      case "ctxt":
        return this.#context();
      case "event_type":
        return this.#lookAt(eventTypeName);
      case "publisher_id":
        return this.publisherId();
      case "metadata":
        return this.metadata();
      default:
        return undefined;
    }
  }

  override made(): Dict {
    return this.#made ??= messageOf(loadValue(this.#reading.index.json(root)) as Dict);
  }

  /** Null where the sender left it out. */
  publisherId(): Value | Unread {
    return this.#lookAt(publisherIdName);
  }

  /** message_id and timestamp. */
  metadata(): Dict {
    return this.#metadata ??= {
      message_id: this.#value(messageIdName),
      timestamp: this.#value(timestampName),
    };
  }

  /**
   * The payload's members with `event_type` and `host` behind them, as samples have them that have no
   * other metadata; undefined where the payload has one of the two already, or is no dict.
   */
  originMetadata(): WrittenDict | undefined {
    const { index } = this.#reading;
    const payload = this.#find(payloadName);
    if (payload === noValue || !index.isObject(payload)) return undefined;
    const has = ({ text, hash }: MemberName): boolean =>
      index.find(payload, text, hash) !== noValue;
    if (has(eventTypeName) || has(hostName)) return undefined;
    const own = index.isEmpty(payload) ? "{" : `${index.json(payload).slice(0, -1)}, `;
    const host = this.#find(publisherIdName);
    return new WrittenDict(
      `${own}"event_type": ${index.json(this.#find(eventTypeName))}, ` +
        `"host": ${host === noValue ? "null" : index.json(host)}}`,
    );
  }

  /** The dicts in a list of the payload; undefined where it is none, or not all items are dicts. */
  dictsOf(name: MemberName): readonly UnreadDict[] | undefined {
    const { index } = this.#reading;
    const payload = this.#find(payloadName);
    const list = payload === noValue ? noValue : index.find(payload, name.text, name.hash);
    if (list === noValue || !index.isList(list)) return undefined;
    const dicts: UnreadDict[] = [];
    for (let at = index.first(list); at !== noValue; at = index.next(list, at)) {
      if (!index.isObject(at)) return undefined;
      dicts.push(new UnreadDict(this.#reading, at));
    }
    return dicts;
  }

  #context(): Unread {
    const whole = this.#find(contextName);
    if (whole !== noValue && this.#reading.index.isObject(whole)) {
      return new UnreadDict(this.#reading, whole);
    }
    return new UnreadContext(this.#reading, this);
  }

  #find({ text, hash }: MemberName): Spot {
    return this.#reading.index.find(root, text, hash);
  }

  #lookAt(name: MemberName): Value | Unread {
    const spot = this.#find(name);
    return spot === noValue ? null : lookAt(this.#reading, spot);
  }

  #value(name: MemberName): Value {
    const spot = this.#find(name);
    return spot === noValue ? null : this.#reading.index.value(spot);
  }
}

/** The context of AMQP, whose members stand in the message itself behind a prefix. */
class UnreadContext extends Unread {
  readonly #reading: Reading;
  readonly #message: UnreadMessage;

  constructor(reading: Reading, message: UnreadMessage) {
    super();
    this.#reading = reading;
    this.#message = message;
  }

  override member(name: MemberName): Value | Unread | undefined {
    const { text, inContext, inContextHash } = name;
    // The driver keeps its timeout there, and takes two members out.
    if (text === "msg_id" || text === "reply_q") return undefined;
    const { index } = this.#reading;
    const spot = text === "client_timeout"
      ? index.find(root, timeoutName.text, timeoutName.hash)
      : index.find(root, inContext, inContextHash);
    if (spot !== noValue) return lookAt(this.#reading, spot);
    return text === "client_timeout" ? null : undefined;
  }

  override made(): Value {
    return this.#message.made()["ctxt"] ?? null;
  }
}
