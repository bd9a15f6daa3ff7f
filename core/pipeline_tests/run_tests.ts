/**
 * Pure. Runs pipeline tests: what goes in goes through the code that `pipeline` runs, and what comes
 * out is held against what was expected.
 */
import type { Observation, Observed, Observer } from "../explanation/observation.ts";
import type { Place } from "../errors.ts";
import type { Dict } from "../notifications/value.ts";
import { dumpValue } from "../notifications/value_text.ts";
import { isoDateTime } from "../pipeline/datetime_text.ts";
import { DateTimeValue, type Event } from "../pipeline/event.ts";
import { sampleDict } from "../pipeline/messages.ts";
import { type CameItem, type Missing, missingItems, shown } from "./differences.ts";
import type { Expectation, TestCase, TestInput } from "./test_cases.ts";

/** How one case ended. */
export interface TestResult {
  readonly name: string;
  readonly place: Place;
  /** Lines that say what is wrong; none where the case passed. */
  readonly failures: readonly string[];
}

/** What running needs. */
export interface RunTestsOptions {
  readonly observer: Observer;
  /** The messages of a case's file; throws a ConfigError where it cannot be read. */
  readonly messagesOf: (
    input: TestInput & { readonly kind: "file" },
  ) => readonly Uint8Array[];
}

/** In the file's order. */
export function runTests(
  cases: readonly TestCase[],
  options: RunTestsOptions,
): readonly TestResult[] {
  return cases.map(({ name, place, input, expect }) => {
    const observations = observe(input, options);
    return { name, place, failures: failuresOf(expect, together(observations)) };
  });
}

function observe(input: TestInput, { observer, messagesOf }: RunTestsOptions): Observation[] {
  if (input.kind === "samples") return [observer.route(input.samples)];
  const messages = input.kind === "file"
    ? messagesOf(input)
    : input.messages.map((message) => new TextEncoder().encode(dumpValue(message)));
  return messages.map((bytes) => observer.observe(bytes));
}

function together(observations: readonly Observation[]): Observation {
  return {
    samples: observations.flatMap(({ samples }) => samples),
    events: observations.flatMap(({ events }) => events),
    refusals: observations.flatMap(({ refusals }) => refusals),
    leftOut: observations.flatMap(({ leftOut }) => leftOut),
    warnings: observations.flatMap(({ warnings }) => warnings),
  };
}

function failuresOf(expect: Expectation, observation: Observation): string[] {
  const samples = observation.samples.map(({ item, pipelines }): CameItem => (
    { members: sampleDict(item), pipelines }
  ));
  const events = observation.events.map(({ item, pipelines }): CameItem => (
    { members: eventDict(item), pipelines }
  ));
  return [
    ...refusalFailures(expect.refused, observation),
    ...missingItems(expect.samples, samples).flatMap((one) => missingLines("sample", one, samples)),
    ...missingItems(expect.events, events).flatMap((one) => missingLines("event", one, events)),
    ...countFailure("samples", expect.counts.samples, samples),
    ...countFailure("events", expect.counts.events, events),
    ...expect.sinks.flatMap(([name, count]) => {
      const reached = reachedCount(name, [...observation.samples, ...observation.events]);
      return reached === count ? [] : [`sink ${name}: expected ${count} items, got ${reached}`];
    }),
  ];
}

/** Once for each way to the sink, as it would be published. */
function reachedCount(name: string, items: readonly Observed<unknown>[]): number {
  return items.flatMap(({ pipelines }) => pipelines.filter(({ sink }) => sink.name === name))
    .length;
}

function refusalFailures(expected: string | undefined, { refusals }: Observation): string[] {
  if (expected === undefined) return refusals.map(({ reason }) => `refused: ${reason}`);
  if (refusals.some(({ reason }) => reason.includes(expected))) return [];
  const got = refusals.map(({ reason }) => reason).join("; ") || "nothing was refused";
  return [`refused: expected '${expected}', got ${got}`];
}

/** An event with its traits by name. */
function eventDict({ message_id, event_type, generated, traits, raw }: Event): Dict {
  return {
    message_id,
    event_type,
    generated: isoDateTime(generated),
    traits: Object.fromEntries(traits.map(({ name, value }) => [
      name,
      value instanceof DateTimeValue ? isoDateTime(value) : value,
    ])),
    raw,
  };
}

function missingLines(
  what: "sample" | "event",
  { expected, nearest, differences }: Missing,
  came: readonly CameItem[],
): string[] {
  const at = expected.place.line === undefined ? "" : ` (line ${expected.place.line})`;
  const title = `${what} ${shown(expected.members)}${at}`;
  if (nearest !== undefined) {
    return [`${title} differs:`, ...differences.map((line) => `  ${line}`)];
  }
  return [`${title} was not made; ${madeText(what, came)}`];
}

function countFailure(
  what: "samples" | "events",
  expected: number | undefined,
  came: readonly CameItem[],
): string[] {
  if (expected === undefined || expected === came.length) return [];
  const singular = what === "samples" ? "sample" : "event";
  return [`${what}: expected ${expected}, got ${came.length}: ${madeText(singular, came)}`];
}

/** What was made, by name. */
function madeText(what: "sample" | "event", came: readonly CameItem[]): string {
  const member = what === "sample" ? "name" : "event_type";
  const names = came.map(({ members }) => String((members as Dict)[member]));
  return names.length === 0 ? `no ${what} was made` : `made were ${names.join(", ")}`;
}
