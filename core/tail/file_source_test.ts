/**
 * Edge (files). The last N that are wanted, from the end back; all of it; what cannot be looked at.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { type TempFolder, tempFolder } from "../../testing/servers/server.ts";
import { systemClock } from "../clock.ts";
import { compileExpression } from "../expression/compile.ts";
import { openFileTail } from "./file_source.ts";
import { Intake, type IntakeOptions } from "./intake.ts";
import type { TailSpan } from "./source.ts";

let folder: TempFolder;
beforeAll(async () => {
  folder = await tempFolder("tail-file");
});
afterAll(() => folder.remove());

function sample(n: number, padding = ""): string {
  const when = new Date(Date.UTC(2026, 10, 28) + n * 1000).toISOString();
  return JSON.stringify({
    ...{ name: `m.${n % 10}`, type: "gauge", unit: "", volume: n, resource_id: "r" },
    ...{ project_id: "p", timestamp: when, resource_metadata: { padding } },
  });
}

async function read(
  text: string | Uint8Array,
  span: Partial<TailSpan>,
  options: Partial<IntakeOptions> = {},
): Promise<{ values: number[]; intake: Intake }> {
  const path = join(folder.path, "x.json");
  await writeFile(path, text);
  const intake = new Intake({ filter: {}, where: undefined, share: 1, ...options }, Math.random);
  const deps = { intake, clock: systemClock, onNote: () => undefined, onTrouble: () => undefined };
  const whole = { last: undefined, sinceMs: undefined, follow: false, ...span };
  const source = await openFileTail(path, whole, deps);
  const values: number[] = [];
  for await (const { data } of source.batches()) values.push(...data.map(({ value }) => value));
  await source.close();
  return { values, intake };
}

describe("a file", () => {
  const numbers = Array.from({ length: 5000 }, (_, i) => i);
  const text = `${numbers.map((n) => sample(n)).join("\n")}\n`;

  test("whole, and its last lines", async () => {
    expect((await read(text, {})).values).toEqual(numbers);
    expect((await read(text, { last: 3 })).values).toEqual([4997, 4998, 4999]);
    expect((await read(text, { last: 0 })).values).toEqual([]);
    expect((await read("", { last: 3 })).values).toEqual([]);
  });

  test("the last N are those that pass the filters, however far back", async () => {
    const meters = { filter: { meters: ["m.3"] } };
    expect((await read(text, { last: 2 }, meters)).values).toEqual([4983, 4993]);
    const where = { where: compileExpression("volume < 4 and volume != 2") };
    expect((await read(text, { last: 3 }, where)).values).toEqual([0, 1, 3]);
    expect((await read(text, { last: 10 }, where)).values).toEqual([0, 1, 3]);
  });

  test("a byte order mark, CRLF, a last line without an end, and lines that say nothing", async () => {
    const odd = `\ufeff${sample(1)}\r\nnonsense\r\n\r\n{"a": 1\r\n${sample(2)}`;
    for (const last of [undefined, 5]) {
      const { values, intake } = await read(odd, { last });
      expect(values).toEqual([1, 2]);
      expect(intake.unreadable).toMatchObject({ count: 2, reason: expect.any(String) });
    }
  });

  test("lines of any length are the same forwards and backwards", async () => {
    const length = fc.oneof(fc.nat(100), fc.integer({ min: 200_000, max: 600_000 }));
    await fc.assert(
      fc.asyncProperty(fc.array(length, { maxLength: 8 }), fc.boolean(), async (lengths, ended) => {
        const lines = lengths.map((size, n) => sample(n, "x".repeat(size)));
        const whole = lines.join("\n") + (ended && lines.length > 0 ? "\n" : "");
        const wanted = lines.map((_, n) => n);
        expect((await read(whole, {})).values).toEqual(wanted);
        expect((await read(whole, { last: 100 })).values).toEqual(wanted);
        expect((await read(whole, { last: 2 })).values).toEqual(wanted.slice(-2));
      }),
      { numRuns: 25 },
    );
  });

  test("a share of the messages, by chance", async () => {
    const { values } = await read(text, {}, { share: 0.1 });
    expect(values.length).toBeGreaterThan(250);
    expect(values.length).toBeLessThan(900);
  });

  test("a folder, and what is compressed, are refused", async () => {
    const intake = new Intake({ filter: {}, where: undefined, share: 1 }, Math.random);
    const deps = {
      intake,
      clock: systemClock,
      onNote: () => undefined,
      onTrouble: () => undefined,
    };
    const span = { last: 1, sinceMs: undefined, follow: true };
    await mkdir(join(folder.path, "d"), { recursive: true });
    await expect(openFileTail(join(folder.path, "d"), span, deps)).rejects.toThrow(
      "it is a folder",
    );
    const zipped = join(folder.path, "x.gz");
    await writeFile(zipped, gzipSync(text));
    await expect(openFileTail(zipped, span, deps)).rejects.toThrow(
      `(zcat '${zipped}' | tpctl tail -)`,
    );
  });
});
