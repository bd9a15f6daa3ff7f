/**
 * Edge (net). The names of users and projects by their ids, asked of Keystone and kept for a while:
 * what `[polling] identity_name_discovery` puts into samples.
 */
import type { Clock } from "../clock.ts";
import type { KnownName, NameKind, WantedName } from "../meters/names.ts";
import { isObject, parseObject, textOf } from "./json.ts";
import { askIdentity, identityFailure } from "./projects.ts";
import type { ServiceSession } from "./session.ts";

/** How long a name, or that there is none, is believed. */
export const nameKeptMs = 600_000;

/** Names kept; the one kept longest goes first. */
export const namesMax = 100_000;

/** Requests to Keystone at once. */
const requestsMax = 4;

interface KeptName {
  readonly name: string | null;
  readonly untilMs: number;
}

/** Names by id, for `Names` of core/meters. */
export class NameDirectory {
  readonly #session: ServiceSession;
  readonly #clock: Clock;
  readonly #kept = new Map<string, KeptName>();

  constructor(session: ServiceSession, clock: Clock) {
    this.#session = session;
    this.#clock = clock;
  }

  /** The name, null where Keystone knows none, undefined where it must be asked. */
  readonly known: KnownName = (kind, id) => {
    const kept = this.#kept.get(keyOf(kind, id));
    return kept === undefined || kept.untilMs <= this.#clock.monotonic() ? undefined : kept.name;
  };

  /** Asks for all of them, so that they are known afterwards. Rejects with a StoreError. */
  async lookUp(wanted: readonly WantedName[], signal: AbortSignal): Promise<void> {
    const left = wanted.filter(({ kind, id }) => this.known(kind, id) === undefined);
    const asker = async (): Promise<void> => {
      for (let one = left.shift(); one !== undefined; one = left.shift()) {
        await this.#ask(one, signal);
      }
    };
    await Promise.all(Array.from({ length: Math.min(requestsMax, left.length) }, asker));
  }

  async #ask({ kind, id }: WantedName, signal: AbortSignal): Promise<void> {
    const answer = await askIdentity(this.#session, `${kind}/${encodeURIComponent(id)}`, signal);
    if (answer.status !== 200 && answer.status !== 404) {
      throw identityFailure(answer, `read ${kind}`);
    }
    const found = parseObject(answer.text)?.[kind === "users" ? "user" : "project"];
    const name = answer.status === 200 && isObject(found) ? textOf(found.name) : null;
    const key = keyOf(kind, id);
    this.#kept.delete(key);
    this.#kept.set(key, { name, untilMs: this.#clock.monotonic() + nameKeptMs });
    const oldest = this.#kept.keys().next().value;
    if (this.#kept.size > namesMax && oldest !== undefined) this.#kept.delete(oldest);
  }
}

function keyOf(kind: NameKind, id: string): string {
  return `${kind}/${id}`;
}
