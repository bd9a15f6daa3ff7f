/**
 * Pure. What one run of a benchmark's subject came to, per message.
 */
import type { Cost } from "./process_cost.ts";

/** See above. */
export interface Figure {
  readonly messagesPerSecond: number;
  readonly cpuSecondsPerMillion: number;
  readonly peakRssMb: number;
  /** At a quarter, a half, three quarters and the end. */
  readonly rssMb: readonly number[];
}

/** The figure of a run with so many messages. */
export function figureOf(messages: number, cost: Cost): Figure {
  return {
    messagesPerSecond: messages / cost.wallSeconds,
    cpuSecondsPerMillion: cost.cpuSeconds * 1e6 / messages,
    peakRssMb: cost.peakRssMb,
    rssMb: cost.rssMb,
  };
}
