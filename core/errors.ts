/**
 * Pure. The error classes of tpctl: the class says what to do, the text says what happened.
 *
 * Texts follow one form: "Cannot <verb> <thing> '<value>': <why>, expected <what>". Nobody reads a
 * text to decide; the cause is kept. Only cmd/tpctl.ts turns a class into an exit code.
 */

/** Wrong command line: exit 2, nothing was started. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Where in a configuration file something stands; line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

/** What may go with a ConfigError besides its text and place. */
export interface ConfigErrorOptions extends ErrorOptions {
  /** The rule of `tpctl validate` that it breaks (core/validate/rules.ts), where one is its own. */
  readonly rule?: string | undefined;
}

/** Wrong configuration: exit 2, nothing was started. Shown as `file:line:column: text`. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly rule: string | undefined;

  constructor(text: string, readonly place?: Place, options?: ConfigErrorOptions) {
    super(text, options);
    this.rule = options?.rule;
  }
}

/** The same error with a rule, where it names none. */
export function withRule(error: ConfigError, rule: string): ConfigError {
  if (error.rule !== undefined) return error;
  return new ConfigError(error.message, error.place, { cause: error.cause, rule });
}

/** Several configuration problems found at once, in file order: exit 2. */
export class ConfigErrors extends Error {
  override readonly name = "ConfigErrors";

  constructor(readonly errors: readonly ConfigError[]) {
    super(errors.map(describeConfigError).join("\n"));
  }
}

/** A failure while running that the process cannot get over by itself: exit 3. */
export class RunError extends Error {
  override readonly name = "RunError";
}

/** `file:line:column: text`, with the parts of the place that are known. */
export function describeConfigError(error: ConfigError): string {
  const { place } = error;
  if (place === undefined) return error.message;
  const position = [place.file, place.line, place.line === undefined ? undefined : place.column];
  return `${position.filter((part) => part !== undefined).join(":")}: ${error.message}`;
}

/** Problems of one file by line and column; those without a place first. */
export function inFileOrder(errors: readonly ConfigError[]): ConfigError[] {
  const line = ({ place }: ConfigError) => place?.line ?? 0;
  const column = ({ place }: ConfigError) => place?.column ?? 0;
  return errors.toSorted((a, b) => line(a) - line(b) || column(a) - column(b));
}
