/**
 * Edge (files, stdout). `tpctl validate --tests FILE`: runs pipeline tests. A case that fails is a
 * finding.
 */
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { ConfigError, ConfigErrors, UsageError } from "../core/errors.ts";
import { openObserver } from "../core/explanation/observation.ts";
import { testsJson, testsJunit, testsText } from "../core/pipeline_tests/report.ts";
import { runTests } from "../core/pipeline_tests/run_tests.ts";
import { messagesIn, readTestCases, type TestCases } from "../core/pipeline_tests/test_cases.ts";
import { readFile } from "../core/validate/file_text.ts";
import { print } from "./print.ts";
import type { ValidateFlags } from "./validate_flags.ts";
import { checkFormat, readPipelines } from "./validate_input.ts";

/** Rejects with UsageError or ConfigErrors. */
export async function showTests(flags: ValidateFlags): Promise<void> {
  const { tests: path = "" } = flags;
  const format = checkFormat(flags.format, { mode: "--tests", able: ["text", "json", "junit"] });
  const { files, cases } = readCases(path);
  const folder = dirname(path);
  const named = files.map((file) => resolve(folder, file));
  const paths = flags.paths.length > 0 ? flags.paths : named;
  const setup = await readPipelines({ ...flags, paths });
  const results = runTests(cases, {
    observer: openObserver(setup, setup.sampleOptions),
    messagesOf: (input) => {
      try {
        return messagesIn(readFileSync(resolve(folder, input.path)));
      } catch (error) {
        const code = error instanceof Error && "code" in error ? error.code : error;
        const text = `Cannot read '${input.path}': ${code}, expected a file with notifications`;
        throw new ConfigError(text, input.place, { cause: error });
      }
    },
  });
  const written = { text: testsText, json: testsJson, junit: testsJunit };
  await print(written[format](results, path));
  if (results.some(({ failures }) => failures.length > 0)) process.exitCode = 1;
}

function readCases(path: string): TestCases {
  const read = readFile(path);
  if (!("text" in read) || "rule" in read) {
    throw new UsageError(`Cannot read the tests '${path}': ${"rule" in read ? read.text : ""}`);
  }
  const { tests, problems } = readTestCases(read.text, path);
  if (tests === undefined) throw new ConfigErrors(problems);
  return tests;
}
