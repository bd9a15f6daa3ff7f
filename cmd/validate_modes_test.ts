/**
 * Edge (processes, files). The modes of `tpctl validate` from the command line to the exit code: what
 * they read, what they print, 1 for findings and 2 for what cannot be.
 */
import { describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../testing/sources.ts";
import { startProgram } from "../testing/program.ts";

const samples = join(root, "testdata/samples/pipeline-tests");

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface RunOptions {
  readonly input?: string;
  /** Files of the working folder. */
  readonly files?: Readonly<Record<string, string>>;
  /** Instead of a folder of its own. */
  readonly cwd?: string;
}

async function run(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const cwd = mkdtempSync(join(tmpdir(), "tpctl-validate-"));
  try {
    for (const [name, text] of Object.entries(options.files ?? {})) {
      await Bun.write(join(cwd, name), text);
    }
    const isFed = options.input !== undefined;
    await using program = startProgram(["validate", ...args], {
      cwd: options.cwd ?? cwd,
      input: isFed,
    });
    if (isFed) {
      program.write(options.input ?? "");
      program.endInput();
    }
    const code = await program.exited;
    return { code, stdout: program.stdout(), stderr: program.stderr() };
  } finally {
    rmSync(cwd, { recursive: true });
  }
}

const CREATED = JSON.stringify({
  event_type: "compute.instance.create.end",
  priority: "INFO",
  publisher_id: "compute.host1",
  message_id: "m1",
  timestamp: "2026-01-02 03:04:05",
  payload: { instance_id: "i1", memory_mb: 512, vcpus: 1, tenant_id: "t" },
});

const CONF = `[DEFAULT]
transport_url = rabbit://guest:secret@127.0.0.1:5672/
pipeline_cfg_file = pipes.yaml
[notification]
pipelines = meter
`;

const PIPES = `sources:
- {name: all, meters: ["*"], sinks: [store]}
sinks:
- {name: store, publishers: ["http://user:secret@far/x"]}
`;

const readme = readFileSync(join(root, "README.md"), "utf8");

test("the README shows what --explain prints", async () => {
  const [, args = "", shown = ""] =
    /^ {4}\$ tpctl validate (--explain .*)\n((?: {4}.*\n)+)/m.exec(readme) ?? [];
  const { code, stdout } = await run(args.split(" "), { cwd: root });
  expect([code, stdout]).toEqual([0, shown.replace(/^ {4}/gm, "")]);
});

test("the README's pipeline test passes", async () => {
  const [, tests = ""] = /^```yaml\n(files:[\s\S]*?)^```$/m.exec(readme) ?? [];
  const { code, stdout } = await run(["--tests", "t.yaml", samples], {
    files: { "t.yaml": tests },
  });
  expect([code, stdout]).toEqual([0, expect.stringContaining("1 case, all passed")]);
});

describe("--explain", () => {
  test("explains a name by the files of a folder", async () => {
    const { code, stdout } = await run(["--explain", "memory", samples]);
    expect(code).toBe(0);
    expect(stdout).toContain("memory (meter)\n  made by built-in compute.yaml:3: gauge, MiB\n");
    expect(stdout).toContain("      -> sink billing\n         -> gnocchi://\n");
  });

  test("goes by ceilometer.conf and what it names, and by a pipeline on the command line", async () => {
    const files = { "ceilometer.conf": CONF, "pipes.yaml": PIPES };
    const { code, stdout } = await run(["--explain", "cpu", "ceilometer.conf"], { files });
    expect([code, stdout]).toEqual([0, expect.stringContaining("-> http://far/x\n")]);
    const more = { ...files, "mine.yaml": PIPES.replace("all", "mine") };
    const named = ["--explain", "cpu", "ceilometer.conf", "mine.yaml"];
    expect((await run(named, { files: more })).stdout).toContain("source mine  takes it");
  });

  test("is 1 for a name that nobody knows or that goes nowhere", async () => {
    const unknown = await run(["--explain", "memroy", "--format", "json", samples]);
    expect(unknown.code).toBe(1);
    expect(JSON.parse(unknown.stdout)).toMatchObject([{ did_you_mean: "memory" }]);
    expect((await run(["--explain", "cpu", samples])).code).toBe(1);
    expect((await run(["--explain", "nothing.*", samples])).stderr).toContain("'nothing.*'");
  });

  test("is 2 for what would not start, and for files that say two things", async () => {
    const bad = await run(["--explain", "cpu", "pipeline.yaml"], {
      files: { "pipeline.yaml": PIPES.replace("sinks: [store]", "sinks: [stroe]") },
    });
    expect(bad.code).toBe(2);
    expect(bad.stderr).toContain("pipeline.yaml:2:38: Cannot use the source 'all'");
    const two = await run(["--explain", "cpu", "a.yaml", "b.yaml"], {
      files: { "a.yaml": PIPES, "b.yaml": PIPES },
    });
    expect([two.code, two.stderr]).toEqual([2, expect.stringContaining("are of one kind")]);
    const none = await run(["--explain", "cpu", "x"], { files: { "x/readme.txt": "" } });
    expect([none.code, none.stderr]).toEqual([
      2,
      expect.stringContaining("Cannot find a pipeline"),
    ]);
    const format = await run(["--explain", "cpu", "--format", "sarif"]);
    expect([format.code, format.stderr]).toEqual([2, expect.stringContaining("text, json")]);
  });
});

describe("--explain-message", () => {
  test("explains a message of a file and of stdin", async () => {
    const file = await run(["--explain-message", "m.json", samples], {
      files: { "m.json": CREATED },
    });
    const stdin = await run(["--explain-message", "-", samples], { input: CREATED });
    expect(file.code).toBe(0);
    expect(file.stdout).toContain("sample memory = 512 MiB (gauge)\n");
    expect(stdin).toEqual(file);
  });

  test("is 1 where nothing goes anywhere, 2 without the file", async () => {
    const { code, stdout } = await run(["--explain-message", "-", samples], { input: "{" });
    expect([code, stdout]).toEqual([1, expect.stringContaining("refused (decode)")]);
    expect((await run(["--explain-message", "gone.json", samples])).code).toBe(2);
    expect((await run(["--explain-message", "-", "-"])).code).toBe(2);
  });

  test("is for one: of a file with several it says how to take one", async () => {
    const message = JSON.stringify(JSON.parse(CREATED));
    const files = { "m.json": `${message}\n${message}\n` };
    const { code, stderr } = await run(["--explain-message", "m.json", samples], { files });
    expect(code).toBe(2);
    expect(stderr).toContain("head -n 1 'm.json' | tpctl validate --explain-message -");
  });
});

describe("--graph", () => {
  test.each(["dot", "mermaid", "svg"])("draws %s without a secret", async (format) => {
    const files = { "pipeline.yaml": PIPES };
    const { code, stdout } = await run(["--graph", format, "pipeline.yaml"], { files });
    expect(code).toBe(0);
    expect(stdout).toMatch(/far/);
    expect(stdout).not.toContain("secret");
  });

  test.each([[], ["ceilometer.conf"]])(
    "draws what comes through a pipe, which can be read once (beside %p)",
    async (...beside) => {
      const cwd = mkdtempSync(join(tmpdir(), "tpctl-validate-"));
      await Bun.write(join(cwd, "ceilometer.conf"), CONF);
      await Bun.write(join(cwd, "pipes.yaml"), PIPES);
      expect(Bun.spawnSync(["mkfifo", "pipe.yaml"], { cwd }).success).toBe(true);
      const writer = Bun.spawn(["sh", "-c", "exec cat pipes.yaml > pipe.yaml"], { cwd });
      try {
        const { code, stdout } = await run(["--graph", "dot", ...beside, "pipe.yaml"], { cwd });
        expect([code, await writer.exited]).toEqual([0, 0]);
        expect(stdout).toContain('pipe.yaml (samples)"');
      } finally {
        writer.kill();
        rmSync(cwd, { recursive: true });
      }
    },
  );
});

describe("--tests", () => {
  const tests = (volume: number) =>
    `cases:
- name: size
  notification_file: m.json
  expect: {samples: [{name: memory, volume: ${volume}}]}
`;

  test("runs the sample with the files that it names", async () => {
    const { code, stdout } = await run(["--tests", join(samples, "tests.yaml")]);
    expect([code, stdout]).toEqual([0, expect.stringContaining("4 cases, all passed\n")]);
  });

  test("is 1 with the difference where a case fails", async () => {
    const files = { "t.yaml": tests(256), "m.json": CREATED };
    const { code, stdout } = await run(["--tests", "t.yaml", samples], { files });
    expect(code).toBe(1);
    expect(stdout).toContain("FAIL  size (t.yaml:2)");
    expect(stdout).toContain("volume: expected 256, got 512");
    const junit = await run(["--tests", "t.yaml", "--format", "junit", samples], { files });
    expect([junit.code, junit.stdout]).toEqual([1, expect.stringContaining('failures="1"')]);
  });

  test("is 2 for a file that is none, and for messages that are not there", async () => {
    const bad = await run(["--tests", "t.yaml"], { files: { "t.yaml": "case: []" } });
    expect([bad.code, bad.stderr]).toEqual([2, expect.stringContaining("did you mean 'cases'?")]);
    const gone = await run(["--tests", "t.yaml", samples], { files: { "t.yaml": tests(512) } });
    expect([gone.code, gone.stderr]).toEqual([2, expect.stringContaining("t.yaml:3:22")]);
    expect((await run(["--tests", "gone.yaml"])).code).toBe(2);
  });

  test("takes several notifications, one per line", async () => {
    const files = {
      "t.yaml": tests(512).replace("samples: [", "counts: {samples: 4}, samples: ["),
    };
    const lines = { ...files, "m.json": `${CREATED}\n${CREATED}\n` };
    expect((await run(["--tests", "t.yaml", samples], { files: lines })).code).toBe(0);
  });
});

describe("--schema", () => {
  test("prints one and reads nothing", async () => {
    const { code, stdout } = await run(["--schema", "pipeline.yaml"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ title: "pipeline.yaml", type: "object" });
    expect((await run(["--schema", "pipeline.yaml", samples])).code).toBe(2);
    expect((await run(["--schema", "persister.conf"])).code).toBe(2);
  });
});

test("two modes at once, and a time limit without --online, are refused", async () => {
  const both = await run(["--explain", "cpu", "--graph", "svg", samples]);
  expect([both.code, both.stderr]).toEqual([2, expect.stringContaining("--explain together with")]);
  expect((await run(["--online", "--explain", "cpu", samples])).code).toBe(2);
  expect((await run(["--timeout", "3", samples])).code).toBe(2);
  expect((await run(["--online", "--timeout", "0", samples])).code).toBe(2);
  const strict = await run(["--strict", "--graph", "svg", samples]);
  expect([strict.code, strict.stderr]).toEqual([
    2,
    expect.stringContaining("Cannot use --strict with --graph"),
  ]);
  expect((await run(["--rules", "yaml/syntax", samples])).code).toBe(2);
  expect((await run(["--rules", "--format", "json"])).code).toBe(2);
});
