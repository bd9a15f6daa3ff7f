/**
 * Edge (net). Events into Gnocchi: resources made, updated and ended, with those that go with them.
 * Events of one resource keep their order; those of different resources go side by side.
 */
import type { Clock } from "../clock.ts";
import { PartialWriteError, type RefusedItem, type StoreError } from "../delivery/writer.ts";
import type { Answer } from "../http/answer.ts";
import { isObject, listOf, parseJson, textOf } from "../keystone/json.ts";
import type { Dict } from "../notifications/value.ts";
import { dumpValue } from "../notifications/value_text.ts";
import type { Event } from "../pipeline/event.ts";
import type { AttributeCache } from "./attribute_cache.ts";
import type { GnocchiClient } from "./client.ts";
import type { EventOperation, EventRules } from "./event_rules.ts";
import type { ResourceDefinition } from "./resource_definitions.ts";
import { sideBySide } from "./side_by_side.ts";
import type { TypeKeeper } from "./type_keeper.ts";

/** What it works with. */
export interface EventWriterDeps {
  readonly client: GnocchiClient;
  readonly types: TypeKeeper;
  readonly cache: AttributeCache;
  readonly clock: Clock;
  readonly definitions: readonly ResourceDefinition[];
  /** Requests at once. */
  readonly requestsMax: number;
}

/** One event that means something, taken apart. */
interface Deed {
  readonly item: number;
  readonly operation: EventOperation;
  readonly type: string;
  readonly id: string;
  /** Without `id`. */
  readonly attributes: Dict;
  readonly rules: EventRules;
}

/** A resource that goes with the one of an event, as Gnocchi shows it. */
interface Associated {
  readonly type: string;
  readonly id: string;
  readonly shown: Readonly<Record<string, unknown>>;
}

const compact = { ensureAscii: true, compact: true } as const;

/** One per publisher. */
export class EventWriter {
  readonly #deps: EventWriterDeps;

  constructor(deps: EventWriterDeps) {
    this.#deps = deps;
  }

  /**
   * Resolves when every event has had its effect; events that no definition names have none. Rejects
   * with a StoreError; with a PartialWriteError where events were refused and all others took effect.
   */
  async write(events: readonly Event[], signal: AbortSignal): Promise<void> {
    const refused: RefusedItem[] = [];
    const refuse = (item: number, reason: string): void => {
      refused.push({ item, reaction: "bisect", reason });
    };
    const deeds = events.flatMap((event, item) => this.#deedOf(event, item, refuse) ?? []);
    if (deeds.length > 0) await this.#deps.types.prepare(signal);
    const chains = Map.groupBy(deeds, ({ id }) => id).values();
    await sideBySide(chains, this.#deps.requestsMax, async (chain) => {
      for (const deed of chain) {
        const reason = await this.#perform(deed, signal);
        if (reason !== undefined) refuse(deed.item, reason);
      }
    });
    const [first] = refused;
    if (first === undefined) return;
    const count = refused.length === 1 ? "an event" : `${refused.length} events`;
    const text = `'${this.#deps.client.name}' refused ${count}: ${first.reason}`;
    throw new PartialWriteError(text, refused.toSorted((a, b) => a.item - b.item));
  }

  /** Whether a definition names the event. */
  means({ event_type: type }: Event): boolean {
    return this.#deps.definitions.some(({ events }) => events?.operation(type) !== undefined);
  }

  #deedOf(
    event: Event,
    item: number,
    refuse: (item: number, reason: string) => void,
  ): Deed | undefined {
    for (const { events: rules, resourceType: type } of this.#deps.definitions) {
      const operation = rules?.operation(event.event_type);
      if (rules === undefined || operation === undefined) continue;
      const { id, ...attributes } = rules.attributes(event);
      if (typeof id !== "string" || id === "") {
        refuse(
          item,
          `Cannot ${operation} a resource of type '${type}' for an event of type ` +
            `'${event.event_type}': its trait '${rules.idTrait}' is no id, expected a text`,
        );
        return undefined;
      }
      return { item, operation, type, id: id.replaceAll("/", "_"), attributes, rules };
    }
    return undefined;
  }

  /** Why it is refused for good, or undefined. */
  #perform(deed: Deed, signal: AbortSignal): Promise<string | undefined> {
    if (deed.operation === "create") return this.#create(deed, signal);
    return deed.operation === "update" ? this.#update(deed, signal) : this.#end(deed, signal);
  }

  async #create(
    { type, id, attributes }: Deed,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const { client, types } = this.#deps;
    const body = dumpValue({ id, ...attributes }, compact);
    const create = () => client.createResource(type, body, signal);
    const what = `create resource '${id}' of type '${type}'`;
    let answer = await create();
    if (answer.status === 404) {
      const reason = await types.lacks(type, signal);
      if (reason !== undefined) return `Cannot ${what} in '${client.name}': ${reason}`;
      answer = await create();
    }
    if (answer.status === 201 || answer.status === 409) return undefined;
    return this.#refusal(client.failure(answer, what));
  }

  async #update(deed: Deed, signal: AbortSignal): Promise<string | undefined> {
    const { id, type, attributes } = deed;
    const targets = [
      { type, id, attributes },
      ...(await this.#associated(deed, signal)).map(({ shown, ...of }) => ({
        ...of,
        // A resource of another type has only some of the attributes.
        attributes: Object.fromEntries(
          Object.entries(attributes).filter(([name]) => Object.hasOwn(shown, name)),
        ),
      })),
    ];
    let reason: string | undefined;
    for (const target of targets) reason ??= await this.#tell(target, signal);
    return reason;
  }

  async #tell(
    { type, id, attributes }: Pick<Deed, "type" | "id" | "attributes">,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const { cache } = this.#deps;
    if (cache.has(id, attributes)) return undefined;
    const reason = await this.#patch([type, id], attributes, signal);
    if (reason === undefined) cache.set(id, attributes);
    return reason;
  }

  async #end(deed: Deed, signal: AbortSignal): Promise<string | undefined> {
    const now = new Date(this.#deps.clock.now()).toISOString();
    const ended = { ended_at: now.replace(/Z$/, "000") };
    let reason: string | undefined;
    for (const { type, id } of [deed, ...await this.#associated(deed, signal)]) {
      reason ??= await this.#patch([type, id], ended, signal);
    }
    return reason;
  }

  /** A resource that does not exist has nothing to be told. */
  async #patch(
    resource: readonly [type: string, id: string],
    attributes: Dict,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const { client } = this.#deps;
    const answer = await client.updateResource(resource, dumpValue(attributes, compact), signal);
    if (answer.status === 200 || answer.status === 404) return undefined;
    const [type, id] = resource;
    return this.#refusal(client.failure(answer, `update resource '${id}' of type '${type}'`));
  }

  async #associated({ rules, id }: Deed, signal: AbortSignal): Promise<readonly Associated[]> {
    const found: Associated[] = [];
    for (const { resourceType, query } of rules.associated) {
      const answer = await this.#deps.client.search(resourceType, query(id), signal);
      if (answer.status === 404) continue;
      found.push(...this.#read(resourceType, answer));
    }
    return found;
  }

  #read(resourceType: string, answer: Answer): readonly Associated[] {
    if (answer.status !== 200) {
      throw this.#deps.client.failure(answer, `search resources of type '${resourceType}'`);
    }
    return listOf(parseJson(answer.text)).filter(isObject).map((shown) => ({
      type: textOf(shown.type),
      id: textOf(shown.id),
      shown,
    }));
  }

  #refusal(failure: StoreError): string {
    if (failure.reaction !== "bisect") throw failure;
    return failure.message;
  }
}
