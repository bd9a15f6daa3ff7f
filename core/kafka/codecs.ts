/**
 * Pure. The codecs of Kafka's record batches, for reading: gzip, snappy (raw, and in the framing that
 * Java clients write), lz4 frames, zstd. Each refuses what would unpack beyond a bound, before it
 * unpacks where the format tells the size.
 */
import { gunzipSync, zstdDecompressSync } from "node:zlib";

// Neither package brings types.
const lz4: {
  decompressBound(packed: Uint8Array): number;
  decompress(packed: Uint8Array, sizeMax: number): Uint8Array;
} = require("lz4js");
const snappy: {
  uncompress(packed: Uint8Array, sizeMax: number): Uint8Array;
} = require("snappyjs");

/** Codec numbers as they stand in a batch's attributes. */
export const codecNames = ["none", "gzip", "snappy", "lz4", "zstd"] as const;

/** Bytes that one batch may unpack to; a broker's default limit is 1 MB packed. */
export const unpackedBytesMax = 256 * 1024 * 1024;

/** Unpacks `packed`; throws an Error that says why it cannot be done. */
export function unpack(codec: number, packed: Uint8Array): Uint8Array {
  switch (codec) {
    case 0:
      return packed;
    case 1:
      return unpackGzip(packed);
    case 2:
      return unpackSnappy(packed);
    case 3:
      return unpackLz4(packed);
    case 4:
      return zstdDecompressSync(packed, {
        maxOutputLength: unpackedBytesMax,
        chunkSize: chunkBytes,
      });
    default:
      throw new Error(`codec ${codec} is unknown, expected 0 to 4`);
  }
}

/** Steps in which zlib grows its output; its default of 16 kB costs a third more. */
const chunkBytes = 256 * 1024;

/**
 * libdeflate is a third faster than zlib, but has no bound and takes the first of several members
 * only. A member's last four bytes say its unpacked size: what does not come out like that goes to
 * zlib.
 */
function unpackGzip(packed: Uint8Array): Uint8Array {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const size = packed.length < gzipBytesMin ? 0 : view.getUint32(packed.length - 4, true);
  if (size > 0 && size <= packed.length * gzipRatioMax && size <= unpackedBytesMax) {
    try {
      const input = packed as Uint8Array<ArrayBuffer>;
      const unpacked = Bun.gunzipSync(input, { library: "libdeflate" });
      if (unpacked.length === size) return unpacked;
    } catch {
      // zlib says it better.
    }
  }
  return gunzipSync(packed, { maxOutputLength: unpackedBytesMax, chunkSize: chunkBytes });
}

/** Header and trailer of an empty member. */
const gzipBytesMin = 20;
/** Deflate cannot do better. */
const gzipRatioMax = 1032;

const xerialMagic = [0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00];
const xerialHeaderBytes = 16;

function unpackSnappy(packed: Uint8Array): Uint8Array {
  if (!xerialMagic.every((byte, i) => packed[i] === byte)) {
    return snappy.uncompress(packed, unpackedBytesMax);
  }
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const parts: Uint8Array[] = [];
  let size = 0;
  for (let at = xerialHeaderBytes; at < packed.length;) {
    const length = view.getInt32(at);
    if (length < 0 || at + 4 + length > packed.length) throw new Error("a snappy block is cut off");
    const part = snappy.uncompress(packed.subarray(at + 4, at + 4 + length), unpackedBytesMax);
    size += part.length;
    if (size > unpackedBytesMax) throw new Error(`more than ${unpackedBytesMax} bytes unpacked`);
    parts.push(part);
    at += 4 + length;
  }
  const only = parts[0];
  return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts, size);
}

function unpackLz4(packed: Uint8Array): Uint8Array {
  const bound = lz4.decompressBound(packed);
  if (bound > unpackedBytesMax) throw new Error(`more than ${unpackedBytesMax} bytes unpacked`);
  return lz4.decompress(packed, bound);
}
