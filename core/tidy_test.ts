/**
 * Edge (files). The house rules as failing tests: which room may import which, what a file opens
 * with, what pure files keep away from, names, sizes, docstrings, words. It reads formatted source as
 * text (deno fmt decides where braces stand), so a rule here is one that text can show.
 */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { basename, dirname, join, normalize } from "node:path";
import { codeLines, functionsOf, type Import, importsOf } from "../testing/sources.ts";
import { listFiles, readSource, root, type Source } from "../testing/sources.ts";

const fileLinesMax = 400;
const functionLinesMax = 70;
const medianLinesMax = 120;
const positionalMax = 3;

const tracked = listFiles();
const sources = tracked.filter((path) => path.endsWith(".ts")).map(readSource);
const product = sources.filter((source) => source.isProduct);

/** Each finding as `path:line: what`, so that a failure is its own list of places. */
function findLines(files: readonly Source[], pattern: RegExp, what: string): string[] {
  return files.flatMap((source) =>
    source.lines.flatMap((line, i) =>
      pattern.test(line) ? [`${source.path}:${i + 1}: ${what}: ${line.trim()}`] : []
    )
  );
}

/** The imported file's path from the root, or undefined for a package or a runtime module. */
function targetOf(source: Source, { specifier }: Import): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  return normalize(join(dirname(source.path), specifier));
}

function roomOf(path: string): string {
  return path.includes("/") ? path.slice(0, path.indexOf("/")) : "";
}

/** What stands in the way of `source` importing the file at `target`, if anything does. */
function whyNotImport(source: Source, target: string): string | undefined {
  const [from, to] = [roomOf(source.path), roomOf(target)];
  const allowed: Readonly<Record<string, readonly string[]>> = {
    cmd: ["cmd", "publishers", "core", "", "testdata"],
    publishers: ["publishers", "core", "testdata"],
    core: ["core", "testdata"],
  };
  const rooms = allowed[from];
  if (rooms === undefined) return undefined;
  if (to === "testing") return source.isTest ? undefined : "testing/ is for tests only";
  if (to === "" && basename(target) !== "package.json") return "the root's scripts are for builds";
  if (source.isTest && from !== "core") return undefined;
  if (!rooms.includes(to)) return `${from}/ never imports ${to}/`;
  if (target.endsWith("_test.ts")) return "a test is no module";
  const sideways = from === "publishers" && to === "publishers" && !source.isTest &&
    basename(source.path) !== "mod.ts";
  return sideways ? "a publisher never imports another" : undefined;
}

const opening = /^\/\*\*\n \* (Pure\.|Edge \([a-z][a-zA-Z0-9 ,./-]*\)\.) ((?:.*\n)*?) \*\//;

function isPure(source: Source): boolean {
  return opening.exec(source.text)?.[1] === "Pure.";
}

