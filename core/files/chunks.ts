/**
 * Edge (files, stdin). A file's text in chunks, whatever it is compressed with: plain, gzip and zstd,
 * also of several parts, told by its first bytes. Memory stays flat however large it is.
 */
import { open } from "node:fs/promises";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";

const chunkBytes = 256 * 1024;

/** First bytes, in hex. */
const gzipMagic = /^1f8b/;
/** A frame, or one that holds no text and is to be passed over, with which pzstd begins its files. */
const zstdMagic = /^(28b52ffd|5.2a4d18)/;
const otherMagics = [
  { name: "bzip2", magic: /^425a683.314159265359/ },
  { name: "xz", magic: /^fd377a585a00/ },
  { name: "lz4", magic: /^04224d18/ },
  { name: "zip", magic: /^504b0304/ },
] as const;
/** The longest of these. */
const magicBytes = 10;

/** `onRead` hears of bytes as they are stored. Rejects with the system's or the codec's error. */
export async function* readChunks(
  path: string,
  onRead: (bytes: number) => void = () => undefined,
): AsyncGenerator<Uint8Array> {
  const raw = counted(path === "-" ? stdinChunks() : fileChunks(path), onRead);
  const start = await firstBytes(raw);
  const whole = withFirst(start, raw);
  const magic = Buffer.from(start.subarray(0, magicBytes)).toString("hex");
  if (gzipMagic.test(magic)) return yield* gunzipped(whole);
  if (zstdMagic.test(magic)) return yield* unzstd(whole);
  const other = otherMagics.find((known) => known.magic.test(magic));
  if (other === undefined) return yield* whole;
  await raw.return(undefined);
  throw new Error(`it is compressed with ${other.name}, expected plain text, gzip or zstd`);
}

/** As many as it takes to know what it is, or all that there are. */
async function firstBytes(chunks: AsyncGenerator<Uint8Array>): Promise<Uint8Array> {
  let start: Uint8Array = new Uint8Array(0);
  while (start.length < magicBytes) {
    const { done, value } = await chunks.next();
    if (done === true) break;
    start = start.length === 0 ? value : Buffer.concat([start, value]);
  }
  return start;
}

/** By node:zlib, which takes zeros behind the end for padding, as gzip does. */
async function* gunzipped(whole: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const codec = createGunzip({ chunkSize: chunkBytes });
  const source = Readable.from(whole, { objectMode: false, highWaterMark: chunkBytes });
  source.on("error", (error) => codec.destroy(error));
  try {
    for await (const chunk of source.pipe(codec)) yield chunk as Uint8Array;
  } finally {
    source.destroy();
    codec.destroy();
  }
}

/** Not by node:zlib, which tells a file that was cut off from a whole one nowhere. */
async function* unzstd(whole: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const source = new ReadableStream<Uint8Array>({
    async pull(controller): Promise<void> {
      const { done, value } = await whole.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
    async cancel(): Promise<void> {
      await whole.return(undefined);
    },
  });
  // Its types want a BufferSource, which they take a Uint8Array of unknown buffer not to be.
  const codec = new DecompressionStream("zstd") as ReadableWritablePair<Uint8Array, Uint8Array>;
  yield* source.pipeThrough(codec);
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
