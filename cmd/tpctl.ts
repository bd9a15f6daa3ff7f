/**
 * Edge (stdio, signals of the runtime). Main: arguments to one subcommand to an exit code. The only
 * place that ends the process; an error's class says with which code, its text is what is shown.
 */
import { RunError } from "../core/errors.ts";
import { systemCode, whyUnwritable } from "../core/files/file_failure.ts";
import { printable } from "../core/terminal/cells.ts";
import { describeFailure } from "./failure.ts";
import { startTuned } from "./tuned_start.ts";
import { versionText } from "./version.ts";

/** How long the end waits for readers that do not read, in ms. */
const endWaitMs = 5000;

/** Runs the command and resolves with the exit code. */
async function run(argv: readonly string[]): Promise<number> {
  // Before anything else is loaded: scripts and supervisors ask this often.
  if (argv[0] === "--version") {
    process.stdout.write(`${versionText()}\n`);
    return 0;
  }
  try {
    const { programFor } = await import("./program.ts");
    const program = await programFor(argv);
    await program.parseAsync([...argv], { from: "user" });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    return codeOf(error);
  }
}

/** Says what went wrong, unless the argument parser has, and gives the code. */
function codeOf(error: unknown): number {
  const { code, text } = describeFailure(error);
  if (text !== undefined) {
    process.stderr.write(
      `${text.split("\n").map((line) => `tpctl: ${printable(line)}`).join("\n")}\n`,
    );
  }
  return code;
}

/** Resolves when what was written to the stream is out, its reader is gone, or the time is up. */
function drained(stream: NodeJS.WriteStream, waitMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, waitMs);
    if (stream === process.stdout && refusal !== undefined) resolve();
    stream.on("error", () => resolve());
    // The callback of an empty write comes at once; only the end waits for what is before it.
    stream.end(() => resolve());
  });
}

function endOnDefect(error: unknown): void {
  process.exit(codeOf(error));
}

/** Why stdout takes nothing, a full disk for one. A reader that has gone away (`... | head`) is no error. */
// Before the runtime opens anything for stdout and stderr: what is open is handed over.
startTuned(process.argv.slice(2));
let refusal: unknown;
process.stdout.on("error", (error) => {
  if (systemCode(error) !== "EPIPE") refusal ??= error;
});
process.stderr.on("error", () => undefined);
process.on("uncaughtException", endOnDefect);
process.on("unhandledRejection", endOnDefect);

const code = await run(process.argv.slice(2));
await drained(process.stdout, endWaitMs);
const ended = refusal === undefined ? code : codeOf(
  new RunError(`Cannot write to stdout: ${whyUnwritable(refusal)}, expected room`, {
    cause: refusal,
  }),
);
await drained(process.stderr, endWaitMs);
process.exit(ended);
