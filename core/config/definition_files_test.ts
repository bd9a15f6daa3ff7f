/**
 * Edge (files). Where definition files are found, which are missing by mistake and which by intent.
 */
import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readDefinitionFiles } from "./definition_files.ts";
import type { DefinitionConfig } from "./pipeline_config.ts";

const folder = mkdtempSync(join(tmpdir(), "definitions-"));
afterAll(() => rmSync(folder, { recursive: true }));

mkdirSync(join(folder, "etc"));
mkdirSync(join(folder, "meters"));
writeFileSync(join(folder, "etc/pipeline.yaml"), "sources: []\n");
writeFileSync(join(folder, "latin1.yaml"), Uint8Array.of(0x61, 0xe9));
for (const name of ["b.yaml", "a.yaml", ".hidden.yaml", "c.yml"]) {
  writeFileSync(join(folder, "meters", name), `# ${name}\n`);
}

const unnamed = (path: string) => ({ path, given: false });
const named = (path: string) => ({ path, given: true });

const config: DefinitionConfig = {
  pipelineFile: unnamed("pipeline.yaml"),
  eventPipelineFile: unnamed("event_pipeline.yaml"),
  eventDefinitionsFile: unnamed("event_definitions.yaml"),
  meterFolders: [named(join(folder, "meters"))],
  dropUnmatchedNotifications: false,
  storeRaw: [],
  searchFolders: [join(folder, "nowhere"), join(folder, "etc")],
  ignoreBadPublishers: false,
};

test("relative names are searched in the configuration folders", () => {
  const files = readDefinitionFiles(config, ["meter", "event"]);
  expect(files.problems).toEqual([]);
  expect(files.pipeline).toEqual({
    name: join(folder, "etc/pipeline.yaml"),
    text: "sources: []\n",
  });
  expect(files.eventPipeline).toBeUndefined();
  expect(files.notices.map((notice) => notice.text)).toEqual([
    "There is no event_pipeline.yaml: tpctl takes the event pipeline built into it",
    "There is no event_definitions.yaml: tpctl takes the event definitions built into it",
  ]);
  expect(files.builtInMeters).toBe(false);
  expect(files.meters.map((file) => file.text)).toEqual(["# a.yaml\n", "# b.yaml\n"]);
});

test("what is named and missing is an error, and so is what is no text", () => {
  const files = readDefinitionFiles({
    ...config,
    pipelineFile: named("missing.yaml"),
    eventDefinitionsFile: named(join(folder, "latin1.yaml")),
    eventPipelineFile: named(folder),
  }, ["meter", "event"]);
  expect(files.problems.map((problem) => problem.message.replaceAll(folder, "F"))).toEqual([
    "Cannot read the pipeline 'missing.yaml': it is neither here nor in F/nowhere, F/etc, expected a file",
    "Cannot read 'F': it is a folder, expected a readable YAML file",
    "Cannot read 'F/latin1.yaml': it is not UTF-8, expected a readable YAML file",
  ]);
});

test("a pipeline that is off needs no files; a missing folder of meters is told", () => {
  const files = readDefinitionFiles(
    { ...config, eventPipelineFile: named("missing.yaml"), meterFolders: [named("/nowhere")] },
    ["meter"],
  );
  expect(files.problems).toEqual([]);
  expect(files.meters).toEqual([]);
  expect(files.notices.map((notice) => notice.text)).toEqual([
    "There is no folder /nowhere, no meter definitions are read from it",
  ]);
});
