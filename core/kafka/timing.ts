/**
 * Pure. The waits and bounds of the Kafka client, by name. Operators do not set them; tests that must
 * not take minutes do.
 */

/** Milliseconds, all of them. */
export interface KafkaTiming {
  /** A member that is silent for so long is dead to its group (as the reference's client has it). */
  readonly sessionMs: number;
  readonly heartbeatMs: number;
  /** How long the group waits for a member to come back into a rebalance. */
  readonly rebalanceMs: number;
  /** How long `onRevoked` is waited for; shorter than `rebalanceMs`. */
  readonly revokeMsMax: number;
  /** How old the knowledge of partitions and leaders may get. */
  readonly metadataMs: number;
  /** How long a broker holds a fetch that has nothing to give. */
  readonly fetchWaitMs: number;
  /** The same while other partitions may be wanted soon. */
  readonly fetchWaitBusyMs: number;
  readonly backoffMs: number;
  readonly backoffMsMax: number;
  /** How long leaving the group may take. */
  readonly leaveMsMax: number;
}

/** What is used where nobody says otherwise. */
export const kafkaTiming: KafkaTiming = {
  sessionMs: 10_000,
  heartbeatMs: 1_000,
  rebalanceMs: 60_000,
  revokeMsMax: 30_000,
  metadataMs: 30_000,
  fetchWaitMs: 500,
  fetchWaitBusyMs: 20,
  backoffMs: 200,
  backoffMsMax: 5_000,
  leaveMsMax: 5_000,
};

/** The wait before attempt `failures` + 1: doubling up to the maximum, the last half of it by chance. */
export function backoffMs(timing: KafkaTiming, failures: number, random: number): number {
  const full = Math.min(timing.backoffMsMax, timing.backoffMs * 2 ** Math.min(failures, 16));
  return full * (0.5 + random / 2);
}
