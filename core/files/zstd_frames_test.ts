/**
 * Pure. Where zstd's frames end: as its own compressor writes them, in whatever pieces they come.
 */
import { expect, test } from "bun:test";
import { constants, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { ZstdFrames } from "./zstd_frames.ts";

/** An empty frame that decompressors pass over. */
const skippable = Uint8Array.of(0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3);

function faultOf(bytes: Uint8Array, pieceBytes: number): string | undefined {
  const frames = new ZstdFrames();
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    frames.add(bytes.subarray(at, at + pieceBytes));
  }
  return frames.fault;
}

test("whole frames are whole, and every beginning of one is not", () => {
  const content = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    // Blocks of one byte repeated, and more than one block.
    fc.tuple(fc.nat(255), fc.nat(400_000)).map(([byte, size]) => new Uint8Array(size).fill(byte)),
  );
  const options = fc.record({ checksum: fc.boolean(), size: fc.boolean() });
  fc.assert(fc.property(content, options, fc.nat(), fc.nat(100), (bytes, told, cut, piece) => {
    const frame = zstdCompressSync(bytes, {
      params: {
        [constants.ZSTD_c_checksumFlag]: Number(told.checksum),
        [constants.ZSTD_c_contentSizeFlag]: Number(told.size),
      },
    });
    const all = Buffer.concat([frame, skippable, frame]);
    expect(faultOf(all, piece + 1)).toBeUndefined();
    const end = 1 + cut % (frame.length - 1);
    expect(faultOf(frame.subarray(0, end), piece + 1)).toBe("unexpected end of file");
    const behind = Buffer.concat([frame, Buffer.from("text")]);
    expect(faultOf(behind, piece + 1)).toBe("what is behind its last frame is no zstd");
  }));
});
