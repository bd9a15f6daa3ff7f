/**
 * Pure. The table of all rules of `tpctl validate`, in the order in which they are listed.
 */
import { ONLINE_RULES } from "../online/online_rules.ts";
import type { Severity } from "./finding.ts";
import type { Rule } from "./rule.ts";
import { CONFIG_LINT, CONFIG_RULES } from "./rules/config_rules.ts";
import {
  DEFINITION_RULES,
  EVENT_LINT,
  METER_LINT,
  RESOURCE_LINT,
} from "./rules/definition_rules.ts";
import { PIPELINE_LINT, PIPELINE_RULES } from "./rules/pipeline_rules.ts";
import { PUBLISHER_LINT, PUBLISHER_RULES } from "./rules/publisher_rules.ts";
import { SUPPRESS_RULES } from "./rules/suppress_rules.ts";
import { YAML_LINT, YAML_RULES } from "./rules/yaml_rules.ts";

/** The table of those that a file alone breaks or keeps. */
export const RULES: readonly Rule[] = [
  ...YAML_RULES,
  ...YAML_LINT,
  ...CONFIG_RULES,
  ...CONFIG_LINT,
  ...PIPELINE_RULES,
  ...PIPELINE_LINT,
  ...PUBLISHER_RULES,
  ...PUBLISHER_LINT,
  ...DEFINITION_RULES,
  ...METER_LINT,
  ...EVENT_LINT,
  ...RESOURCE_LINT,
  ...SUPPRESS_RULES,
];

/** Those that need what is configured to answer too. */
export const ALL_RULES: readonly Rule[] = [...RULES, ...ONLINE_RULES];

/** All ids. */
export const ruleIds: ReadonlySet<string> = new Set(ALL_RULES.map(({ id }) => id));

const severityOf = new Map(ALL_RULES.map(({ id, severity }) => [id, severity]));

/** How bad a rule's findings are. */
export function severityOfRule(id: string): Severity {
  const severity = severityOf.get(id);
  if (severity === undefined) throw new Error(`there is no rule '${id}'`);
  return severity;
}
