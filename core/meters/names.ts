/**
 * Pure. `Names`: the names of users and projects as far as they are known, and the ids whose names
 * are wanted. Asking Keystone, and forgetting after a while, is not done here.
 */
import type { Value } from "../notifications/value.ts";

/** What an id belongs to, in Keystone's words. */
export type NameKind = "users" | "projects";

/** An id whose name is not known yet. */
export interface WantedName {
  readonly kind: NameKind;
  readonly id: string;
}

/** Looks up a name: null where Keystone knows none, undefined where it was not asked yet. */
export type KnownName = (kind: NameKind, id: string) => string | null | undefined;

/** Finds names for one notification and keeps what is wanted. */
export class Names {
  readonly wanted: WantedName[] = [];
  readonly #known: KnownName;

  constructor(known: KnownName) {
    this.#known = known;
  }

  /** The name, or null; an id that is no text has none. */
  find(kind: NameKind, id: Value): Value {
    if (typeof id !== "string") return null;
    const name = this.#known(kind, id);
    if (name === undefined && !this.wanted.some((one) => one.kind === kind && one.id === id)) {
      this.wanted.push({ kind, id });
    }
    return name ?? null;
  }
}
