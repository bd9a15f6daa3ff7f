/**
 * Edge (files). Each output format is read back by a parser that knows nothing of tpctl: SARIF by its
 * published schema, XML by a strict parser, workflow commands by the runner's rules.
 */
import { describe, expect, test } from "bun:test";
import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import fc from "fast-check";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SaxesParser } from "saxes";
import type { Hit } from "../../core/validate/finding.ts";
import { githubReport } from "../../core/validate/formats/github.ts";
import { jsonReport } from "../../core/validate/formats/json.ts";
import { junitReport } from "../../core/validate/formats/junit.ts";
import { sarifReport } from "../../core/validate/formats/sarif.ts";
import { summaryOf, textReport } from "../../core/validate/formats/text.ts";
import { type Report, reportFile } from "../../core/validate/report.ts";
import { RULES } from "../../core/validate/rules.ts";
import { SourceText } from "../../core/validate/source_text.ts";
import { root } from "../sources.ts";

const schema = JSON.parse(
  readFileSync(join(root, "testdata/validate/sarif-schema-2.1.0.json"), "utf8"),
) as object;
const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
addFormats.default(ajv);
const isSarif = ajv.compile(schema);

/** A report as a check makes it: names, lines and texts of any kind. */
const reports: fc.Arbitrary<Report> = fc.array(
  fc.record({
    file: fc.oneof(fc.constantFrom("-", "a b/c.yaml", "/etc/x.conf", "./é,:%.yaml"), fc.string()),
    text: fc.string({ unit: "binary" }),
    hits: fc.array(fc.record({
      rule: fc.constantFrom(...RULES.map(({ id }) => id)),
      line: fc.integer({ min: 1, max: 4 }),
      column: fc.integer({ min: 1, max: 20 }),
      text: fc.string({ unit: "binary" }),
      expected: fc.option(fc.string(), { nil: undefined }),
    })),
  }),
  { maxLength: 4 },
).map((files) => ({
  skipped: 1,
  files: files.map(({ file, text, hits }) =>
    reportFile(
      new SourceText(file, text),
      "pipeline.yaml",
      hits.map(({ line, column, ...hit }): Hit => ({ ...hit, place: { file, line, column } })),
    )
  ),
}));

function property(check: (report: Report) => void): void {
  fc.assert(fc.property(reports, check), { numRuns: 200 });
}

function countOf({ files }: Report): number {
  return files.reduce((sum, { findings }) => sum + findings.length, 0);
}

const one: Report = {
  skipped: 0,
  files: [reportFile(
    new SourceText("etc/pipeline.yaml", "sources:\n\t- é: http://u:secret@host/x # y\n"),
    "pipeline.yaml",
    [{
      rule: "pipeline/unknown-meter",
      place: { file: "etc/pipeline.yaml", line: 2, column: 7 },
      text: "The meter 'a' is unknown, did you mean 'b'?",
      suggestion: "b",
    }],
  )],
};

describe("text", () => {
  test("is one line for each finding where nobody looks", () => {
    expect(textReport(one, { withLines: false, withColour: false })).toBe(
      "etc/pipeline.yaml:2:7: warning: The meter 'a' is unknown, did you mean 'b'? " +
        "[pipeline/unknown-meter]\n",
    );
  });

  test("shows the line without its secrets, and a mark, on a terminal", () => {
    const lines = textReport(one, { withLines: true, withColour: false }).split("\n");
    expect(lines.slice(1)).toEqual([
      "  2 |  - é: http://***@host/x # y",
      "    |       ^",
      "",
    ]);
    expect(textReport(one, { withLines: true, withColour: true })).toContain("\u001b[33mwarning:");
  });

  test("has no control character but line breaks, whatever the files hold", () => {
    property((report) => {
      const text = textReport(report, { withLines: true, withColour: false });
      expect(/[^\P{Cc}\n\t]/u.test(text)).toBe(false);
    });
  });

  test("is summed up in one line", () => {
    expect(summaryOf(one)).toBe("1 file checked: 0 errors, 1 warning, 0 notes");
  });
});

