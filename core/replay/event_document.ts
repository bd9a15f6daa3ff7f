/**
 * Pure. A Ceilometer event as a document of `<prefix>-<project>-<yyyy-mm-dd>`, as Monasca's events have
 * theirs: stores of documents know no measurement `event`.
 */
import type { Document } from "../delivery/batch.ts";
import { documentId } from "../monasca/event.ts";
import type { Dict } from "../notifications/value.ts";
import { dumpValue, valueStr } from "../notifications/value_text.ts";
import { isoDateTime } from "../pipeline/datetime_text.ts";
import { DateTimeValue, type Event } from "../pipeline/event.ts";

/** The id is made of the original bytes, so that a repeat overwrites. */
export function eventDocument(event: Event, indexPrefix: string, bytes: Uint8Array): Document {
  const traits: Dict = {};
  for (const { name, value } of event.traits) {
    traits[name] = value instanceof DateTimeValue ? isoDateTime(value) : value;
  }
  const project = traits["project_id"] ?? traits["tenant_id"] ?? null;
  const time = isoDateTime(event.generated);
  const index = `${indexPrefix}-${project === null ? "None" : valueStr(project)}-${
    time.slice(0, 10)
  }`;
  const json = dumpValue({
    "@timestamp": `${time}Z`,
    event_type: event.event_type,
    message_id: event.message_id,
    traits,
    ...(Object.keys(event.raw).length === 0 ? {} : { raw: event.raw }),
  });
  return { index, id: documentId(index, bytes), json };
}
