/**
 * Pure. Explanations as text that is made to be read: what makes a name, then each source of the file
 * with its verdict, and under those that take it the sinks and publishers.
 */
import type { Place } from "../errors.ts";
import type { Value } from "../notifications/value.ts";
import { dumpValue } from "../notifications/value_text.ts";
import { isoDateTime } from "../pipeline/datetime_text.ts";
import { DateTimeValue, type Event, type Trait } from "../pipeline/event.ts";
import type { Sample } from "../pipeline/sample.ts";
import { printable } from "../terminal/cells.ts";
import type { EventExplanation, Explanation, MeterExplanation } from "./explanation.ts";
import type { MessageExplanation } from "./message.ts";
import { type EventOrigin, type MeterOrigin, polledOrigin } from "./origins.ts";
import type { FileRoutes, SourceRoute } from "./routes.ts";

/** Event types of one definition that are shown before the rest is only counted. */
const shownPatternsMax = 6;

/** Several names with a line between them, each ending in a line feed. */
export function explanationText(explanations: readonly Explanation[]): string {
  return explanations.map((one) => linesText(oneName(one))).join("\n");
}

/** Names and values come from files and from messages: none of them moves a terminal's cursor. */
function linesText(lines: readonly string[]): string {
  return `${lines.map(printable).join("\n")}\n`;
}

function oneName(explanation: Explanation): string[] {
  const { name, meter, event, is_known, did_you_mean } = explanation;
  const lines: string[] = [];
  if (!is_known) {
    const hint = did_you_mean === undefined ? "" : `, did you mean '${did_you_mean}'?`;
    lines.push(`${name}: no definition makes a meter or an event of this name${hint}`);
  }
  if (meter !== undefined) lines.push(`${name} (meter)`, ...meterLines(meter));
  if (event !== undefined) lines.push(`${name} (event type)`, ...eventLines(event));
  return lines;
}

function meterLines(meter: MeterExplanation): string[] {
  const { made_by, left_out, may_be_made_by, without_definition, is_polled, routes } = meter;
  const lines = made_by.flatMap(originLines);
  if (without_definition !== undefined) {
    lines.push(`  made without a definition: ${without_definition}`);
  }
  if (is_polled) lines.push(`  sent ready-made by polling agents: ${polledOrigin}`);
  if (lines.length === 0) {
    lines.push(`  made by nothing that is known; polling agents may send it: ${polledOrigin}`);
  }
  for (const { place, why } of left_out) lines.push(`  not by ${shownPlace(place)}: ${why}`);
  for (const { meter: path, place } of may_be_made_by) {
    lines.push(`  perhaps by ${shownPlace(place)}, which takes its name from '${path}'`);
  }
  return [...lines, ...routeLines(routes)];
}

function originLines({ place, type, unit, event_types }: MeterOrigin): string[] {
  const shown = event_types.slice(0, shownPatternsMax);
  const more = event_types.length - shown.length;
  return [
    `  made by ${shownPlace(place)}: ${type}, ${unit}`,
    ...shown.map((pattern) => `    of notifications ${pattern}`),
    ...(more > 0 ? [`    and ${more} more`] : []),
  ];
}

function eventLines({ made_by, overruled, meters, routes }: EventExplanation): string[] {
  const lines = made_by === undefined ? ["  made by nothing"] : eventOriginLines(made_by);
  for (const one of overruled.filter(({ patterns }) => !patterns.includes("*"))) {
    lines.push(
      `  not by ${shownPlace(one.place)} (${one.patterns.join(", ")}): a later one counts`,
    );
  }
  if (meters.length > 0) {
    lines.push("  meters of such notifications:");
    lines.push(...meters.map(({ meter, place }) => `    ${meter} by ${shownPlace(place)}`));
  }
  return routes === undefined ? lines : [...lines, ...routeLines(routes)];
}

function eventOriginLines({ place, patterns, traits }: EventOrigin): string[] {
  return [
    `  made by ${shownPlace(place)} (${patterns.join(", ")})`,
    `    with traits ${traits.join(", ")}`,
  ];
}

function routeLines({ file, sources }: FileRoutes): string[] {
  const width = Math.max(0, ...sources.map(({ source }) => source.length));
  const isTaken = sources.some(({ takes }) => takes);
  return [
    `  ${file}`,
    ...sources.flatMap((route) => sourceLines(route, width)),
    ...(isTaken ? [] : ["    no source takes it: it goes nowhere"]),
  ];
}

