/**
 * Edge (processes, files). Runs the `validate` part of a case through the executable: whether the files
 * are accepted or refused as recorded.
 */
import { runExecutable } from "../executable.ts";
import { tempFolder } from "../servers/server.ts";
import { type Case, prepareFolder } from "./cases.ts";
import { defaultFiles } from "./pipeline_cases.ts";

/** What differs; empty where the verdict is the recorded one. */
export async function runValidateCase(each: Case): Promise<readonly string[]> {
  const expected = each.expect.validate;
  if (expected === undefined) return ["the case has no verdict"];
  await using folder = await tempFolder("validate");
  await prepareFolder(folder.path, { ...each, files: { ...defaultFiles, ...each.files } });
  const run = await runExecutable(["validate", ...expected.files], { cwd: folder.path });
  const mayBeUnclear = expected.kind === "unclear" && run.exitCode === 2;
  if (run.exitCode === expected.exit || mayBeUnclear) return [];
  return [`exit code ${run.exitCode}, expected ${expected.exit}`, run.stdout, run.stderr];
}
