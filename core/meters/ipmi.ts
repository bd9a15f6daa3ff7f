/**
 * Pure. Samples of the sensors that ironic reads through IPMI and sends as `hardware.ipmi.*`.
 *
 * Facts: ceilometer/ipmi/notifications/ironic.py and setup.cfg, where Power is not registered. A
 * sensor whose reading cannot be read is left out with a warning; other mistakes raise.
 */
import { floatValue } from "../notifications/load_value.ts";
import { isDict, type Value } from "../notifications/value.ts";
import { floatOf, isTrue, PythonError, typeName } from "../notifications/value_rules.ts";
import { valueStr } from "../notifications/value_text.ts";
import type { Sample } from "../pipeline/sample.ts";
import {
  isoTimestamp,
  makeSample,
  type SampleGround,
  type SampleMaking,
  withOrigin,
} from "./make_sample.ts";
import { memberOf, optionalMember } from "./members.ts";

/** The kinds of sensors, in the order in which the reference asks. */
export const sensorKinds = ["Current", "Fan", "Temperature", "Voltage"] as const;

/** One of them. */
export type SensorKind = typeof sensorKinds[number];

const UNITS: Readonly<Record<string, string>> = { Watts: "W", Volts: "V" };

/** A sensor without a usable reading; the others go on. */
class SensorFault extends Error {}

/** What is needed to make a sensor's sample. */
interface Sensor {
  readonly kind: SensorKind;
  readonly reading: Value;
  readonly resourceId: string;
  readonly ground: SampleGround;
  readonly making: SampleMaking;
}

/** The samples of one kind of sensors. `warn` is told of sensors left out. Throws PythonError. */
export function sensorSamples(
  kind: SensorKind,
  ground: SampleGround,
  { making, warn }: { readonly making: SampleMaking; readonly warn: (text: string) => void },
): Sample[] {
  const sensors = readings(kind, ground.notification.payload);
  return sensors.flatMap((reading) => {
    const node = ground.notification.payload;
    let resourceId = "missing id";
    try {
      resourceId = resourceIdOf(node, reading);
      const sample = sensorSample({ kind, reading, resourceId, ground, making });
      return sample === undefined ? [] : [sample];
    } catch (error) {
      if (!(error instanceof SensorFault)) throw error;
      warn(`Sensor '${resourceId}' is left out: ${error.message}`);
      return [];
    }
  });
}

function readings(kind: SensorKind, payload: Value): readonly Value[] {
  const inner = memberOrNothing(payload, "payload");
  const sensors = inner === undefined ? undefined : memberOrNothing(inner, kind);
  if (sensors === undefined) return [];
  if (isDict(sensors)) return Object.values(sensors);
  throw new PythonError("AttributeError", `'${typeName(sensors)}' holds no sensors`);
}

function memberOrNothing(value: Value, name: string): Value | undefined {
  if (isDict(value) && !Object.hasOwn(value, name)) return undefined;
  return memberOf(value, name);
}

function resourceIdOf(payload: Value, reading: Value): string {
  const node = memberOrNothing(payload, "node_uuid");
  if (node === undefined) throw new SensorFault("'node_uuid' is missing");
  const id = memberOrNothing(reading, "Sensor ID");
  if (id === undefined) throw new SensorFault("'Sensor ID' is missing");
  if (typeof id !== "string") {
    throw new PythonError("AttributeError", `'Sensor ID' is '${typeName(id)}', and not text`);
  }
  return `${valueStr(node)}-${id.toLowerCase().replaceAll(" ", "_")}`;
}

/** Undefined where the sensor counts for nothing: it is disabled, or measures power as current. */
function sensorSample(sensor: Sensor): Sample | undefined {
  const { kind, reading, resourceId, ground, making } = sensor;
  const { payload, publisher_id } = ground.notification;
  const id = memberOf(reading, "Sensor ID");
  if (kind === "Current" && typeof id === "string" && id.includes("Pwr Consumption")) {
    return undefined;
  }
  const own: Value = { ...(isDict(reading) ? reading : {}), node: memberOf(payload, "node_uuid") };
  const timestamp = memberOf(payload, "timestamp");
  const eventType = memberOf(payload, "event_type");
  const text = memberOrNothing(reading, "Sensor Reading");
  if (text === undefined) throw new SensorFault("'Sensor Reading' is missing");
  if (text === "Disabled") return undefined;
  const { volume, unit } = parseReading(text);
  if (!isTrue(timestamp)) throw new PythonError("KeyError", "'metadata' is missing");
  const parts = {
    name: `hardware.ipmi.${kind.toLowerCase()}`,
    type: "gauge",
    unit,
    volume,
    user_id: optionalMember(payload, "user_id"),
    project_id: optionalMember(payload, "project_id"),
    resource_id: resourceId,
  };
  const metadata = withOrigin(own, eventType, publisher_id);
  return makeSample(parts, { timestamp: isoTimestamp(timestamp), metadata }, making);
}

/** `4 (+/- 1) Watts` is 4, `W`. */
function parseReading(reading: Value): { readonly volume: Value; readonly unit: string } {
  if (typeof reading !== "string") {
    throw new PythonError("AttributeError", `a reading is '${typeName(reading)}', and not text`);
  }
  const blank = reading.indexOf(" ");
  if (blank < 0) throw new SensorFault(`unable to parse reading '${reading}'`);
  const word = reading.slice(reading.lastIndexOf(" ", reading.length) + 1);
  try {
    const volume = floatValue(floatOf(reading.slice(0, blank)));
    return { volume, unit: Object.hasOwn(UNITS, word) ? UNITS[word] ?? word : word };
  } catch (error) {
    if (!(error instanceof PythonError) || error.kind !== "ValueError") throw error;
    throw new SensorFault(`unable to parse reading '${reading}'`);
  }
}
