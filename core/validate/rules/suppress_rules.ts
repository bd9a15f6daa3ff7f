/**
 * Pure. Rules about the comments that ignore findings, see suppression.ts.
 */
import type { Rule } from "../rule.ts";

const kind = "pipeline.yaml";

function pipeline(comment: string, meter = "cpu.utilization"): string {
  return `sources:
  - name: one
    ${comment}
    meters: ["${meter}"]
    sinks: [keep]
sinks:
  - name: keep
    publishers: ["file:///var/lib/ceilometer/samples?json"]
`;
}

const good = {
  kind,
  text: pipeline("# tpctl: ignore pipeline/unknown-meter made by a pollster of our own"),
} as const;

/** The table. */
export const SUPPRESS_RULES: readonly Rule[] = [
  {
    id: "suppress/no-reason",
    severity: "warning",
    explanation: "A comment that ignores a rule must say why. Without a reason it ignores nothing.",
    bad: { kind, text: pipeline("# tpctl: ignore pipeline/unknown-meter") },
    good,
  },
  {
    id: "suppress/unknown-rule",
    severity: "warning",
    explanation: "A comment ignores a rule that does not exist.",
    bad: { kind, text: pipeline("# tpctl: ignore pipeline/unknown-metre made by a pollster") },
    good,
  },
  {
    id: "suppress/unused",
    severity: "note",
    explanation: "A comment ignores a rule that finds nothing in its line any more.",
    bad: { kind, text: pipeline("# tpctl: ignore pipeline/unknown-meter ours", "vcpus") },
    good,
  },
];
