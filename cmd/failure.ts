/**
 * Pure. What an error that reaches the top means: the exit code and the words for the user. The
 * error's class decides, never its text.
 */
import { StoreError } from "../core/delivery/writer.ts";
import {
  ConfigError,
  ConfigErrors,
  describeConfigError,
  RunError,
  UsageError,
} from "../core/errors.ts";
import { withoutSecrets } from "../core/validate/masking.ts";

/** How the process ends. */
export interface Failure {
  /** 0 only where the argument parser threw for --help. */
  readonly code: number;
  /** Lines without the program's name; undefined: it has been said. */
  readonly text: string | undefined;
}

/** How a worker ends that has told its parent why: the parent says it. */
export class ToldFailure extends Error {
  override readonly name = "ToldFailure";

  constructor(readonly code: number) {
    super("told to the parent");
  }
}

const USAGE = 2;
const FAILURE = 3;

/** An error of no class of ours is a defect and shows its stack. URLs lose their secrets. */
export function describeFailure(error: unknown): Failure {
  const { code, text } = described(error);
  return { code, text: text === undefined ? undefined : withoutSecrets(text) };
}

function described(error: unknown): Failure {
  if (error instanceof ToldFailure) return { code: error.code, text: undefined };
  const parserCode = parserExitCode(error);
  if (parserCode !== undefined) return { code: parserCode, text: undefined };
  if (error instanceof ConfigErrors) {
    return { code: USAGE, text: error.errors.map(describeConfigError).join("\n") };
  }
  if (error instanceof ConfigError) return { code: USAGE, text: describeConfigError(error) };
  if (error instanceof UsageError) return { code: USAGE, text: error.message };
  const expected = error instanceof RunError || error instanceof StoreError;
  return { code: FAILURE, text: expected ? error.message : describeDefect(error) };
}

/** commander throws for --help and --version too, with code 0. */
function parserExitCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("code" in error) || !("exitCode" in error)) return undefined;
  if (!String(error.code).startsWith("commander.")) return undefined;
  return error.exitCode === 0 ? 0 : USAGE;
}

function describeDefect(error: unknown): string {
  const stack = error instanceof Error ? error.stack ?? error.message : String(error);
  return `This is a defect of tpctl, please report it.\n${stack}`;
}
