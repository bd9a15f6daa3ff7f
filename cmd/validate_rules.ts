/**
 * Edge (stdout). `tpctl validate --rules [ID]`: the rules with their explanations and examples.
 */
import { describeRuleOf, listRules } from "../core/validate/formats/rule_list.ts";
import type { ValidateFlags } from "./validate_flags.ts";

/** Throws a UsageError for a rule that there is not. */
export function showRules({ rules }: ValidateFlags): void {
  process.stdout.write(typeof rules === "string" ? describeRuleOf(rules) : listRules());
}
