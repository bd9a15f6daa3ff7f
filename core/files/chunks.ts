/**
 * Edge (files, stdin). A file's text in chunks, whatever it is compressed with: plain, gzip (also of
 * several members) and zstd, told by its first bytes. Memory stays flat however large it is.
 */
import { open } from "node:fs/promises";
import { Readable } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { ZstdFrames } from "./zstd_frames.ts";

const chunkBytes = 256 * 1024;

const gzipMagic = [0x1f, 0x8b];
const zstdMagic = [0x28, 0xb5, 0x2f, 0xfd];

/** `onRead` hears of bytes as they are stored. Rejects with the system's or the codec's error. */
export async function* readChunks(
  path: string,
  onRead: (bytes: number) => void = () => undefined,
): AsyncGenerator<Uint8Array> {
  const raw = counted(path === "-" ? stdinChunks() : fileChunks(path), onRead);
  const first = await raw.next();
  if (first.done === true) return;
  const start = first.value;
  const whole = withFirst(start, raw);
  const codec = startsWith(start, gzipMagic)
    ? createGunzip({ chunkSize: chunkBytes })
    : startsWith(start, zstdMagic)
    ? createZstdDecompress({ chunkSize: chunkBytes })
    : undefined;
  if (codec === undefined) return yield* whole;
  const frames = startsWith(start, zstdMagic) ? new ZstdFrames() : undefined;
  const stored = followed(whole, frames);
  const source = Readable.from(stored, { objectMode: false, highWaterMark: chunkBytes });
  source.on("error", (error) => codec.destroy(error));
  try {
    for await (const chunk of source.pipe(codec)) yield chunk as Uint8Array;
    if (frames?.fault !== undefined) throw new Error(frames.fault);
  } finally {
    source.destroy();
    codec.destroy();
  }
}

async function* counted(
  chunks: AsyncGenerator<Uint8Array>,
  onRead: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    onRead(chunk.length);
    yield chunk;
  }
}

async function* followed(
  chunks: AsyncGenerator<Uint8Array>,
  frames: ZstdFrames | undefined,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    frames?.add(chunk);
    yield chunk;
  }
}

async function* withFirst(
  first: Uint8Array,
  rest: AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield first;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}

/** From the file's beginning, also of a pipe. */
export async function* fileChunks(path: string): AsyncGenerator<Uint8Array> {
  const handle = await open(path, "r");
  try {
    for (;;) {
      const chunk = new Uint8Array(chunkBytes);
      const { bytesRead } = await handle.read(chunk, 0, chunkBytes);
      if (bytesRead === 0) return;
      yield chunk.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

/** Until its writer closes it. */
export async function* stdinChunks(): AsyncGenerator<Uint8Array> {
  for await (const chunk of Bun.stdin.stream()) yield chunk;
}

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, i) => bytes[i] === byte);
}
