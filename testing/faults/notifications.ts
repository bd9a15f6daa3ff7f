/**
 * Pure. Numbered notifications for tests of faults, and the book that a far end keeps of what came:
 * each number once, more than once, or not at all.
 */

/** Shows what arrived, as `2998 of 3000, 12 repeated`. */
export class Arrivals {
  readonly count: number;
  /** What is none of the numbers, or came with another value than it was sent with. */
  readonly strange: string[] = [];
  #times: Uint32Array;
  #distinct = 0;
  #total = 0;

  constructor(count: number) {
    this.count = count;
    this.#times = new Uint32Array(count);
  }

  /** `value` is what the sender gave to the number: the number itself. */
  add(name: unknown, value: unknown = name): void {
    const n = Number(name);
    const times = this.#times[n];
    if (times === undefined || Number(value) !== n) {
      this.strange.push(`${JSON.stringify(name)}: ${JSON.stringify(value)}`);
      return;
    }
    this.#times[n] = times + 1;
    this.#total++;
    if (times === 0) this.#distinct++;
  }

  get distinct(): number {
    return this.#distinct;
  }

  get repeated(): number {
    return this.#total - this.#distinct;
  }

  /** The first few numbers that are not there. */
  missing(): number[] {
    const missing: number[] = [];
    for (let n = 0; n < this.count && missing.length < 5; n++) {
      if (this.#times[n] === 0) missing.push(n);
    }
    return missing;
  }

  /** True when all numbers are there; for `until`. */
  whole(): true | undefined {
    return this.#distinct === this.count ? true : undefined;
  }

  toString(): string {
    return `${this.#distinct} of ${this.count}, ${this.repeated} repeated`;
  }
}

/** What a message says besides its payload. */
interface Head {
  readonly message_id: string;
  readonly event_type: string;
  readonly priority: string;
}

/** How a message is wrapped: version 1 is the message itself, version 2 text in an envelope. */
export type Envelope = "v1" | "v2";

/** A body as oslo.messaging writes it. */
function bodyOf(head: Head, payload: unknown, envelope: Envelope = "v2"): string {
  const message = {
    ...head,
    publisher_id: "polling.host1",
    payload,
    timestamp: "2026-01-01 00:00:00.000001",
    _unique_id: head.message_id,
    _context_request_id: `req-${head.message_id}`,
  };
  const text = JSON.stringify(message);
  return envelope === "v1" ? text : JSON.stringify({ "oslo.version": "2.0", "oslo.message": text });
}

/** One sample of a polling notification; what is left out is that of a server. */
export interface PolledSample {
  readonly name: string;
  readonly resource: string;
  readonly volume: number;
  /** ISO 8601; the first moment of 2026 if left out. */
  readonly timestamp?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** Notification `n` with these samples. */
export function pollingBody(
  n: number,
  samples: readonly PolledSample[],
  envelope: Envelope = "v2",
): string {
  const payload = samples.map(({ name, resource, volume, timestamp, metadata }) => ({
    counter_name: name,
    counter_type: "gauge",
    counter_unit: "ns",
    counter_volume: volume,
    resource_id: resource,
    project_id: "p",
    user_id: "u",
    source: "openstack",
    timestamp: timestamp ?? "2026-01-01T00:00:00",
    resource_metadata: metadata ?? { host: "compute-1" },
    message_id: `sample-${n}-${name}`,
  }));
  const head = { message_id: `m${n}`, event_type: "telemetry.polling", priority: "SAMPLE" };
  return bodyOf(head, { samples: payload }, envelope);
}

/** Notification `n` with one sample: of resource `n`, with the volume `n`. */
export function samplingBody(n: number, envelope: Envelope = "v2"): string {
  return pollingBody(n, [{ name: "cpu", resource: String(n), volume: n }], envelope);
}

/** Notification `n` that makes one event, whose message_id is `n`. */
export function eventBody(n: number, priority: "INFO" | "ERROR"): string {
  return bodyOf({ message_id: String(n), event_type: "trial.done", priority }, { n });
}

/** Bodies `from` to `to` - 1. */
export function* bodiesOf(
  make: (n: number) => string,
  from: number,
  to: number,
): Generator<string> {
  for (let n = from; n < to; n++) yield make(n);
}
