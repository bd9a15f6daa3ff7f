/**
 * Pure. Bodies that kombu compressed: it says how in the header `compression` and leaves the content
 * encoding alone. `gzip` there means zlib's format, without gzip's header.
 */
import { brotliDecompressSync, deflateSync, inflateSync, zstdDecompressSync } from "node:zlib";
import { bunzip2 } from "./bzip2.ts";

/** A message that is larger than this when decompressed is not read. */
export const inflatedBytesMax = 256 * 1024 * 1024;

/** Kombu's names, by what decompresses them. */
const decompressors: Readonly<Record<string, (body: Uint8Array) => Uint8Array>> = {
  "application/x-gzip": (body) => inflateSync(body, { maxOutputLength: inflatedBytesMax }),
  "application/x-bz2": (body) => bunzip2(body, inflatedBytesMax),
  "application/x-brotli": (body) =>
    brotliDecompressSync(body, { maxOutputLength: inflatedBytesMax }),
  "application/zstd": (body) => zstdDecompressSync(body, { maxOutputLength: inflatedBytesMax }),
};

/** The body as its sender wrote it; throws an Error that says why it cannot be had. */
export function decompress(body: Uint8Array, compression: string): Uint8Array {
  const decompressor = decompressors[compression];
  if (decompressor === undefined) {
    const known = Object.keys(decompressors).join(", ");
    throw new Error(`Cannot decompress the body: '${compression}' is unknown, expected ${known}`);
  }
  try {
    return decompressor(body);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`Cannot decompress the body: ${why}, expected ${compression}`, {
      cause: error,
    });
  }
}

/** What `kombu_compression = gzip` makes of a body, and the header that says so. */
export function compress(body: Uint8Array): { readonly body: Uint8Array; readonly header: string } {
  return { body: deflateSync(body), header: "application/x-gzip" };
}
