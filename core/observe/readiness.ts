/**
 * Pure. Readiness of a process as the sum of its parts: ready when every part is. Parts are named
 * (`kafka metrics`, `influxdb://host:8086/mon`, `worker 2`); each not-ready part has its reason.
 */

/** What a part says of itself. */
export interface PartState {
  readonly ready: boolean;
  readonly reason?: string | undefined;
}

/** The whole, as `/readyz` says it. */
export interface ReadinessState {
  readonly ready: boolean;
  /** `part: reason` of every part that is not ready, in the order the parts were added. */
  readonly reasons: readonly string[];
}

/** The states of all parts, kept together. */
export interface Readiness {
  /** Says how a part stands; an unknown part is added. True when that changed anything. */
  set(part: string, state: PartState): boolean;
  /** The part is gone and counts no more. */
  remove(part: string): void;
  state(): ReadinessState;
}

/** Nothing is ready before a part has said so: with no part at all the state is not ready. */
export function createReadiness(): Readiness {
  const parts = new Map<string, PartState>();
  return {
    set(part, state): boolean {
      const before = parts.get(part);
      parts.set(part, state);
      return before?.ready !== state.ready || before?.reason !== state.reason;
    },
    remove(part): void {
      parts.delete(part);
    },
    state(): ReadinessState {
      const reasons: string[] = [];
      for (const [part, { ready, reason }] of parts) {
        if (!ready) reasons.push(`${part}: ${reason ?? "not ready"}`);
      }
      if (parts.size === 0) reasons.push("starting");
      return { ready: reasons.length === 0, reasons };
    },
  };
}
