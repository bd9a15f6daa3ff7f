/**
 * Edge (processes). The recorded cases, one test each, through the compiled executable. Classes whose
 * subcommand does not exist yet are listed, and counted as nothing.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { builtExecutable } from "../executable.ts";
import { type Case, type CaseClass, readClasses, runningClasses } from "./cases.ts";
import { runPersistCase } from "./persist_cases.ts";
import { runPipelineCase } from "./pipeline_cases.ts";

/** How many cases run side by side. */
const sideBySide = 2;

const classes = readClasses().flatMap(withoutBroker);
const waiting = classes.filter((each) => !runningClasses.includes(each.class));
const findings = new Map<string, Promise<readonly string[]>>();

beforeAll(async () => {
  await builtExecutable();
});

afterAll(() => {
  const names = waiting.map((each) => `${each.class} (${each.cases.length})`);
  if (names.length > 0) console.error(`Conformance classes not yet run: ${names.join(", ")}`);
});

/** Cases that send to a broker need a recorder that is one: they are a class of their own, not on. */
function withoutBroker(each: CaseClass): readonly CaseClass[] {
  const needsBroker = (one: Case): boolean => JSON.stringify(one).includes("{{AMQP}}");
  const others = each.cases.filter((one) => !needsBroker(one));
  if (others.length === each.cases.length) return [each];
  const apart = { class: `${each.class} with a broker`, cases: each.cases.filter(needsBroker) };
  return [{ ...each, cases: others }, apart];
}

/** Starts this case and those just behind it, so that a test finds its result on the way. */
function start(cases: readonly Case[], from: number): Promise<readonly string[]> {
  for (const each of cases.slice(from, from + sideBySide)) {
    if (!findings.has(each.id)) findings.set(each.id, runCase(each));
  }
  return findings.get(cases[from]?.id ?? "") ?? Promise.resolve(["there is no such case"]);
}

function runCase(each: Case): Promise<readonly string[]> {
  return each.run === "pipeline" ? runPipelineCase(each) : runPersistCase(each);
}

test("every class that is on has its cases", () => {
  const named = classes.map((each) => each.class);
  expect(runningClasses.filter((name) => !named.includes(name))).toEqual([]);
});

for (const { class: name, cases } of classes.filter((each) => !waiting.includes(each))) {
  describe(name, () => {
    for (const [i, each] of cases.entries()) {
      test(each.id, async () => {
        expect(await start(cases, i)).toEqual([]);
      });
    }
  });
}
