/**
 * Pure. `DeliveryReader`: takes the deliveries out of what a broker sends, for less than half of what
 * the client library takes for them, and leaves everything else to the library. What it does not
 * understand it leaves to the library too, with the delivery that was on its way and all that comes
 * after it, so that the library misses nothing.
 */
import {
  basicDeliver,
  type ContentHeader,
  type DeliverMethod,
  readContentHeader,
  readDeliver,
} from "./delivery_fields.ts";
import { FrameCutter, frameTypes, headBytes } from "./frames.ts";

/** A message that has come whole. */
export interface Delivered {
  readonly method: DeliverMethod;
  readonly header: ContentHeader;
  readonly body: Uint8Array;
}

/** Hears of each. */
export type OnDelivered = (delivered: Delivered) => void;

/** The most that is agreed on with a broker, in octets. */
const frameBytesMax = 131_072;
const nothing = Buffer.alloc(0);

/** See above. */
export class DeliveryReader {
  #onDelivered: OnDelivered;
  #cutter = new FrameCutter(frameBytesMax);
  #isOff = false;
  /** The frames of the delivery that is on its way: its method, its header, bodies. */
  #held: Buffer[] = [];
  #channel = 0;
  #method: DeliverMethod | undefined;
  #header: ContentHeader | undefined;
  #missing = 0;
  /** Of the piece that is being read, for the library. */
  #left: Buffer[] = [];

  constructor(onDelivered: OnDelivered) {
    this.#onDelivered = onDelivered;
  }

  /** Takes what the socket read; answers with what is left of it, and of earlier pieces, for the library. */
  take(piece: Buffer): Buffer {
    if (this.#isOff) return piece;
    const rest = this.#cutter.cut(piece, this.#onFrame);
    if (rest !== undefined) {
      this.#isOff = true;
      this.#left.push(...this.#held, rest);
      this.#held = [];
    }
    if (this.#left.length === 0) return nothing;
    const left = Buffer.concat(this.#left);
    this.#left = [];
    return left;
  }

  readonly #onFrame = (bytes: Buffer, start: number, end: number): boolean => {
    const type = bytes[start];
    const isOurs = this.#method !== undefined && bytes.readUInt16BE(start + 1) === this.#channel;
    try {
      if (isOurs && type === frameTypes.body) return this.#takeBody(bytes, start, end);
      if (isOurs && type === frameTypes.header) return this.#takeHeader(bytes, start, end);
      if (type === frameTypes.method && isDeliver(bytes, start, end)) {
        return this.#takeMethod(bytes, start, end);
      }
    } catch (error) {
      if (error instanceof RangeError) return false;
      throw error;
    }
    this.#left.push(bytes.subarray(start, end));
    return true;
  };

  #takeMethod(bytes: Buffer, start: number, end: number): boolean {
    if (this.#method !== undefined) return false;
    this.#method = readDeliver(bytes, start + headBytes, end - 1);
    this.#channel = bytes.readUInt16BE(start + 1);
    this.#held.push(bytes.subarray(start, end));
    return true;
  }

  #takeHeader(bytes: Buffer, start: number, end: number): boolean {
    if (this.#header !== undefined) return false;
    this.#header = readContentHeader(bytes, start + headBytes, end - 1);
    this.#missing = this.#header.size;
    this.#held.push(bytes.subarray(start, end));
    if (this.#missing === 0) this.#deliver(nothing);
    return true;
  }

  #takeBody(bytes: Buffer, start: number, end: number): boolean {
    const length = end - start - headBytes - 1;
    if (this.#header === undefined || length > this.#missing) return false;
    this.#missing -= length;
    if (this.#missing === 0 && length === this.#header.size) {
      this.#deliver(bytes.subarray(start + headBytes, end - 1));
      return true;
    }
    this.#held.push(bytes.subarray(start, end));
    if (this.#missing === 0) {
      const [, , ...bodies] = this.#held;
      this.#deliver(Buffer.concat(bodies.map((frame) => frame.subarray(headBytes, -1))));
    }
    return true;
  }

  #deliver(body: Uint8Array): void {
    const [method, header] = [this.#method, this.#header];
    this.#method = this.#header = undefined;
    this.#held = [];
    if (method !== undefined && header !== undefined) {
      this.#onDelivered({ method, header, body });
    }
  }
}

function isDeliver(bytes: Buffer, start: number, end: number): boolean {
  const at = start + headBytes;
  return end - 1 - at >= 4 && bytes.readUInt32BE(at) === basicDeliver;
}
