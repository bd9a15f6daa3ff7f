/**
 * Edge (stdout). `tpctl validate --rules [ID]`: the rules with their explanations and examples.
 */
import { describeRuleOf, listRules } from "../core/validate/formats/rule_list.ts";
import { print } from "./print.ts";
import type { ValidateFlags } from "./validate_flags.ts";

/** Rejects with a UsageError for a rule that there is not. */
export async function showRules({ rules }: ValidateFlags): Promise<void> {
  await print(typeof rules === "string" ? describeRuleOf(rules) : listRules());
}
