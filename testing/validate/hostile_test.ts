/**
 * Edge (files, processes). Files that nobody wrote by hand: whatever they hold, the check ends with
 * findings and within its bounds. Memory and size are tried with the executable.
 */
import { afterAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UsageError } from "../../core/errors.ts";
import { checkPaths } from "../../core/validate/check_paths.ts";
import { fileKinds } from "../../core/validate/kinds.ts";
import { findingsPerFileMax } from "../../core/validate/limits.ts";
import { loadPublisherKinds } from "../../publishers/mod.ts";
import { measureCost } from "../bench/process_cost.ts";
import { builtExecutable } from "../executable.ts";
import { allExamples } from "./examples.ts";

const folder = mkdtempSync(join(tmpdir(), "tpctl-hostile-"));
afterAll(() => rmSync(folder, { recursive: true }));
const publisherKinds = await loadPublisherKinds();
await builtExecutable();

const file = join(folder, "file");

function rulesIn(content: string | Uint8Array, kind?: typeof fileKinds[number]): string[] {
  writeFileSync(file, content);
  const options = { kind, environment: {} };
  const { files } = checkPaths([file], options, { publisherKinds, stdin: undefined });
  return files.flatMap(({ findings }) => findings.map(({ rule }) => rule));
}

describe("hostile YAML is refused within limits", () => {
  const bomb = `a: &a [x, x, x, x, x, x, x, x, x, x]\n${
    Array.from("bcdefghij", (name, i) => {
      const before = "abcdefghij"[i] ?? "";
      return `${name}: &${name} [${`*${before}, `.repeat(10)}]\n`;
    }).join("")
  }`;

  test.each([
    ["an alias bomb", bomb, ["yaml/limit"]],
    ["nesting", `metric: ${"[".repeat(100_000)}${"]".repeat(100_000)}`, ["yaml/limit"]],
    [
      "nesting by indentation",
      `metric:\n${Array.from({ length: 300 }, (_, i) => `${" ".repeat(i + 1)}a:\n`).join("")}`,
      ["yaml/limit"],
    ],
    ["NUL", "metric: \u0000\n", ["file/not-text"]],
    ["an alias in its own anchor", "metric: &a [*a]\n", ["yaml/anchor"]],
    ["two documents", "metric: []\n---\nmetric: []\n", ["yaml/syntax"]],
    ["an unknown tag", "metric: !!python/object:os.system x\n", ["yaml/tag"]],
  ])("%s", (_, text, rules) => {
    expect(rulesIn(text, "meters.d")).toEqual(rules);
  });

  test("a scalar of ten million characters is no trouble", () => {
    const text = `- event_type: ${"a".repeat(10_000_000)}\n  traits: {}\n`;
    expect(rulesIn(text, "event_definitions.yaml")).toEqual([]);
  });

  test("bytes that are no text", () => {
    const bytes = new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 0xff, 0xfe, 0x00, 0x01]);
    expect(rulesIn(bytes, "pipeline.yaml")).toEqual(["file/not-text"]);
  });

  test("a file above the bound is not read at all", () => {
    const huge = join(folder, "huge.yaml");
    writeFileSync(huge, "metric: []\n");
    truncateSync(huge, 8 * 1024 ** 3);
    const options = { kind: "meters.d", environment: {} } as const;
    const { files } = checkPaths([huge], options, { publisherKinds, stdin: undefined });
    expect(files[0]?.findings.map(({ rule }) => rule)).toEqual(["file/unreadable"]);
  });
});

