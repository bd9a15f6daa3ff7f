/**
 * Pure. Which deliveries of one channel are still ours to settle. Acknowledgements that come together
 * go out together: one frame for all up to the first delivery that is still open, which costs a third
 * less than one frame each. Delivery tags of a channel count from 1 without gaps.
 */

/** The two frames by which a channel settles. */
export interface SettlingChannel {
  ack(tag: number, allUpTo: boolean): void;
  requeue(tag: number): void;
  /** Sends now what was said so far; without it that goes out soon. */
  send(): void;
}

/** One per channel; what was settled or lost once is not settled again. */
export class Settlements {
  #channel: SettlingChannel;
  /** Calls its argument soon, after what is running now; at most one call is pending. */
  #soon: (flush: () => void) => void;
  /** All tags below are settled. */
  #lowest = 1;
  #received = 0;
  #settled = new Set<number>();
  #acked: number[] = [];
  #outstanding = 0;
  #scheduled = false;
  #alive = true;

  constructor(channel: SettlingChannel, soon: (flush: () => void) => void) {
    this.#channel = channel;
    this.#soon = soon;
  }

  /** False once the channel is gone: the broker gives what was open to somebody else. */
  get alive(): boolean {
    return this.#alive;
  }

  /** Delivered and not settled. */
  get outstanding(): number {
    return this.#outstanding;
  }

  received(tag: number): void {
    this.#received = tag;
    this.#outstanding++;
  }

  /** Whether the delivery is still ours. */
  isOpen(tag: number): boolean {
    return this.#alive && tag >= this.#lowest && tag <= this.#received && !this.#settled.has(tag);
  }

  /** False where it was no longer ours (settled before, or the channel went). */
  ack(tag: number): boolean {
    if (!this.#settle(tag)) return false;
    this.#acked.push(tag);
    if (!this.#scheduled) {
      this.#scheduled = true;
      this.#soon(() => this.flush());
    }
    return true;
  }

  /** The same for giving the message back to its queue. */
  requeue(tag: number): boolean {
    if (!this.#settle(tag)) return false;
    this.#channel.requeue(tag);
    return true;
  }

  /** Sends what was acknowledged since the last time. */
  flush(): void {
    this.#scheduled = false;
    if (!this.#alive) return;
    while (this.#settled.delete(this.#lowest)) this.#lowest++;
    const acked = this.#acked.sort((a, b) => a - b);
    this.#acked = [];
    const together = acked.filter((tag) => tag < this.#lowest);
    const last = together.at(-1);
    if (last !== undefined) this.#channel.ack(last, together.length > 1);
    for (const tag of acked) if (tag >= this.#lowest) this.#channel.ack(tag, false);
    this.#channel.send();
  }

  /** The channel is gone: every later settlement is void. */
  lose(): void {
    this.#alive = false;
    this.#outstanding = 0;
    this.#settled.clear();
    this.#acked = [];
  }

  #settle(tag: number): boolean {
    if (!this.isOpen(tag)) return false;
    this.#settled.add(tag);
    this.#outstanding--;
    return true;
  }
}
