/**
 * Pure. `SettlingFrames`: `basic.ack` and `basic.nack` of one channel as octets, many in one write. The
 * client library writes each of them by itself, which is a system call each.
 */
import type { SettlingChannel } from "./settlements.ts";

const ack = 80;
const nack = 120;
const requeueBit = 2;
const frameBytes = 21;

/** See above. */
export class SettlingFrames implements SettlingChannel {
  #channel: number;
  #write: (octets: Uint8Array) => void;
  #frames: Buffer[] = [];

  constructor(channel: number, write: (octets: Uint8Array) => void) {
    this.#channel = channel;
    this.#write = write;
  }

  ack(tag: number, allUpTo: boolean): void {
    this.#add(ack, tag, allUpTo ? 1 : 0);
  }

  requeue(tag: number): void {
    this.#add(nack, tag, requeueBit);
  }

  /** Writes what has come together. */
  send(): void {
    if (this.#frames.length === 0) return;
    const frames = this.#frames;
    this.#frames = [];
    this.#write(Buffer.concat(frames));
  }

  #add(method: number, tag: number, bits: number): void {
    // Requeueing comes outside of any flush, and goes out with what else this turn brings.
    if (this.#frames.length === 0) queueMicrotask(() => this.send());
    const frame = Buffer.alloc(frameBytes);
    frame[0] = 1;
    frame.writeUInt16BE(this.#channel, 1);
    frame.writeUInt32BE(frameBytes - 8, 3);
    frame.writeUInt16BE(60, 7);
    frame.writeUInt16BE(method, 9);
    frame.writeUInt32BE(Math.floor(tag / 2 ** 32), 11);
    frame.writeUInt32BE(tag >>> 0, 15);
    frame[19] = bits;
    frame[20] = 0xce;
    this.#frames.push(frame);
  }
}
