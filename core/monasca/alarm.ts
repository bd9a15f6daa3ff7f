/**
 * Pure. Monasca alarm transition -> one line of the measurement `alarm_state_history`, in ms.
 */
import type { RecordBlock } from "../delivery/records.ts";
import type { ItemSinks, MessageEncoder, Refusal } from "../persist/encoder.ts";
import { dumpJson } from "../python/json_dump.ts";
import { toText } from "../python/text.ts";
import { isTruthy, type PyDict, type PyValue } from "../python/values.ts";
import {
  checkKey,
  destinationOf,
  type LineOptions,
  quoteField,
  tagText,
  timestampText,
  writeLine,
} from "./line_text.ts";
import { asObject, memberOf, messageOf, refusalOf } from "./message.ts";

/** The encoder for a topic of alarm transitions. */
export function createAlarmEncoder(options: LineOptions): MessageEncoder {
  return {
    encode: (block: RecordBlock, index: number, sinks: ItemSinks): Refusal | undefined =>
      refusalOf(() => {
        const { destination, line } = alarmLine(messageOf(block, index), options);
        writeLine(sinks, destination, line).endLine(block, index);
      }),
  };
}

function alarmLine(message: PyDict, options: LineOptions): { destination: string; line: string } {
  const name = "alarm-transitioned";
  const alarm = asObject(memberOf(message, name, "message"), name);
  const member = (key: string): PyValue => memberOf(alarm, key, name);
  const tenantId = member("tenantId");
  const key = `alarm_state_history,${tagText("tenant_id", tenantId, options)}`;
  checkKey(key, "lifecycle_state");
  // reason_data is always empty and no null becomes "" but these two: Monasca Persister's doing.
  const fields: readonly (readonly [name: string, text: string])[] = [
    ["tenant_id", toText(tenantId)],
    ["alarm_id", toText(member("alarmId"))],
    ["metrics", dumpJson(member("metrics"), { ensureAscii: false })],
    ["new_state", toText(member("newState"))],
    ["old_state", toText(member("oldState"))],
    ["link", toText(alarm.get("link") ?? "")],
    ["lifecycle_state", toText(alarm.get("lifecycleState") ?? "")],
    ["reason", toText(member("stateChangeReason"))],
    ["reason_data", "{}"],
    ["sub_alarms", subAlarmsText(member("subAlarms"))],
  ];
  const texts = fields.map(([field, text]) => `${field}=${quoteField(text)}`);
  const time = timestampText(member("timestamp"));
  return {
    destination: destinationOf(options, tenantId),
    line: `${key} ${texts.join(",")} ${time}`,
  };
}

const RENAMED: readonly (readonly [from: string, to: string])[] = [
  ["subAlarmExpression", "sub_alarm_expression"],
  ["currentValues", "current_values"],
  ["metricDefinition", "metric_definition"],
  ["subAlarmState", "sub_alarm_state"],
];

/** Keys are renamed in the JSON text, so at any depth. */
function subAlarmsText(subAlarms: PyValue): string {
  if (!isTruthy(subAlarms)) return "[]";
  let text = dumpJson(subAlarms, { ensureAscii: false });
  for (const [from, to] of RENAMED) text = text.replaceAll(`"${from}":`, `"${to}":`);
  return text;
}
