/**
 * Pure. What a delivery says in the log of things that come in thousands: the first at once, the rest
 * as a count, once per interval.
 */
import type { Clock } from "../clock.ts";
import type { Log } from "../log/log.ts";

const intervalMs = 60_000;
/** Subjects (a kind and a destination) that are told apart; beyond it the oldest is forgotten. */
const subjectsMax = 1000;

/** What there is to say. Reasons are the store's words. */
export interface Notices {
  /** Items refused as older than the retention; the destination is that of one of them. */
  expired(store: string, destination: string, reason: string): void;
  /** Messages that are none, or lack what they need. */
  unreadable(topic: string, letterClass: string, reason: string): void;
  /** Items refused for good. */
  refused(store: string, letterClass: string, reason: string): void;
  /** The store does not answer, or not as it should. */
  away(store: string, reason: string, retryAfterMs?: number): void;
  /** It does again. */
  back(store: string): void;
  /** One destination has to wait. */
  held(store: string, destination: string, reason: string): void;
  released(store: string, destination: string): void;
  /** A writer or an encoder threw what it must not. */
  defect(where: string, reason: string): void;
}

interface Subject {
  saidAt: number;
  unsaid: number;
}

/** Nothing said yet. */
export function createNotices(deps: { readonly clock: Clock; readonly log: Log }): Notices {
  const { log } = deps;
  const subjects = new Map<string, Subject>();
  const due = (subject: string): number => takeDue(subjects, subject, deps.clock.monotonic());
  return {
    expired(store, destination, reason): void {
      const count = due(`expired ${store}`);
      if (count === 0) return;
      log.warning("Older than the retention, counted as expired", {
        store,
        destination,
        count,
        reason,
      });
    },
    unreadable(topic, letterClass, reason): void {
      const count = due(`unreadable ${topic} ${letterClass}`);
      if (count === 0) return;
      log.warning("Messages that cannot be stored, kept as dead letters", {
        topic,
        class: letterClass,
        count,
        reason,
      });
    },
    refused(store, letterClass, reason): void {
      const count = due(`refused ${store} ${letterClass}`);
      if (count === 0) return;
      log.warning("Refused by the store, kept as dead letters", {
        store,
        class: letterClass,
        count,
        reason,
      });
    },
    away(store, reason, retryAfterMs): void {
      if (due(`away ${store}`) === 0) return;
      log.warning("The store cannot be written to, trying again until it can", {
        store,
        reason,
        retryAfterMs,
      });
    },
    back(store): void {
      if (subjects.delete(`away ${store}`)) log.info("The store answers again", { store });
    },
    held(store, destination, reason): void {
      if (due(`held ${store} ${destination}`) === 0) return;
      const text = "One destination has to wait, and no other waits for it";
      log.warning(text, { store, destination, reason });
    },
    released(store, destination): void {
      if (!subjects.delete(`held ${store} ${destination}`)) return;
      log.info("The destination takes data again", { store, destination });
    },
    defect(where, reason): void {
      const count = due(`defect ${where}`);
      if (count > 0) log.error("Unexpected failure, a defect of tpctl", { where, count, reason });
    },
  };
}

/** How many there were since it was last said, or 0 when it is too early to say it again. */
function takeDue(subjects: Map<string, Subject>, subject: string, now: number): number {
  const known = subjects.get(subject);
  if (known !== undefined && now - known.saidAt < intervalMs) {
    known.unsaid++;
    return 0;
  }
  subjects.delete(subject);
  const oldest = subjects.keys().next();
  if (subjects.size >= subjectsMax && !oldest.done) subjects.delete(oldest.value);
  subjects.set(subject, { saidAt: now, unsaid: 0 });
  return 1 + (known?.unsaid ?? 0);
}
