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

/** A body as oslo.messaging writes it, version 2. */
function bodyOf(head: Head, payload: unknown): string {
  const message = {
    ...head,
    publisher_id: "polling.host1",
    payload,
    timestamp: "2026-01-01 00:00:00.000001",
    _context: {},
  };
  return JSON.stringify({ "oslo.version": "2.0", "oslo.message": JSON.stringify(message) });
}

/** Notification `n` with one sample: of resource `n`, with the volume `n`. */
export function samplingBody(n: number): string {
  const sample = {
    counter_name: "cpu",
    counter_type: "gauge",
    counter_unit: "ns",
    counter_volume: n,
    resource_id: String(n),
    project_id: "p",
    user_id: "u",
    source: "openstack",
    timestamp: "2026-01-01T00:00:00",
    resource_metadata: { host: "compute-1" },
    message_id: `sample-${n}`,
  };
  const head = { message_id: `m${n}`, event_type: "telemetry.polling", priority: "SAMPLE" };
  return bodyOf(head, { samples: [sample] });
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
