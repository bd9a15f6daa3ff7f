/**
 * Edge (files). `validate` and the daemons agree: a folder passes exactly when its daemon starts with all
 * of it, neither refusing nor leaving out anything. Tried on the examples of all rules, on the recorded
 * cases, and on files that are damaged at random.
 */
import { afterAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { checkPaths } from "../../core/validate/check_paths.ts";
import type { FileKind } from "../../core/validate/kinds.ts";
import { loadPublisherKinds } from "../../publishers/mod.ts";
import { type Case, readClasses } from "../conformance/cases.ts";
import { startPersist, startPipeline } from "./daemon_starts.ts";
import { allExamples, exampleFiles, exampleName } from "./examples.ts";

const base = mkdtempSync(join(tmpdir(), "tpctl-agree-"));
afterAll(() => rmSync(base, { recursive: true }));
const publisherKinds = await loadPublisherKinds();
let count = 0;

type Files = Readonly<Record<string, string>>;

const ceilometer = `[DEFAULT]
transport_url = rabbit://localhost:5672/
pipeline_cfg_file = {{DIR}}/pipeline.yaml
event_pipeline_cfg_file = {{DIR}}/event_pipeline.yaml
[event]
definitions_cfg_file = {{DIR}}/event_definitions.yaml
[meter]
meter_definitions_dirs = {{DIR}}/meters.d
[monasca]
monasca_mappings = {{DIR}}/monasca_field_definitions.yaml
[service_credentials]
auth_url = https://localhost:5000/v3
username = ceilometer
password = secret
project_name = service
user_domain_name = Default
project_domain_name = Default
`;

function pipelineText(field: string, publishers: string): string {
  return `sources:\n  - {name: all, ${field}: ["*"], sinks: [out]}\n` +
    `sinks:\n  - {name: out, publishers: [${publishers}]}\n`;
}

/** A whole installation, which starts. */
const whole: Files = {
  "ceilometer.conf": ceilometer,
  "pipeline.yaml": pipelineText("meters", '"gnocchi://", "monasca://http://localhost:8070/v2.0"'),
  "event_pipeline.yaml": pipelineText("events", '"gnocchi://"'),
  "event_definitions.yaml": '- event_type: "*"\n  traits: {}\n',
  "meters.d/other.yaml": "metric: []\n",
  "gnocchi_resources.yaml": "resources: []\n",
  "monasca_field_definitions.yaml": "dimensions: []\nmetadata: {common: []}\n",
};

interface Both {
  /** What validate calls an error. */
  readonly errors: readonly string[];
  readonly start: string | undefined;
}

/** Both verdicts on a folder that holds these files. */
async function both(files: Files, name: "ceilometer.conf" | "persister.conf"): Promise<Both> {
  const folder = join(base, `${count++}`);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(
      join(folder, path),
      text.replaceAll("{{DIR}}", folder).replaceAll("{{OUT}}", folder)
        .replaceAll(/\{\{[A-Z]+\}\}/g, "localhost:9"),
    );
  }
  const before = process.cwd();
  process.chdir(folder);
  try {
    const options = { kind: undefined, environment: {} };
    const report = checkPaths([name], options, { publisherKinds, stdin: undefined });
    const errors = report.files.flatMap(({ findings }) =>
      findings.filter(({ severity }) => severity === "error")
    );
    const start = name === "persister.conf"
      ? await startPersist(folder)
      : await startPipeline(folder);
    return { errors: errors.map(({ rule, text }) => `${rule}: ${text}`), start };
  } finally {
    process.chdir(before);
    rmSync(folder, { recursive: true });
  }
}

function expectAgreement({ errors, start }: Both): void {
  expect({ refusedBy: errors.length > 0 ? "both" : "none", errors }).toEqual({
    refusedBy: start === undefined ? "none" : "both",
    errors,
  });
}

/** The installation with one file of a kind instead of its own. */
function withFile(kind: FileKind, files: Files): Files {
  if (kind.endsWith(".conf")) return files;
  return { ...whole, ...files, [exampleName(kind)]: files[exampleName(kind)] ?? "" };
}

test("a whole installation passes, and starts", async () => {
  expect(await both(whole, "ceilometer.conf")).toEqual({ errors: [], start: undefined });
});

describe("the examples of the rules", () => {
  for (const [folder, example] of allExamples()) {
    test(folder, async () => {
      const files = withFile(example.kind, exampleFiles(example));
      const name = example.kind === "persister.conf" ? "persister.conf" : "ceilometer.conf";
      expectAgreement(await both(files, name));
    });
  }
});

/** The case's files in the installation; `null` publishers of its own are kept. */
function filesOf({ files = {} }: Case): Files {
  return { ...whole, "meters.d/other.yaml": "", ...files };
}

describe("the recorded cases", () => {
  const classes = [
    "filters",
    "pipelines",
    "meters",
    "events",
    "jsonpath",
    "publishers",
    "ceilosca",
  ];
  for (
    const { class: name, cases } of readClasses().filter((each) => classes.includes(each.class))
  ) {
    test(name, async () => {
      expect(cases.length).toBeGreaterThan(10);
      for (const each of cases) {
        const files = filesOf(each);
        const { "meters.d/other.yaml": empty, ...others } = files;
        const found = await both(empty === "" ? others : files, "ceilometer.conf");
        expect([each.id, found.errors.length > 0]).toEqual([each.id, found.start !== undefined]);
      }
    });
  }
});

describe("damaged files", () => {
  const sources = allExamples().filter(([, { kind, text }]) =>
    kind !== "persister.conf" && kind !== "ceilometer.conf" && text.length < 2000
  );
  const damage = fc.record({
    at: fc.nat(5000),
    remove: fc.nat(12),
    insert: fc.oneof(
      fc.constantFrom("", " ", "\n", ":", "- ", "[", "]", "{", "}", '"', "'", "*", "&a", "!", "#"),
      fc.constantFrom("null", "1", "true", "name", "<<: *a", "$.payload.x", "udp://h", "zaqar://"),
    ),
  });

  test("of pipeline", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...sources),
        fc.array(damage, { minLength: 1, maxLength: 3 }),
        async ([, { kind, text }], damages) => {
          const damaged = damages.reduce((whole_, { at, remove, insert }) => {
            const from = at % (whole_.length + 1);
            return whole_.slice(0, from) + insert + whole_.slice(from + remove);
          }, text);
          const files = withFile(kind, { [exampleName(kind)]: damaged });
          expectAgreement(await both(files, "ceilometer.conf"));
        },
      ),
      { numRuns: 400 },
    );
  });
});
