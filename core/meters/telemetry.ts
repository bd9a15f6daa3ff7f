/**
 * Pure. Samples that polling agents send ready-made, as `telemetry.polling`. Their timestamps and
 * volumes pass as they are.
 *
 * Facts: ceilometer/telemetry/notifications.py.
 */
import type { Dict, Value } from "../notifications/value.ts";
import { isTrue } from "../notifications/value_rules.ts";
import { valueStr } from "../notifications/value_text.ts";
import type { Sample } from "../pipeline/sample.ts";
import { makeSample, orElse, type SampleGround, type SampleMaking } from "./make_sample.ts";
import { itemsOf, memberOf, optionalMember } from "./members.ts";

/** Throws PythonError where a sample lacks a member or cannot be one. */
export function telemetrySamples({ notification }: SampleGround, making: SampleMaking): Sample[] {
  const samples = itemsOf(memberOf(notification.payload, "samples"));
  return samples.map((sample) => {
    const made = makeSample(
      {
        name: memberOf(sample, "counter_name"),
        type: memberOf(sample, "counter_type"),
        unit: memberOf(sample, "counter_unit"),
        volume: memberOf(sample, "counter_volume"),
        user_id: memberOf(sample, "user_id"),
        project_id: memberOf(sample, "project_id"),
        resource_id: memberOf(sample, "resource_id"),
        user_name: optionalMember(sample, "user_name"),
        project_name: optionalMember(sample, "project_name"),
      },
      {
        timestamp: memberOf(sample, "timestamp"),
        // Whatever Python holds for true is kept, whether or not it is an object.
        metadata: orElse(memberOf(sample, "resource_metadata"), {}) as Dict,
      },
      { ...making, newId: () => "" },
    );
    const id: Value = memberOf(sample, "message_id");
    return {
      ...made,
      source: orElse(memberOf(sample, "source"), made.source),
      id: isTrue(id) ? valueStr(id) : making.newId(),
    };
  });
}
