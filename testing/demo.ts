/**
 * Edge (processes, files). The demo: installs, builds, lets the executable store a day of three hosts
 * in an SQLite file as an operator would, and shows what is in it. It imports nothing that an install
 * would have to bring first.
 */
import { cp, mkdir, rm } from "node:fs/promises";
import { dirname, join, relative } from "node:path";

const root = dirname(import.meta.dir);
const folder = join(root, "dist", "demo");
const widthDefault = 120;

/** Runs a command with its output passed on; rejects unless it ends with 0. */
async function run(argv: readonly string[], cwd: string, shown = argv.join(" ")): Promise<void> {
  console.log(`$ ${shown}`);
  const child = Bun.spawn([...argv], {
    cwd,
    stdin: "ignore",
    stdout: "inherit",
    stderr: "inherit",
  });
  if (await child.exited !== 0) throw new Error(`'${shown}' ended with ${child.exitCode}`);
}

async function main(): Promise<number> {
  try {
    await run([process.execPath, "install", "--frozen-lockfile"], root, "bun install");
    await run([join(root, "node_modules/.bin/bun"), "build.ts"], root, "bun build.ts");
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    await cp(join(root, "testdata/demo/metrics.ndjson"), join(folder, "metrics.ndjson"));
    const words = "persist --from metrics.ndjson --kind metrics --to sqlite:metrics.db --once";
    await run([join(root, "dist/tpctl"), ...words.split(" ")], folder, `tpctl ${words}`);
    await show(join(folder, "metrics.db"));
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

async function show(path: string): Promise<void> {
  const { openSqliteReader } = await import("../core/sqlite/reader.ts");
  const { renderPicture } = await import("../core/sqlite/picture.ts");
  const reader = await openSqliteReader(path);
  const summaries = reader.summaries();
  const values = reader.values(summaries.map((summary) => summary.busiestSeries));
  const store = relative(root, path);
  const picture = { store, summaries, values, documents: reader.documentCounts() };
  reader.close();
  const style = {
    width: process.stdout.columns || widthDefault,
    color: process.stdout.isTTY === true && process.env.NO_COLOR === undefined,
  };
  const letters = join(relative(root, folder), "tpctl-state", "dead-letters");
  console.log(`\n${renderPicture(picture, style)}`);
  console.log(`Look for yourself: sqlite3 ${store}`);
  console.log(`The one message without a value is a dead letter in ${letters}`);
}

process.exitCode = await main();
