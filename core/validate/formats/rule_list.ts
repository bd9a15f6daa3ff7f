/**
 * Pure. Rules for people: all in a list, or one with its examples.
 */
import { didYouMean } from "../../config/suggest.ts";
import { UsageError } from "../../errors.ts";
import { type Example, type Rule } from "../rule.ts";
import { ALL_RULES, ruleIds } from "../rules.ts";

/** So much of a long example is shown, in lines. */
const exampleLinesMax = 20;

/** Every rule with its explanation and its example. */
export function listRules(): string {
  return ALL_RULES.map(describeRule).join("\n");
}

/** One rule. Throws a UsageError for an id that there is not. */
export function describeRuleOf(id: string): string {
  const rule = ALL_RULES.find((one) => one.id === id);
  if (rule !== undefined) return describeRule(rule);
  throw new UsageError(
    `Cannot show the rule '${id}': there is none, expected one that 'tpctl validate --rules' lists` +
      didYouMean(id, ruleIds),
  );
}

function describeRule({ id, severity, explanation, bad, good }: Rule): string {
  return `${id} (${severity})\n${indented(wrapped(explanation), 2)}` +
    `  wrong, in ${bad.kind}:\n${example(bad)}  right:\n${example(good)}`;
}

function example({ text, beside, environment }: Example): string {
  const lines = text.split("\n");
  const shown = lines.length <= exampleLinesMax
    ? text
    : `${lines.slice(0, exampleLinesMax).join("\n")}\n...\n`;
  const more = Object.entries(environment ?? {}).map(([name, value]) =>
    `(with ${name}=${value})\n`
  );
  const files = beside === undefined ? [] : [`(beside ${Object.keys(beside).join(", ")})\n`];
  return indented(shown + [...more, ...files].join(""), 6);
}

const widthMax = 96;

function wrapped(text: string): string {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines.at(-1) ?? "";
    if (last !== "" && last.length + word.length >= widthMax) lines.push(word);
    else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`;
  }
  return `${lines.join("\n")}\n`;
}

function indented(text: string, by: number): string {
  return text.replace(/^(?=.)/gm, " ".repeat(by)).replace(
    /\p{Cc}/gu,
    (one) => one === "\n" || one === "\t" ? one : "\ufffd",
  );
}