function sourceLines(route: SourceRoute, width: number): string[] {
  const { source, place, takes, pattern, why, sinks } = route;
  const line = (pattern?.place ?? place).line;
  const at = line === undefined ? "" : ` (line ${line})`;
  const verdict = takes ? "takes it" : "rejects it";
  return [
    `    source ${source.padEnd(width)}  ${verdict}: ${why}${at}`,
    ...sinks.flatMap(({ sink, publishers }) => [
      `      -> sink ${sink}`,
      ...publishers.map((publisher) => `         -> ${publisher}`),
    ]),
  ];
}

/** What becomes of a captured notification. */
export function messageText(explanation: MessageExplanation): string {
  const { notification, ignored, samples, events, silent, refusals, warnings } = explanation;
  const lines: string[] = [];
  if (notification !== undefined) {
    const { event_type, priority, publisher_id } = notification;
    const from = typeof publisher_id === "string" ? ` from ${publisher_id}` : "";
    lines.push(`notification ${event_type}, priority ${priority}${from}`);
  }
  if (ignored !== undefined) lines.push(`nothing is made of it: ${ignored}`);
  for (const { class: kind, reason } of refusals) lines.push(`refused (${kind}): ${reason}`);
  if (notification !== undefined) {
    const text = samples.length === 1 ? "1 sample" : `${samples.length} samples`;
    lines.push("", `${text}${samples.length === 0 ? "" : ":"}`);
  }
  for (const [i, { sample, made_by, without_definition, routes }] of samples.entries()) {
    const origin = made_by === undefined ? without_definition : shownPlace(made_by.place);
    lines.push("", sampleLine(sample), `  made by ${origin}`);
    lines.push(...sampleDetails(sample, samples[i - 1]?.sample), ...routeLines(routes));
  }
  for (const { origin, why } of silent) {
    lines.push("", `no ${origin.meter} by ${shownPlace(origin.place)}: ${why}`);
  }
  for (const warning of warnings) lines.push("", `left out: ${warning}`);
  if (explanation.without_event !== undefined) {
    lines.push("", `no event: ${explanation.without_event}`);
  }
  for (const { event, origins, routes } of events) {
    lines.push("", `event ${event.event_type}`);
    const { made_by } = origins;
    if (made_by !== undefined) {
      lines.push(`  made by ${shownPlace(made_by.place)} (${made_by.patterns.join(", ")})`);
    }
    lines.push(...eventDetails(event), ...routeLines(routes));
  }
  return linesText(lines);
}

function sampleLine({ name, type, volume, unit }: Sample): string {
  return `sample ${name} = ${shown(volume)} ${shown(unit)} (${type})`;
}

function shown(value: Value): string {
  return typeof value === "string" ? value : dumpValue(value, { ensureAscii: false });
}

/** Samples of one notification share their metadata; they are shown with the first. */
function sampleDetails(sample: Sample, before: Sample | undefined): string[] {
  const { resource_id, project_id, user_id, timestamp, resource_metadata } = sample;
  const ids = [
    ["resource", resource_id],
    ["project", project_id],
    ["user", user_id],
    ["at", timestamp],
  ] as const;
  const known = ids.filter(([, value]) => value !== null);
  const metadata = shown(resource_metadata);
  const isSame = before !== undefined && shown(before.resource_metadata) === metadata;
  return [
    `  ${known.map(([name, value]) => `${name} ${shown(value)}`).join(", ")}`,
    `  metadata ${isSame ? "as above" : metadata}`,
  ];
}

const traitNames: Readonly<Record<Trait["type"], string>> = {
  1: "text",
  2: "int",
  3: "float",
  4: "datetime",
};

function eventDetails({ generated, traits }: Event): string[] {
  const width = Math.max(0, ...traits.map(({ name }) => name.length));
  return [
    `  generated ${isoDateTime(generated)}`,
    ...traits.map(({ name, type, value }) => {
      const text = value instanceof DateTimeValue ? isoDateTime(value) : shown(value);
      return `  ${name.padEnd(width)}  ${text} (${traitNames[type]})`;
    }),
  ];
}

/** `file:line`, or what is built in. */
function shownPlace(place: Place | undefined): string {
  if (place === undefined) return "the built-in catch-all";
  return place.line === undefined ? place.file : `${place.file}:${place.line}`;
}
