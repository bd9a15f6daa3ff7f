/**
 * Edge (stdout). `tpctl validate --rules [ID]`: the rules with their explanations and examples.
 */
import { UsageError } from "../core/errors.ts";
import { describeRuleOf, listRules } from "../core/validate/formats/rule_list.ts";
import { print } from "./print.ts";
import type { ValidateFlags } from "./validate_flags.ts";
import { checkFormat } from "./validate_input.ts";

/** Rejects with a UsageError for a rule that there is not, and for paths. */
export async function showRules({ rules, paths, format }: ValidateFlags): Promise<void> {
  checkFormat(format, { mode: "--rules", able: ["text"] });
  if (paths.length > 0) {
    throw new UsageError("Cannot use paths with --rules: it checks no files, expected none");
  }
  await print(typeof rules === "string" ? describeRuleOf(rules) : listRules());
}
