/**
 * Pure. Explanations as one JSON document. Samples and events stand in it as the file publisher writes
 * them; places are objects of file, line and column.
 */
import { PyFloat } from "../notifications/value.ts";
import { sampleDict, serializeEvent } from "../pipeline/messages.ts";
import type { Explanation } from "./explanation.ts";
import type { MessageExplanation } from "./message.ts";

/** Names as a list, one name too. */
export function explanationJson(explanations: readonly Explanation[]): string {
  return shownJson(explanations);
}

/** What becomes of a captured notification. */
export function messageJson(explanation: MessageExplanation): string {
  const { notification, samples, events, ...rest } = explanation;
  return shownJson({
    notification,
    samples: samples.map(({ sample, ...more }) => ({ sample: sampleDict(sample), ...more })),
    events: events.map(({ event, ...more }) => ({ event: serializeEvent(event), ...more })),
    ...rest,
  });
}

/** Numbers that JSON.stringify cannot write become the nearest that it can. */
function shownJson(value: unknown): string {
  const plain = (_key: string, one: unknown): unknown => {
    if (one instanceof PyFloat) return one.value;
    return typeof one === "bigint" ? Number(one) : one;
  };
  return `${JSON.stringify(value, plain, 2)}\n`;
}