describe("no input crashes it", () => {
  const kinds = fc.constantFrom(...fileKinds, undefined);

  /** A defect would be any other error. */
  function survives(
    content: string | Uint8Array,
    kind: typeof fileKinds[number] | undefined,
  ): void {
    try {
      rulesIn(content, kind);
    } catch (error) {
      expect(error).toBeInstanceOf(UsageError);
    }
  }

  test("bytes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), kinds, survives), { numRuns: 1000 });
  });

  test("text", () => {
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 300 }), kinds, survives), {
      numRuns: 1000,
    });
  });

  test("pieces of configuration", () => {
    const words = allExamples().flatMap(([, { text }]) =>
      text.length < 2000 ? text.split(/(?<=[\s:,[\]{}"'=])/) : []
    );
    const piece = fc.oneof(
      fc.constantFrom(...new Set(words)),
      fc.constantFrom("\n", "  ", "- ", ": ", "&a ", "*a ", "<<: ", "!x ", "# tpctl: ignore "),
    );
    const text = fc.array(piece, { maxLength: 80 }).map((parts) => parts.join(""));
    fc.assert(fc.property(text, kinds, survives), { numRuns: 2000 });
  }, 60_000);

  test("documents of the right form with anything in their members", () => {
    const { node } = fc.letrec<{ node: unknown }>((tie) => ({
      node: fc.oneof(
        { depthSize: "small" },
        fc.constantFrom("$.payload.a", "*", "!*", "udp://h:1", "a|b.c", "(a+)+", "lookup", "name"),
        fc.string(),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie("node"), { maxLength: 4 }),
        fc.dictionary(
          fc.constantFrom(
            ...["sources", "sinks", "name", "meters", "events", "publishers", "metric", "volume"],
            ...["event_type", "traits", "fields", "plugin", "parameters", "type", "unit", "lookup"],
            ...["resource_id", "metadata", "resources", "resource_type", "metrics", "attributes"],
            ...["dimensions", "common", "event_attributes", "event_delete", "archive_policies"],
          ),
          tie("node"),
          { maxKeys: 6 },
        ),
      ),
    }));
    const document = node.map((value) => JSON.stringify(value));
    fc.assert(fc.property(document, kinds, survives), { numRuns: 3000 });
  }, 60_000);
});

describe("size", () => {
  /** Megabytes at most, and what was said. */
  async function checked(path: string): Promise<{ megabytes: number; said: string }> {
    const { peakRssMb, stderr } = await measureCost({
      argv: [await builtExecutable(), "validate", "--format", "text", path],
      cwd: folder,
      timeoutMs: 120_000,
    });
    return { megabytes: peakRssMb, said: stderr };
  }

  const meter = (name: string): string =>
    `  - name: ${name}\n    event_type: a\\.b\n    type: gauge\n    unit: B\n` +
    "    volume: $.payload.size\n    resource_id: $.payload.id\n";

  test("10,000 files in flat memory", async () => {
    const many = join(folder, "many");
    for (let i = 0; i < 10_000; i++) {
      const own = join(many, `${i % 100}`, "meters.d");
      if (i < 100) mkdirSync(own, { recursive: true });
      writeFileSync(join(own, `${i}.yaml`), `metric:\n${meter(`m${i}`)}${meter(`n${i}`)}`);
    }
    const { megabytes, said } = await checked("many");
    expect(said).toBe("tpctl: 10000 files checked: 0 errors, 0 warnings, 0 notes\n");
    expect(megabytes).toBeLessThan(300);
  }, 120_000);

  test("one file of 50,000 lines, and one of 50,000 findings", async () => {
    const lines = Array.from({ length: 8334 }, (_, i) => meter(`meter${i}`)).join("");
    writeFileSync(join(folder, "long.yaml"), `metric:\n${lines}`);
    const { megabytes, said } = await checked("long.yaml");
    expect(said).toBe("tpctl: 1 file checked: 0 errors, 0 warnings, 0 notes\n");
    expect(megabytes).toBeLessThan(600);
    const names = Array.from({ length: 50_000 }, (_, i) => `      - unheard.of.${i}\n`).join("");
    writeFileSync(
      join(folder, "strange.yaml"),
      `sources:\n  - name: s\n    sinks: [k]\n    meters:\n${names}` +
        'sinks:\n  - name: k\n    publishers: ["udp://h:4952"]\n',
    );
    const strange = await checked("strange.yaml");
    expect(strange.said).toBe("tpctl: 1 file checked: 0 errors, 50000 warnings, 0 notes\n");
    const report = checkPaths(
      [join(folder, "strange.yaml")],
      { kind: undefined, environment: {} },
      {
        publisherKinds,
        stdin: undefined,
      },
    );
    expect(report.files[0]?.findings).toHaveLength(findingsPerFileMax + 1);
  }, 120_000);
});
