/**
 * Pure. Samples of `http.request` and `http.response`, which the services' audit middleware sends.
 *
 * Facts: ceilometer/middleware.py.
 */
import { PythonError } from "../notifications/value_rules.ts";
import type { Sample } from "../pipeline/sample.ts";
import { makeSample, type SampleGround, type SampleMaking } from "./make_sample.ts";
import { memberOf, optionalMember } from "./members.ts";

/** One request is a delta of 1. Throws PythonError where the payload holds no request. */
export function httpSamples(ground: SampleGround, making: SampleMaking): Sample[] {
  const { event_type, payload } = ground.notification;
  const unit = event_type.split(".")[1];
  if (unit === undefined) {
    throw new PythonError("IndexError", `'${event_type}' has no second part`);
  }
  const request = memberOf(payload, "request");
  const parts = {
    name: event_type,
    type: "delta",
    unit,
    volume: 1,
    user_id: optionalMember(request, "HTTP_X_USER_ID"),
    project_id: optionalMember(request, "HTTP_X_PROJECT_ID"),
    resource_id: optionalMember(request, "HTTP_X_SERVICE_NAME"),
  };
  const more = { timestamp: ground.timestamp(), metadata: ground.metadata() };
  return [makeSample(parts, more, making)];
}
