/**
 * Pure. What came out of the two agents, as texts that are equal where the outputs are: byte for byte
 * as they were written or sent, but for what each makes up by itself (ids, times of sending and the
 * signatures over them) and for the differences named here, which are meant.
 */
import { isDict, type Value } from "../../core/notifications/value.ts";
import { loadValue } from "../../core/notifications/load_value.ts";
import { dumpValue } from "../../core/notifications/value_text.ts";

const uuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
const signature = /("message_signature": )"[0-9a-f]{64}"/g;

/**
 * Upstream's master, which tpctl follows, has two members more in each sample, which are null unless
 * Keystone was asked for names; 19 does not know them.
 */
const names =
  /(["']user_id["']: [^,]+, )["']user_name["']: (?:null|None), (["']project_id["']: [^,]+, )["']project_name["']: (?:null|None), /g;

/** One output's record, request or datagram in comparable form. */
export class Comparable {
  readonly #given: ReadonlySet<string>;

  /** `bodies`: the notifications; what ids stand in them are nobody's own. */
  constructor(bodies: readonly string[]) {
    this.#given = new Set(bodies.flatMap((body) => body.match(uuid) ?? []));
  }

  text(text: string): string {
    return text.replace(uuid, (id) => this.#given.has(id) ? id : "<new id>")
      .replace(signature, '$1"<signature>"').replace(names, "$1$2");
  }

  /** A request's body. */
  request(body: string): readonly string[] {
    return this.#items("", loadValue(body)) ?? [this.text(body)];
  }

  /** An oslo.messaging envelope, some of whose members are the sender's own. */
  envelope(body: string): readonly string[] {
    const outer = loadValue(body);
    const inner = isDict(outer) ? outer["oslo.message"] : undefined;
    if (typeof inner !== "string") throw new Error(`no envelope: ${body}`);
    const message = loadValue(inner);
    if (!isDict(message)) throw new Error(`no message: ${body}`);
    const { message_id: _, timestamp: __, _unique_id: ___, payload = null, ...rest } = message;
    const head = this.text(dumpValue({ ...rest, members: Object.keys(message) }));
    return this.#items(head, payload) ?? [`${head} ${this.text(dumpValue(payload))}`];
  }

  /**
   * A notification's sensors, one by one; undefined for what are no sensors. Current, fan, temperature
   * and voltage are endpoints of their own in Ceilometer, each of which publishes its samples; here the
   * samples of a notification are published together.
   */
  #items(head: string, samples: Value): readonly string[] | undefined {
    if (!Array.isArray(samples) || !samples.some(isSensor)) return undefined;
    return samples.map((sample) => `${head} ${this.text(dumpValue(sample))}`);
  }
}

function isSensor(sample: Value): boolean {
  if (!isDict(sample)) return false;
  return String(sample.name ?? sample.counter_name).startsWith("hardware.ipmi.");
}