test("json: an object whose members are always there", () => {
  const read = JSON.parse(jsonReport(one)) as Record<string, unknown>;
  expect(read).toEqual({
    version: 1,
    summary: { files: 1, errors: 0, warnings: 1, notes: 0, suppressed: 0, skipped: 0 },
    findings: [{
      file: "etc/pipeline.yaml",
      line: 2,
      column: 7,
      rule: "pipeline/unknown-meter",
      severity: "warning",
      text: "The meter 'a' is unknown, did you mean 'b'?",
      found: "http://***@host/x",
      expected: null,
      suggestion: "b",
      excerpt: { text: "\t- é: http://***@host/x # y", column: 7 },
    }],
  });
});

describe("sarif", () => {
  test("validates against the published schema", () => {
    property((report) => {
      const log = JSON.parse(sarifReport(report, "1.2.3")) as {
        runs: [{ results: unknown[]; tool: { driver: { rules: unknown[] } } }];
      };
      expect([isSarif(log), isSarif.errors]).toEqual([true, null]);
      expect(log.runs[0].results).toHaveLength(countOf(report));
    });
  });

  test("the schema refuses what is none", () => {
    expect(isSarif({ version: "2.1.0", runs: [{ results: [] }] })).toBe(false);
  });
});

describe("github", () => {
  /** As the runner reads a line: command, properties by comma, data behind `::`. */
  function parsed(
    line: string,
  ): { command: string; properties: Map<string, string>; data: string } {
    const parts = /^::(\S+) (.*?)::(.*)$/.exec(line);
    const unescaped = (text: string): string =>
      text.replace(
        /%(0A|0D|25|3A|2C)/g,
        (_, hex: string) => String.fromCharCode(parseInt(hex, 16)),
      );
    const [, command = "", properties = "", data = ""] = parts ?? [];
    return {
      command,
      properties: new Map(
        properties.split(",").map((pair) => {
          const equal = pair.indexOf("=");
          return [pair.slice(0, equal), unescaped(pair.slice(equal + 1))];
        }),
      ),
      data: unescaped(data),
    };
  }

  test("is one command for each finding, with what it says", () => {
    property((report) => {
      const findings = report.files.flatMap((file) => file.findings);
      const lines = githubReport(report).split("\n").slice(0, -1);
      expect(lines).toHaveLength(findings.length);
      for (const [i, line] of lines.entries()) {
        const { command, properties, data } = parsed(line);
        const { file, line: at, column, severity, rule, text } = findings[i] ?? {
          ...{ file: "", line: 0, column: 0, severity: "note", rule: "", text: "" },
        };
        expect(command).toBe(severity === "note" ? "notice" : severity);
        expect(Object.fromEntries(properties)).toEqual({
          ...{ file, line: `${at}`, col: `${column}`, title: rule },
        });
        expect(data).toBe(text);
      }
    });
  });
});

describe("junit", () => {
  interface Counted {
    readonly tests: number;
    readonly failures: number;
    readonly promised: string | undefined;
  }

  function parsed(xml: string): Counted {
    const parser = new SaxesParser();
    let tests = 0;
    let failures = 0;
    let promised: string | undefined;
    parser.on("error", (error) => {
      throw error;
    });
    parser.on("opentag", ({ name, attributes }) => {
      if (name === "testcase") tests++;
      if (name === "failure") failures++;
      if (name === "testsuites") promised = `${attributes.tests} ${attributes.failures}`;
    });
    parser.write(xml).close();
    return { tests, failures, promised };
  }

  test("is XML, and its counts are right", () => {
    property((report) => {
      const { tests, failures, promised } = parsed(
        junitReport(report, ({ severity }) => severity === "error"),
      );
      const clean = report.files.filter(({ findings }) => findings.length === 0).length;
      expect(tests).toBe(countOf(report) + clean);
      expect(failures).toBe(report.files.reduce((sum, { counts }) => sum + counts.error, 0));
      expect(promised).toBe(`${tests} ${failures}`);
    });
  });
});
