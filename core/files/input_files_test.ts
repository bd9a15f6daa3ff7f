/**
 * Edge (files). Which files paths, folders and patterns name, in which order; and that a file's text
 * comes out the same whatever it is compressed with.
 */
import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { tempFolder } from "../../testing/servers/server.ts";
import { readChunks } from "./chunks.ts";
import { findInputFiles } from "./input_files.ts";

const names = [
  "b.log",
  "a.log",
  "a.log.1",
  "a.log.2.gz",
  "a.log.10.gz",
  "m.log-20260103",
  "m.log-20260102",
  "m.log",
  "y.2026",
  "y.2025",
  ".hidden",
];

describe("input files", () => {
  test("of a folder: each set from its oldest to what is still written", async () => {
    await using folder = await tempFolder("inputs");
    for (const name of names) writeFileSync(join(folder.path, name), name);
    const found = findInputFiles([folder.path]);
    expect(found.map(({ path }) => basename(path))).toEqual([
      ...["a.log.10.gz", "a.log.2.gz", "a.log.1", "a.log", "b.log"],
      ...["m.log-20260102", "m.log-20260103", "m.log", "y.2025", "y.2026"],
    ]);
    expect(new Set(found.map(({ set }) => set)).size).toBe(4);
    expect(found[3]?.bytes).toBe(5);
  });

  test("by pattern, by path and twice; a set in pieces comes together", async () => {
    await using folder = await tempFolder("inputs");
    for (const name of names) writeFileSync(join(folder.path, name), name);
    const at = (name: string): string => join(folder.path, name);
    const found = (...paths: string[]): string[] =>
      findInputFiles(paths).map(({ path }) => path === "-" ? path : basename(path));
    expect(found(at("m.log*"))).toEqual(["m.log-20260102", "m.log-20260103", "m.log"]);
    expect(found(at("a.log"), "-", at("a.log.1"), at("a.log"))).toEqual(["a.log.1", "a.log", "-"]);
    expect(found(`file://${at("b.log")}`)).toEqual(["b.log"]);
  });

  test("what is not there is said", async () => {
    await using folder = await tempFolder("inputs");
    const none = join(folder.path, "none");
    expect(() => findInputFiles([none])).toThrow(`Cannot read '${none}': it does not exist`);
    expect(() => findInputFiles([folder.path])).toThrow("nothing is there");
    expect(() => findInputFiles([`${none}*.log`])).toThrow("nothing is there");
    expect(() => findInputFiles([""])).toThrow("it is empty");
  });
});

describe("chunks", () => {
  const text = Array.from({ length: 100_000 }, (_, i) => `line ${i} ${i * 7919 % 10_007}\n`).join(
    "",
  );
  const half = text.length / 2;
  const forms: Readonly<Record<string, Uint8Array>> = {
    plain: Buffer.from(text),
    gzip: gzipSync(text),
    "gzip of two members": Buffer.concat([
      gzipSync(text.slice(0, half)),
      gzipSync(text.slice(half)),
    ]),
    zstd: zstdCompressSync(text),
    "zstd of several frames, one of them without text": Buffer.concat([
      Buffer.from("502a4d1804000000abababab", "hex"),
      zstdCompressSync(text.slice(0, half)),
      zstdCompressSync(text.slice(half)),
    ]),
    "gzip with zeros behind its end": Buffer.concat([gzipSync(text), Buffer.alloc(600)]),
  };
  for (const [name, bytes] of Object.entries(forms)) {
    test(name, async () => {
      await using folder = await tempFolder("chunks");
      const path = join(folder.path, "x");
      writeFileSync(path, bytes);
      let read = 0;
      const parts: Uint8Array[] = [];
      for await (const chunk of readChunks(path, (count) => read += count)) parts.push(chunk);
      expect(Buffer.concat(parts).toString() === text).toBe(true);
      expect(read).toBe(bytes.length);
    });
  }

  const broken: readonly (readonly [string, Uint8Array, expected: string])[] = [
    ["gzip that was cut off", gzipSync(text).subarray(0, 100_000), "unexpected end of file"],
    ["zstd that was cut off", zstdCompressSync(text).subarray(0, -1), "unexpected end of file"],
    [
      "text behind zstd",
      Buffer.concat([zstdCompressSync(text), Buffer.from("text")]),
      "Trailing junk",
    ],
  ];
  for (const [name, bytes, expected] of broken) {
    test(`of ${name} what is there, then an error`, async () => {
      await using folder = await tempFolder("chunks");
      const path = join(folder.path, "x");
      writeFileSync(path, bytes);
      let length = 0;
      const read = async (): Promise<void> => {
        for await (const chunk of readChunks(path)) length += chunk.length;
      };
      await expect(read()).rejects.toThrow(expected);
      expect(length).toBeGreaterThan(100_000);
    });
  }

  const others = {
    ...{ bzip2: "425a6839314159265359", xz: "fd377a585a000004e6d6" },
    ...{ lz4: "04224d186440a7000000", zip: "504b0304140000000800" },
  };
  for (const [name, start] of Object.entries(others)) {
    test(`${name} is refused, not read as text`, async () => {
      await using folder = await tempFolder("chunks");
      const path = join(folder.path, "x");
      writeFileSync(path, Buffer.from(start, "hex"));
      await expect(readChunks(path).next()).rejects.toThrow(`it is compressed with ${name}`);
    });
  }

  test("a compression is known however small the pieces are in which it comes", async () => {
    await using folder = await tempFolder("chunks");
    const path = join(folder.path, "pipe");
    expect(Bun.spawnSync(["mkfifo", path]).exitCode).toBe(0);
    await using writing = Bun.spawn(
      ["sh", "-c", '(head -c1; sleep 0.1; cat) > "$1"', "sh", path],
      { stdin: gzipSync("text") },
    );
    let read = "";
    for await (const chunk of readChunks(path)) read += Buffer.from(chunk).toString();
    expect(read).toBe("text");
    expect(await writing.exited).toBe(0);
  });
});
