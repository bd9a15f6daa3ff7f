/**
 * Pure. Samples that polling agents send ready-made, as `telemetry.polling`. Their timestamps and
 * volumes pass as they are.
 *
 * Facts: ceilometer/telemetry/notifications.py.
 */
import { madeValue, MemberName, Unread } from "../notifications/unread.ts";
import { UnreadDict } from "../notifications/unread_dict.ts";
import type { Dict, Value } from "../notifications/value.ts";
import { isTrue, PythonError } from "../notifications/value_rules.ts";
import { valueStr } from "../notifications/value_text.ts";
import type { WrittenDict } from "../notifications/written_dict.ts";
import type { Sample } from "../pipeline/sample.ts";
import { makeSample, orElse, type SampleGround, type SampleMaking } from "./make_sample.ts";
import { itemsOf, memberOf, optionalMember } from "./members.ts";

/** Throws PythonError where a sample lacks a member or cannot be one. */
export function telemetrySamples({ notification }: SampleGround, making: SampleMaking): Sample[] {
  const unread = notification.unread?.dictsOf(samplesName);
  if (unread !== undefined) return unread.map((sample) => polledSample(sample, making));
  const samples = itemsOf(memberOf(notification.payload, samplesName.text));
  return samples.map((sample) => polledSample(sample, making));
}

const samplesName = new MemberName("samples");

const required = {
  name: new MemberName("counter_name"),
  type: new MemberName("counter_type"),
  unit: new MemberName("counter_unit"),
  volume: new MemberName("counter_volume"),
  user_id: new MemberName("user_id"),
  project_id: new MemberName("project_id"),
  resource_id: new MemberName("resource_id"),
};
const optional = {
  user_name: new MemberName("user_name"),
  project_name: new MemberName("project_name"),
};
const timestampName = new MemberName("timestamp");
const metadataName = new MemberName("resource_metadata");
const sourceName = new MemberName("source");
const idName = new MemberName("message_id");

function polledSample(sample: Value | UnreadDict, making: SampleMaking): Sample {
  return makeSample(
    {
      name: needed(sample, required.name),
      type: needed(sample, required.type),
      unit: needed(sample, required.unit),
      volume: needed(sample, required.volume),
      user_id: needed(sample, required.user_id),
      project_id: needed(sample, required.project_id),
      resource_id: needed(sample, required.resource_id),
      user_name: given(sample, optional.user_name),
      project_name: given(sample, optional.project_name),
      source: orElse(needed(sample, sourceName), making.options.sample_source),
      id: idOf(needed(sample, idName)),
    },
    { timestamp: needed(sample, timestampName), metadata: metadataOf(sample) },
    making,
  );
}

/** Undefined where it needs a fresh one. */
function idOf(id: Value): string | undefined {
  return isTrue(id) ? valueStr(id) : undefined;
}

/** Whatever Python holds for true is kept, whether or not it is an object. */
function metadataOf(sample: Value | UnreadDict): Dict | WrittenDict {
  const written = sample instanceof UnreadDict ? sample.written(metadataName) : undefined;
  return written ?? orElse(needed(sample, metadataName), {}) as Dict;
}

function needed(sample: Value | Unread, name: MemberName): Value {
  if (!(sample instanceof Unread)) return memberOf(sample, name.text);
  const member = sample.member(name);
  if (member === undefined) throw new PythonError("KeyError", `'${name.text}' is missing`);
  return madeValue(member);
}

function given(sample: Value | Unread, name: MemberName): Value {
  if (!(sample instanceof Unread)) return optionalMember(sample, name.text);
  return madeValue(sample.member(name) ?? null);
}
