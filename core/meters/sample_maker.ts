/**
 * Pure. A notification -> its samples, by all the ways there are, in the reference's order:
 * telemetry.polling, IPMI sensors, http requests and responses, meter definitions.
 *
 * Priorities `info` and `sample` are looked at; the rest holds no samples. Which ways and definitions
 * an event type concerns is decided once per event type.
 */
import type { Notification } from "../notifications/notification.ts";
import { floatOf, isNumber, PythonError } from "../notifications/value_rules.ts";
import { valueRepr } from "../notifications/value_text.ts";
import type { Sample } from "../pipeline/sample.ts";
import { compilePattern, matchesStart } from "../python/pattern.ts";
import { httpSamples } from "./http_requests.ts";
import { sensorKinds, sensorSamples } from "./ipmi.ts";
import { SampleGround, type SampleMaking, type SampleOptions } from "./make_sample.ts";
import type { MeterDefinition } from "./meter_definition.ts";
import { meterSamples } from "./meter_samples.ts";
import { type KnownName, Names, type WantedName } from "./names.ts";
import { telemetrySamples } from "./telemetry.ts";

/** What one notification gives. */
export interface MadeSamples {
  /** In order. Where `refusal` is set, those of the ways before the one that failed. */
  readonly samples: readonly Sample[];
  /** Why the notification must go to the dead letters; in words, with the way that failed. */
  readonly refusal?: string;
  /** What was left out on purpose, as the reference does: for the log and a counter. */
  readonly warnings: readonly string[];
  /** Names to look up first; then ask again. Empty unless names are asked for. */
  readonly wantedNames: readonly WantedName[];
}

/** What samples are made by. */
export interface SampleMakerOptions {
  /** In the order of their samples. */
  readonly definitions: readonly MeterDefinition[];
  readonly options: SampleOptions;
  /** Ids for samples that bring none. */
  readonly newId: () => string;
  /** `[polling] identity_name_discovery`: the names known so far; undefined where it is off. */
  readonly knownName?: KnownName;
}

/** Takes any notification; never throws. */
export type SampleMaker = (notification: Notification) => MadeSamples;

/** One way of making samples out of notifications of one event type. */
interface Way {
  readonly name: string;
  make(ground: SampleGround, making: Making): readonly Sample[];
}

interface Making extends SampleMaking {
  readonly names: Names | undefined;
  readonly warn: (text: string) => void;
}

/** Event types remembered; services have a few hundred. */
const EVENT_TYPES_MAX = 10_000;

const NOTHING: MadeSamples = { samples: [], warnings: [], wantedNames: [] };

/** See `SampleMaker`. */
export function createSampleMaker(given: SampleMakerOptions): SampleMaker {
  const { definitions, options, newId, knownName } = given;
  const waysOf = new Map<string, readonly Way[]>();
  return (notification) => {
    const { priority, event_type } = notification;
    if (priority !== "info" && priority !== "sample") return NOTHING;
    let ways = waysOf.get(event_type);
    if (ways === undefined) {
      ways = findWays(event_type, definitions);
      if (waysOf.size >= EVENT_TYPES_MAX) waysOf.clear();
      waysOf.set(event_type, ways);
    }
    if (ways.length === 0) return NOTHING;
    const warnings: string[] = [];
    const names = knownName === undefined ? undefined : new Names(knownName);
    const warn = (text: string): void => {
      warnings.push(text);
    };
    const made = runWays(ways, new SampleGround(notification), { options, newId, names, warn });
    return { ...made, warnings, wantedNames: names?.wanted ?? [] };
  };
}

function runWays(
  ways: readonly Way[],
  ground: SampleGround,
  making: Making,
): Pick<MadeSamples, "samples" | "refusal"> {
  const samples: Sample[] = [];
  for (const way of ways) {
    try {
      const made = way.make(ground, making).filter((sample) => hasVolume(sample, making.warn));
      samples.push(...made);
    } catch (error) {
      if (!(error instanceof PythonError)) throw error;
      return { samples, refusal: `Cannot make samples (${way.name}): ${error.message}` };
    }
  }
  return { samples };
}

/** Samples without a number are left out; a list or an object for a number raises, as there. */
function hasVolume({ name, volume, resource_id }: Sample, warn: (text: string) => void): boolean {
  if (isNumber(volume)) return true;
  const sample = `Sample '${name}' of ${valueRepr(resource_id)} is left out`;
  if (volume === null) {
    warn(`${sample}: it has no volume`);
    return false;
  }
  try {
    floatOf(volume);
    return true;
  } catch (error) {
    if (!(error instanceof PythonError) || error.kind !== "ValueError") throw error;
    warn(`${sample}: its volume ${valueRepr(volume)} is no number`);
    return false;
  }
}

/** The reference asks for these by regular expressions that match at the start. */
const FIXED: readonly (readonly [pattern: RegExp, ways: readonly Way[]])[] = [
  [
    compilePattern("telemetry.polling", "match"),
    [{ name: "telemetry.polling", make: telemetrySamples }],
  ],
  [
    compilePattern("hardware.ipmi.*", "match"),
    sensorKinds.map((kind): Way => ({
      name: `hardware.ipmi ${kind}`,
      make: (ground, making) => sensorSamples(kind, ground, { making, warn: making.warn }),
    })),
  ],
  [compilePattern("http.request", "match"), [{ name: "http.request", make: httpSamples }]],
  [compilePattern("http.response", "match"), [{ name: "http.response", make: httpSamples }]],
];

function findWays(eventType: string, definitions: readonly MeterDefinition[]): readonly Way[] {
  const ways = FIXED.flatMap(([pattern, made]) => matchesStart(pattern, eventType) ? made : []);
  const candidates = definitions.filter(({ eventTypes }) =>
    eventTypes.some((pattern) => matchesStart(pattern, eventType))
  );
  return candidates.length === 0 ? ways : [...ways, definedMeters(candidates)];
}

function definedMeters(definitions: readonly MeterDefinition[]): Way {
  return {
    name: "meter definitions",
    make: (ground, making) =>
      definitions.flatMap((definition) => {
        const made = meterSamples(definition, ground, making);
        if (typeof made !== "string") return made;
        making.warn(`Meter definition ${valueRepr(definition.name)}: ${made}`);
        return [];
      }),
  };
}
