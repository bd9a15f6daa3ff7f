/**
 * Pure. `Inbox`: messages of a broker that pushes, as they wait to be pulled. Bounded by their number and
 * their bytes: the oldest give way, and are counted.
 */

/** Messages that may wait. */
const messagesMax = 50_000;
/** Their bytes. */
const bytesMax = 64 * 1024 * 1024;

/** Nothing waits. */
export class Inbox {
  #messages: Uint8Array[] = [];
  #bytes = 0;
  /** Messages that gave way. */
  dropped = 0;

  push(message: Uint8Array): void {
    this.#messages.push(message);
    this.#bytes += message.length;
    if (this.#messages.length > messagesMax || this.#bytes > bytesMax) this.#halve();
  }

  takeAll(): readonly Uint8Array[] {
    const all = this.#messages;
    this.#messages = [];
    this.#bytes = 0;
    return all;
  }

  /** Many at once, so that one more does not move all others. The newest stays, however large. */
  #halve(): void {
    let count = 0;
    while (count < this.#messages.length - 1 && !this.#fitsWithout(count)) {
      this.#bytes -= this.#messages[count]?.length ?? 0;
      count++;
    }
    this.#messages.splice(0, count);
    this.dropped += count;
  }

  #fitsWithout(count: number): boolean {
    return this.#messages.length - count <= messagesMax / 2 && this.#bytes <= bytesMax / 2;
  }
}