/** Runtime modules that compute and do nothing else. */
const pureModules = new Set([
  "node:assert",
  "node:buffer",
  "node:path",
  "node:string_decoder",
  "node:util",
  "node:zlib",
  "node:crypto",
]);
const purePackages = /^(@commander-js\/|commander$|yaml$|snappyjs$|lz4js$)/;
const impure = new RegExp(
  [
    /\bprocess\./,
    /\bBun\.(file|write|spawn|spawnSync|serve|connect|listen|udpSocket|env|stdin|stdout|stderr|sleep)\b/,
    /\bBun\.(which|nanoseconds|randomUUIDv7|argv|main)\b/,
    /\bDate\.now\(/,
    /\bnew Date\(\)/,
    /\bperformance\.now\(/,
    /\b(setTimeout|setInterval|setImmediate|fetch)\(/,
    /\bMath\.random\(/,
    /\b(randomUUID|randomBytes|getRandomValues)\(/,
    /\bconsole\./,
  ].map((part) => part.source).join("|"),
);

describe("rooms", () => {
  test("cmd -> publishers -> core, never back, never sideways; testing/ only from tests", () => {
    const bad = sources.flatMap((source) =>
      importsOf(source).flatMap((each) => {
        const target = targetOf(source, each);
        const why = target === undefined ? undefined : whyNotImport(source, target);
        return why === undefined ? [] : [`${source.path} imports ${each.specifier}: ${why}`];
      })
    );
    expect(bad).toEqual([]);
  });

  test("what is imported is there under its full name, and packages are declared", () => {
    const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
      dependencies: Record<string, string>;
      devDependencies: Record<string, string>;
    };
    const bad = sources.flatMap((source) => {
      const packages = source.isProduct
        ? manifest.dependencies
        : { ...manifest.dependencies, ...manifest.devDependencies };
      return importsOf(source).flatMap((each) => {
        const target = targetOf(source, each);
        const known = target === undefined
          ? /^(node|bun):|^bun$/.test(each.specifier) ||
            Object.keys(packages).some((name) =>
              each.specifier === name || each.specifier.startsWith(`${name}/`)
            )
          : tracked.includes(target);
        return known ? [] : [`${source.path}: ${each.specifier}`];
      });
    });
    expect(bad).toEqual([]);
  });

  test("every version is pinned", () => {
    const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
      dependencies: Record<string, string>;
      devDependencies: Record<string, string>;
    };
    const versions = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });
});

describe("files", () => {
  test("open with 1 to 8 lines that begin with Pure. or Edge (kind of I/O).", () => {
    const bad = sources.filter((source) => {
      const text = opening.exec(source.text)?.[2];
      return text === undefined || text.split("\n").length - 1 > 8;
    });
    expect(bad.map((source) => source.path)).toEqual([]);
  });

  test("that are pure touch no file, net, environment, clock, chance or console", () => {
    const bad = product.filter(isPure).flatMap((source) => [
      ...codeLines(source).flatMap((line, i) =>
        impure.test(line) ? [`${source.path}:${i + 1}: ${line.trim()}`] : []
      ),
      ...importsOf(source).flatMap((each) => {
        if (each.typeOnly) return [];
        const target = targetOf(source, each);
        const file = sources.find((other) => other.path === target);
        const clean = target === undefined
          ? pureModules.has(each.specifier) || purePackages.test(each.specifier)
          : file === undefined || isPure(file);
        return clean ? [] : [`${source.path} is pure and imports ${each.specifier}`];
      }),
    ]);
    expect(bad).toEqual([]);
  });

  test("have snake_case names, and no folder is a drawer for everything", () => {
    const drawers = /(^|\/)(utils?|helpers?|common|managers?|handlers?|misc|shared|lib)\//;
    const bad = sources.filter(({ path }) =>
      !/^([a-z0-9]+(_[a-z0-9]+)*\/)*[a-z0-9]+(_[a-z0-9]+)*\.ts$/.test(path) || drawers.test(path)
    );
    expect(bad.map(({ path }) => path)).toEqual([]);
  });

  test(`have at most ${fileLinesMax} lines, half of them at most ${medianLinesMax}`, () => {
    const long = sources.filter((source) => source.lines.length - 1 > fileLinesMax);
    expect(long.map(({ path, lines }) => `${path}: ${lines.length - 1} lines`)).toEqual([]);
    const lengths = product.map((source) => source.lines.length).sort((a, b) => a - b);
    expect(lengths[Math.floor(lengths.length / 2)] ?? 0).toBeLessThanOrEqual(medianLinesMax);
  });
});

describe("functions", () => {
  test(`have at most ${functionLinesMax} lines and ${positionalMax} parameters`, () => {
    const bad = sources.flatMap((source) =>
      functionsOf(source).filter((each) =>
        // A named suite is a describe() body, not a function that anybody has to hold at once.
        each.length > functionLinesMax && !(source.isTest && each.name.startsWith("describe")) ||
        each.parameters > positionalMax
      ).map((each) =>
        `${source.path}:${each.line}: ${each.name}: ` +
        `${each.length} lines, ${each.parameters} parameters`
      )
    );
    expect(bad).toEqual([]);
  });

  test("at top level are named functions, no arrows in constants", () => {
    const arrow = /^(export )?const \w+(: [^=]+)? = (async )?(\([^)]*\)|\w+)(: [^=]+)? => \{$/;
    expect(findLines(sources, arrow, "write `function`")).toEqual([]);
  });
});

describe("language", () => {
  test("no default exports, enums, namespaces, private keyword", () => {
    expect([
      ...findLines(sources, /^export default|^export \{[^}]* as default/, "named exports only"),
      ...findLines(sources, /^(export )?(declare )?(const )?enum /, "no enums"),
      ...findLines(sources, /^(export )?namespace /, "no namespaces"),
      ...findLines(
        sources,
        /^ {2}(private|protected|public) (?!static void|constructor)/,
        "#private",
      ),
    ]).toEqual([]);
  });

  test("the type checker and the linter are never told to look away", () => {
    const away = new RegExp(
      ["@ts-" + "(ignore|nocheck|expect-error)", "deno-" + "lint-ignore(?! no-control-regex$)"]
        .join("|"),
    );
    expect(findLines(sources, away, "fix it instead")).toEqual([]);
  });

  test("only main ends the process", () => {
    const others = product.filter((source) => source.path !== "cmd/tpctl.ts");
    expect(findLines(others, /\bprocess\.exit\(/, "throw instead")).toEqual([]);
  });

  test("everything exported has a docstring", () => {
    const exported =
      /^export (declare )?(abstract )?(async )?(function|const|let|class|interface|type)\b/;
    // A run of constants without a gap shares the docstring of the first.
    const documented = (lines: readonly string[], i: number): boolean => {
      const above = lines[i - 1] ?? "";
      if (!/^export const/.test(lines[i] ?? "") || !/^export const/.test(above)) {
        return above.endsWith("*/");
      }
      return documented(lines, i - 1);
    };
    const bad = sources.filter((source) => !source.isTest).flatMap((source) =>
      source.lines.flatMap((line, i) =>
        exported.test(line) && !documented(source.lines, i)
          ? [`${source.path}:${i + 1}: ${line}`]
          : []
      )
    );
    expect(bad).toEqual([]);
  });
});

describe("tests", () => {
  test("are never switched off, and a skip says why", () => {
    const off = /\b(test|it|describe)\.(skip|only|todo|failing)\(/;
    const silent = sources.filter((source) =>
      source.isTest && /\.skipIf\(/.test(source.text) && !/console\.error\(/.test(source.text)
    );
    expect(findLines(sources, off, "run it or remove it")).toEqual([]);
    expect(silent.map(({ path }) => `${path}: print the reason of its skip`)).toEqual([]);
  });
});

describe("words", () => {
  const texts = tracked.filter((path) =>
    /\.(ts|md|json|jsonc|toml|lock|yaml|yml|conf|service|sh)$|^\.ci\//.test(path) &&
    !/^testdata\/conformance\/.*\.json$/.test(path)
  ).map(readSource);

  test("no path of one machine, no name of a registry's host", () => {
    const paths = ["/" + "work/", "/" + "root/", "/tmp/" + "setup", "/home/" + "[a-z]+/\\."];
    const hosts = [
      ["registry", "npmjs"],
      ["npmjs", "(org|com)"],
      ["pypi", "org"],
      ["pythonhosted", "org"],
      ["maven", "apache", "org"],
      ["maven", "org"],
      ["debian", "org"],
      ["crates", "io"],
      ["golang", "org"],
    ].map((parts) => parts.join("\\."));
    expect(findLines(texts, new RegExp([...paths, ...hosts].join("|")), "leave it out")).toEqual(
      [],
    );
  });

  test("nothing is left for later, nothing is commented out", () => {
    const later = new RegExp(
      "\\b(" + ["TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK"].join("|") + ")\\b",
    );
    expect([
      ...findLines(sources, later, "do it now"),
      ...findLines(sources, /^\s*\/\/\s.*(;|\{|\);?|=> \{)$/, "no code in comments"),
    ]).toEqual([]);
  });
});
