/**
 * Pure. What Gnocchi was last told of each resource, so that it is told again only when something
 * differs. Bounded, and forgotten after a while: others may have changed the resource.
 */
import type { Clock } from "../clock.ts";
import type { Dict } from "../notifications/value.ts";
import { dumpValue } from "../notifications/value_text.ts";

/** How long it is believed that a resource is as it was told, in ms (the reference's 600 s). */
export const attributesKeptMs = 600_000;

/** Resources kept; the one told longest ago goes first. */
export const resourcesMax = 50_000;

interface Told {
  readonly text: string;
  readonly untilMs: number;
}

/** By resource id. */
export class AttributeCache {
  readonly #clock: Clock;
  readonly #told = new Map<string, Told>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether Gnocchi was told the same a short while ago. */
  has(id: string, attributes: Dict): boolean {
    const told = this.#told.get(id);
    return told !== undefined && told.untilMs > this.#clock.monotonic() &&
      told.text === textOf(attributes);
  }

  set(id: string, attributes: Dict): void {
    const untilMs = this.#clock.monotonic() + attributesKeptMs;
    this.#told.delete(id);
    this.#told.set(id, { text: textOf(attributes), untilMs });
    const oldest = this.#told.keys().next().value;
    if (this.#told.size > resourcesMax && oldest !== undefined) this.#told.delete(oldest);
  }
}

/** The same for the same attributes in any order. */
function textOf(attributes: Dict): string {
  const entries = Object.entries(attributes).sort(([a], [b]) => a < b ? -1 : 1);
  return entries.map(([name, value]) => `${name}=${dumpValue(value)}`).join("\n");
}
