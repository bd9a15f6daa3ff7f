/**
 * Pure. AMQP 0-9-1's frames: cut out of a stream that comes in pieces of any size, and the few that are
 * written here. A frame that came in one piece is shown where it lies; one that came in several is
 * put together once.
 *
 *     type (1)  channel (2)  size (4)  payload (size)  0xCE
 */

/** Octets before a frame's payload. */
export const headBytes = 7;
const endOctet = 0xce;

/** Types of frames, by their first octet. */
export const frameTypes = { method: 1, header: 2, body: 3 } as const;

/** Takes a frame, head and end octet included; false: it is none that can be taken. */
export type OnFrame = (bytes: Buffer, start: number, end: number) => boolean;

/** See above. */
export class FrameCutter {
  #lengthMax: number;
  /** A frame that has not come whole, as long as it will be; of its head alone while that is cut. */
  #part: Buffer | undefined;
  #filled = 0;

  /** Memory for a payload of more than `sizeMax` octets is never taken. */
  constructor(sizeMax: number) {
    this.#lengthMax = headBytes + sizeMax + 1;
  }

  /**
   * Shows the frames that the piece completes. What begins with a frame that is too long, does not end
   * as a frame does or is not taken is given back as it came; undefined where there is none.
   */
  cut(piece: Buffer, onFrame: OnFrame): Buffer | undefined {
    for (let at = 0; at < piece.length;) {
      if (this.#part === undefined) {
        const length = lengthAt(piece, at);
        const end = at + length;
        if (length > this.#lengthMax) return piece.subarray(at);
        if (end <= piece.length && length > headBytes) {
          if (piece[end - 1] !== endOctet || !onFrame(piece, at, end)) return piece.subarray(at);
          at = end;
          continue;
        }
        this.#part = Buffer.allocUnsafeSlow(length);
        this.#filled = 0;
      }
      at += this.#fill(this.#part, piece, at);
      if (this.#filled < this.#part.length) return undefined;
      const whole = this.#part;
      const length = lengthAt(whole, 0);
      if (length > this.#lengthMax) return Buffer.concat([whole, piece.subarray(at)]);
      if (length > whole.length) {
        this.#part = Buffer.allocUnsafeSlow(length);
        whole.copy(this.#part);
        continue;
      }
      this.#part = undefined;
      if (whole[length - 1] !== endOctet || !onFrame(whole, 0, length)) {
        return Buffer.concat([whole, piece.subarray(at)]);
      }
    }
    return undefined;
  }

  #fill(part: Buffer, piece: Buffer, at: number): number {
    const count = piece.copy(part, this.#filled, at);
    this.#filled += count;
    return count;
  }
}

/** How long the frame is whose head stands there; that of a head where that is cut. */
function lengthAt(bytes: Buffer, at: number): number {
  if (bytes.length - at < headBytes) return headBytes;
  return headBytes + bytes.readUInt32BE(at + 3) + 1;
}
