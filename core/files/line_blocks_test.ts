/**
 * Edge (test runner). Lines cut out of chunks are the lines of the whole text, wherever it was cut.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type RecordBlock, valueOf } from "../delivery/records.ts";
import { LineBlocks } from "./line_blocks.ts";

const bounds = { file: "in.ndjson", partition: 2, lineBytesMax: 20 };

function cut(bytes: Uint8Array, at: readonly number[]): RecordBlock[] {
  const lines = new LineBlocks(bounds);
  const blocks: RecordBlock[] = [];
  let start = 0;
  for (const end of [...at, bytes.length].sort((a, b) => a - b)) {
    if (end > bytes.length || end < start) continue;
    blocks.push(...lines.add(bytes.slice(start, end)));
    start = end;
  }
  return [...blocks, ...lines.end()];
}

/** `[line number, latin-1 text]` of each record; of a corrupt one with a mark. */
function recordsOf(blocks: readonly RecordBlock[]): [number, string][] {
  return blocks.flatMap((block) =>
    Array.from({ length: block.count }, (_, i): [number, string] => {
      const text = Buffer.from(valueOf(block, i) ?? []).toString("latin1");
      return [block.offsets[i] ?? 0, block.corrupt === undefined ? text : `${text}...`];
    })
  );
}

describe("lines", () => {
  test("are the same however the text is cut into chunks", () => {
    const anyText = fc.array(fc.constantFrom("a", "\n", "\r", "\r\n", "\xff", "b".repeat(9)), {
      maxLength: 60,
    }).map((parts) => parts.join(""));
    fc.assert(fc.property(anyText, fc.array(fc.nat(200)), (text, at) => {
      const expected = text.split("\n").flatMap((line, i): [number, string][] => {
        // The bound is for what has to be held: a line within one chunk may be longer.
        const content = line.replace(/\r$/, "");
        return content === "" ? [] : [[i + 1, content]];
      });
      const found = recordsOf(cut(Buffer.from(text, "latin1"), at));
      expect(found.length).toBe(expected.length);
      found.forEach(([line, content], i) => {
        const [expectedLine, whole = ""] = expected[i] ?? [];
        expect(line).toBe(expectedLine ?? -1);
        if (content.endsWith("...")) expect(whole.startsWith(content.slice(0, 20))).toBe(true);
        else expect(content).toBe(whole);
      });
    }));
  });

  test("carry file, partition, and where to go on", () => {
    const [block] = cut(Buffer.from("a\n\n\nb\n\n"), []);
    expect(block).toMatchObject({ topic: "file", file: "in.ndjson", partition: 2, nextOffset: 6 });
    expect([...block?.offsets ?? []]).toEqual([1, 4]);
    expect(block?.keyStarts).toEqual(Int32Array.of(-1, -1));
    expect([...block?.timestamps ?? []]).toEqual([NaN, NaN]);
  });

  test("too long to be held go on as corrupt, and the next line is whole", () => {
    const long = "x".repeat(70);
    const blocks = cut(Buffer.from(`a\n${long}\nb\n`), [10, 30, 50, 60]);
    expect(recordsOf(blocks)).toEqual([[1, "a"], [2, `${"x".repeat(20)}...`], [3, "b"]]);
    expect(blocks[1]?.corrupt).toContain("the line has 70 bytes");
    expect(recordsOf(cut(Buffer.from(long), [30]))).toEqual([[1, `${"x".repeat(20)}...`]]);
  });
});
