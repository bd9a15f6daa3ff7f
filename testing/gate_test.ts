/**
 * Edge (processes, files). The gate counts what bun really says, and is shut when anything is wrong.
 */
import { describe, expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { countTests, verdictOf } from "../gate.ts";
import { tempFolder } from "./servers/server.ts";

/** What bun test reports of a folder with these files. */
async function report(files: Readonly<Record<string, string>>): Promise<[string, boolean]> {
  await using folder = await tempFolder("gate");
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(folder.path, name), `import { expect, test } from "bun:test";\n${text}`);
  }
  const file = join(folder.path, "report.xml");
  const argv = [process.execPath, "test", "--reporter=junit", `--reporter-outfile=${file}`];
  const run = Bun.spawnSync(argv, { cwd: folder.path, stdout: "ignore", stderr: "ignore" });
  return [await Bun.file(file).text().catch(() => ""), run.success];
}

describe("what is counted", () => {
  test("passed, failed and skipped tests", async () => {
    const text = [
      'test("a", () => {});',
      'test("b", () => {});',
      'test("c", () => { expect(1).toBe(2); });',
      `test.${"skip"}If(true)("d", () => {});`,
    ].join("\n");
    const counted = countTests(...await report({ "a_test.ts": text }));
    expect(counted).toEqual({ passed: 2, failed: 1, skipped: 1 });
  });

  test("a file that does not load, as a failure beside what passed", async () => {
    const files = { "a_test.ts": 'test("a", () => {});', "b_test.ts": 'throw new Error("b");' };
    expect(countTests(...await report(files))).toEqual({ passed: 1, failed: 1, skipped: 0 });
  });

  test("a run that left no report", () => {
    expect(countTests("", false)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });
});

describe("the verdict", () => {
  const good = { passed: 7, failed: 0, skipped: 0 };

  test("is good only when every step and every test is", () => {
    expect(verdictOf(good, [], false)).toEqual({ line: "7 passed, 0 failed", reasons: [] });
    expect(verdictOf({ ...good, failed: 2 }, [], false))
      .toEqual({ line: "7 passed, 2 failed", reasons: ["tests"] });
    expect(verdictOf(good, ["lint"], false))
      .toEqual({ line: "7 passed, 1 failed", reasons: ["lint"] });
  });

  test("is bad when nothing ran", () => {
    const none = { passed: 0, failed: 0, skipped: 0 };
    expect(verdictOf(none, [], true).line).toBe("0 passed, 1 failed");
  });

  test("takes skips only where servers may be missing", () => {
    const some = { ...good, skipped: 3 };
    expect(verdictOf(some, [], true))
      .toEqual({ line: "7 passed, 0 failed, 3 skipped", reasons: [] });
    expect(verdictOf(some, [], false))
      .toEqual({ line: "7 passed, 1 failed, 3 skipped", reasons: ["3 skipped tests"] });
  });
});
