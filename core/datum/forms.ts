/**
 * Pure. The forms in which telemetry stands in files and messages, by name: what `--format` takes, what
 * detect.ts tells apart and read_datum.ts reads.
 */

/** All of them, each with what it is. */
export const forms = {
  metric: "Monasca metric envelope",
  alarm: "Monasca alarm transition",
  monasca_event: "Monasca event",
  sample: "Ceilometer sample as JSON, under name and volume or counter_name and counter_volume",
  event: "Ceilometer event as JSON",
  sample_literal: "Ceilometer sample as Python prints a dict (file publisher without json)",
  event_literal: "Ceilometer event as Python prints a dict",
  notification: "oslo.messaging notification, version 1 or 2",
  line: "InfluxDB line protocol",
  letter: "dead letter of tpctl",
  kcat: "Kafka record as kcat -J prints it, with key and timestamp",
} as const;

/** One form's name. */
export type Form = keyof typeof forms;

/** The names, in the order in which people look for them. */
export const formNames = Object.keys(forms) as readonly Form[];

/** Forms that only carry another message. */
export function isEnvelope(form: Form): form is "letter" | "kcat" {
  return form === "letter" || form === "kcat";
}
