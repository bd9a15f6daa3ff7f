/**
 * Edge (files, processes). Makes the one executable: `bun build.ts` writes dist/tpctl for this
 * machine, `--target T` (repeatable) writes dist/tpctl-T for another one. What was built for this
 * machine is started once from an empty folder before the build counts as good.
 */
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

/** What Bun can compile for; the base executables come through the npm registry on first use. */
const targets = [
  "linux-x64",
  "linux-arm64",
  "linux-x64-musl",
  "linux-arm64-musl",
  "darwin-x64",
  "darwin-arm64",
  "windows-x64",
  "windows-arm64",
] as const;
type Target = (typeof targets)[number];

const root = import.meta.dir;

/** `version` of package.json and the commit of the work tree, "+" behind it where files differ. */
async function readStamp(): Promise<{ readonly version: string; readonly commit: string }> {
  const { version } = await Bun.file(join(root, "package.json")).json() as { version: string };
  const git = (...argv: string[]): string | undefined => {
    if (Bun.which("git") === null) return undefined;
    const run = Bun.spawnSync(["git", ...argv], { cwd: root, stderr: "ignore" });
    return run.success ? run.stdout.toString().trim() : undefined;
  };
  const commit = git("rev-parse", "--short=12", "HEAD");
  if (commit === undefined) return { version, commit: "unknown" };
  return { version, commit: git("status", "--porcelain", "-uno") === "" ? commit : `${commit}+` };
}

/** Compiles for `target`, or for this machine, and resolves with the executable's path. */
async function compile(target?: Target): Promise<string> {
  const extension = target?.startsWith("windows") === true ? ".exe" : "";
  const name = `tpctl${target === undefined ? "" : `-${target}`}${extension}`;
  const dist = join(root, "dist");
  await mkdir(dist, { recursive: true });
  // Beside goes a map file per chunk, which the executable holds as well; and whoever is running the
  // executable that stands there keeps his, as a rename takes nothing away from him.
  const workshop = await mkdtemp(join(dist, "build-"));
  try {
    await bundle(join(workshop, name), target);
    await rename(join(workshop, name), join(dist, name));
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
  return join(dist, name);
}

async function bundle(outfile: string, target: Target | undefined): Promise<void> {
  const { version, commit } = await readStamp();
  const result = await Bun.build({
    entrypoints: [join(root, "cmd/tpctl.ts")],
    // A .env or bunfig.toml in the folder that tpctl happens to be started in must have no say.
    compile: {
      outfile,
      autoloadDotenv: false,
      autoloadBunfig: false,
      ...(target === undefined ? {} : { target: `bun-${target}` as Bun.Build.CompileTarget }),
    },
    // esm: bytecode alone would switch to CommonJS, and with it the build machine's paths get in.
    format: "esm",
    minify: true,
    bytecode: true,
    splitting: true,
    sourcemap: "linked",
    define: {
      TPCTL_VERSION: JSON.stringify(version),
      TPCTL_COMMIT: JSON.stringify(commit),
    },
    throw: false,
  });
  if (!result.success) {
    const where = target === undefined ? "" : ` for ${target}`;
    throw new Error(`Cannot compile tpctl${where}: ${result.logs.map(String).join("\n")}`);
  }
}

/** Starts the executable from an empty folder; rejects unless it answers and leaves nothing there. */
async function smokeRun(executable: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tpctl-smoke-"));
  try {
    const run = Bun.spawnSync([executable, "--version"], {
      cwd: folder,
      env: { HOME: folder, TMPDIR: folder, PATH: "" },
    });
    const left = await readdir(folder);
    const said = run.stdout.toString().trim();
    if (!run.success || !said.includes("tpctl")) {
      throw new Error(`Cannot use '${executable}': --version said '${said}'\n${run.stderr}`);
    }
    if (left.length > 0) {
      throw new Error(`Cannot use '${executable}': it left ${left.join(", ")} in an empty folder`);
    }
    return said;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Only the host's own build can be started here. */
async function buildOne(target?: Target): Promise<void> {
  const started = performance.now();
  const executable = await compile(target);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const megabytes = (Bun.file(executable).size / 1e6).toFixed(1);
  const said = target === undefined ? await smokeRun(executable) : "not started here";
  console.log(`${executable}: ${megabytes} MB in ${seconds} s, ${said}`);
}

/** The targets named on the command line; rejects on one that is not known. */
function readTargets(argv: string[]): Target[] {
  const { values } = parseArgs({
    args: argv,
    options: { target: { type: "string", multiple: true, default: [] } },
  });
  return values.target.map((name) => {
    const target = targets.find((known) => known === name.replace(/^bun-/, ""));
    if (target !== undefined) return target;
    throw new Error(`Cannot build for '${name}': unknown, expected one of ${targets.join(", ")}`);
  });
}

async function main(): Promise<number> {
  try {
    const named = readTargets(process.argv.slice(2));
    if (named.length === 0) await buildOne();
    for (const target of named) await buildOne(target);
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

process.exitCode = await main();
