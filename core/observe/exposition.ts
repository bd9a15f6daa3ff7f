/**
 * Pure. A snapshot of metrics as Prometheus reads it: text format 0.0.4, with HELP and TYPE lines,
 * escapes, and cumulative histogram buckets.
 */
import { type FamilySnapshot, type MetricsSnapshot, secondsBuckets } from "./metrics.ts";
import type { Labels } from "./registry.ts";

/** What `/metrics` says its body is. */
export const expositionType = "text/plain; version=0.0.4; charset=utf-8";

/** The whole snapshot, ended by a newline; families without a series are left out. */
export function formatExposition(snapshot: MetricsSnapshot): string {
  return snapshot.filter(({ series }) => series.length > 0).map(formatFamily).join("");
}

function formatFamily(family: FamilySnapshot): string {
  const { name, help, type } = family;
  const lines = [`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${type}`];
  for (const { labels, value, counts } of family.series) {
    if (counts === undefined) {
      lines.push(`${name}${formatLabels(labels)} ${formatValue(value)}`);
      continue;
    }
    let total = 0;
    for (const [i, count] of counts.entries()) {
      total += count;
      const le = formatValue(secondsBuckets[i] ?? Infinity);
      lines.push(`${name}_bucket${formatLabels({ ...labels, le })} ${total}`);
    }
    lines.push(`${name}_sum${formatLabels(labels)} ${formatValue(value)}`);
    lines.push(`${name}_count${formatLabels(labels)} ${total}`);
  }
  return `${lines.join("\n")}\n`;
}

function formatLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function formatValue(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (value === Infinity) return "+Inf";
  return value === -Infinity ? "-Inf" : String(value);
}

function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function escapeLabel(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"');
}
