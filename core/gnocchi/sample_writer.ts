/**
 * Edge (net). Samples into Gnocchi: measures in batches, resources made where Gnocchi does not know
 * them, attributes told where they changed. What Gnocchi refuses for good is named item by item, and
 * the rest is stored.
 */
import {
  PartialWriteError,
  type Reaction,
  type RefusedItem,
  StoreError,
} from "../delivery/writer.ts";
import type { Answer } from "../http/answer.ts";
import { isObject, textOf } from "../keystone/json.ts";
import type { Log } from "../log/log.ts";
import { dumpValue } from "../notifications/value_text.ts";
import { wordsOf } from "./answers.ts";
import type { AttributeCache } from "./attribute_cache.ts";
import type { GnocchiClient } from "./client.ts";
import {
  itemsOf,
  type MeasurePlan,
  measuresBody,
  partsOf,
  resourceBody,
  type ResourceMeasures,
  singles,
} from "./measures.ts";
import type { PolicyKeeper } from "./policy_keeper.ts";
import { sideBySide } from "./side_by_side.ts";
import type { TypeKeeper } from "./type_keeper.ts";

/** Metrics in one request: Gnocchi takes 5 to 10 ms for one that it must make first. */
export const metricsPerRequestMax = 400;
const metricsPerRequestFirst = 100;

/** Batch requests at once. */
const batchesMax = 4;

/** Times that resources are made for one batch; they may be removed meanwhile. */
const creationsMax = 3;

/** What it works with. */
export interface SampleWriterDeps {
  readonly client: GnocchiClient;
  readonly policies: PolicyKeeper;
  readonly types: TypeKeeper;
  readonly cache: AttributeCache;
  readonly log: Log;
  /** Requests about single resources at once. */
  readonly requestsMax: number;
}

/** One per publisher; one call at a time. */
export class SampleWriter {
  readonly #deps: SampleWriterDeps;
  #metricsPerRequest = metricsPerRequestFirst;

  constructor(deps: SampleWriterDeps) {
    this.#deps = deps;
  }

  /**
   * Resolves when every measure is stored. Rejects with a StoreError; with a PartialWriteError where
   * samples were refused and all others are stored.
   */
  async write(plan: MeasurePlan, signal: AbortSignal): Promise<void> {
    const refused = new Refusals(plan.refused);
    if (plan.resources.size > 0) {
      await this.#deps.policies.prepare(signal);
      await this.#deps.types.prepare(signal);
      const parts = partsOf([...plan.resources.values()], this.#metricsPerRequest);
      await sideBySide(parts, batchesMax, (part) => this.#sendPart(part, refused, signal));
      const left = [...plan.resources.values()].filter(({ id }) => !refused.resources.has(id));
      await sideBySide(
        left,
        this.#deps.requestsMax,
        (resource) => this.#tellAttributes(resource, signal),
      );
    }
    refused.raise(this.#deps.client.name);
  }

  /** Requests that Gnocchi cannot answer in time become smaller, and larger again by and by. */
  async #sendPart(
    part: readonly ResourceMeasures[],
    refused: Refusals,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      await this.#send(part, refused, signal);
      this.#metricsPerRequest = Math.min(metricsPerRequestMax, this.#metricsPerRequest + 10);
    } catch (error) {
      const isLate = error instanceof StoreError && error.reaction === "retry";
      if (isLate) this.#metricsPerRequest = Math.max(1, Math.floor(this.#metricsPerRequest / 2));
      throw error;
    }
  }

  async #send(
    part: readonly ResourceMeasures[],
    refused: Refusals,
    signal: AbortSignal,
  ): Promise<void> {
    let left = part;
    for (let creations = 0; left.length > 0;) {
      const answer = await this.#deps.client.postMeasures(measuresBody(left), signal);
      if (answer.status === 202) return;
      const unknown = unknownResources(answer, left);
      if (unknown.length > 0 && creations < creationsMax) {
        creations++;
        await sideBySide(
          unknown,
          this.#deps.requestsMax,
          (resource) => this.#create(resource, refused, signal),
        );
        left = left.filter(({ id }) => !refused.resources.has(id));
        continue;
      }
      const blamed = blamedMeasures(answer, left);
      if (blamed === undefined) throw this.#failure(answer, unknown.length > 0);
      left = without(left, blamed);
      const alone = singles(blamed);
      if (alone.length === 1) refused.add(blamed, this.#words(answer, "store measures"));
      else await sideBySide(alone, 1, (single) => this.#send([single], refused, signal));
    }
  }

  async #create(resource: ResourceMeasures, refused: Refusals, signal: AbortSignal): Promise<void> {
    const { client, types, cache } = this.#deps;
    const { id, type } = resource;
    const what = `create resource '${id}' of type '${type}'`;
    const create = () => client.createResource(type, resourceBody(resource), signal);
    let answer = await create();
    if (answer.status === 404) {
      const reason = await types.lacks(type, signal);
      if (reason !== undefined) {
        return refused.addAll(resource, `Cannot ${what} in '${client.name}': ${reason}`);
      }
      answer = await create();
    }
    const { status } = answer;
    if (status === 201) return cache.set(id, resource.attributes);
    if (status === 409) return;
    const failure = client.failure(answer, what);
    if (failure.reaction !== "bisect") throw failure;
    refused.addAll(resource, failure.message);
  }

  /** The measures are stored: what Gnocchi refuses here is said once and not asked again for a while. */
  async #tellAttributes(resource: ResourceMeasures, signal: AbortSignal): Promise<void> {
    const { client, cache, log } = this.#deps;
    const { id, type, attributes } = resource;
    if (cache.has(id, attributes)) return;
    const body = dumpValue(attributes, { ensureAscii: true, compact: true });
    const answer = await client.updateResource([type, id], body, signal);
    if (answer.status !== 200) {
      const failure = client.failure(answer, `update resource '${id}' of type '${type}'`);
      if (failure.reaction === "retry") throw failure;
      log.warning(failure.message, { resource: id });
    }
    cache.set(id, attributes);
  }

  #failure(answer: Answer, comesAndGoes: boolean): StoreError {
    const { client, policies } = this.#deps;
    if (comesAndGoes) {
      const why = "they were made, and are unknown again";
      return new StoreError(`${this.#words(answer, "store measures")}: ${why}`, "retry");
    }
    const isPolicy = /^Archive policy .* does not exist/s.test(wordsOf(answer).text);
    if (!isPolicy) return client.failure(answer, "store measures");
    policies.forget();
    return new StoreError(
      `${this.#words(answer, "store measures")}, expected a policy that exists (see the option ` +
        "archive_policy and the resource definitions)",
      "hold",
    );
  }

  #words(answer: Answer, what: string): string {
    const { status, text } = wordsOf(answer);
    return `Cannot ${what} in '${this.#deps.client.name}': it answered ${status} ${text}`;
  }
}

/** What was refused while a call runs. */
class Refusals {
  /** Ids of resources of which nothing can be stored. */
  readonly resources = new Set<string>();
  readonly #items: RefusedItem[];

  constructor(items: readonly RefusedItem[]) {
    this.#items = [...items];
  }

  add(resource: ResourceMeasures, reason: string): void {
    const reaction: Reaction = "bisect";
    for (const item of itemsOf(resource)) this.#items.push({ item, reaction, reason });
  }

  addAll(resource: ResourceMeasures, reason: string): void {
    this.resources.add(resource.id);
    this.add(resource, reason);
  }

  raise(name: string): void {
    const [first] = this.#items;
    if (first === undefined) return;
    const items = this.#items.toSorted((a, b) => a.item - b.item);
    const count = items.length === 1 ? "a sample" : `${items.length} samples`;
    throw new PartialWriteError(`'${name}' refused ${count}: ${first.reason}`, items);
  }
}

/** Those that the answer says Gnocchi does not know. */
function unknownResources(
  answer: Answer,
  sent: readonly ResourceMeasures[],
): readonly ResourceMeasures[] {
  if (answer.status !== 400) return [];
  const { cause, detail } = wordsOf(answer);
  if (cause !== "Unknown resources") return [];
  const ids = new Set(detail.filter(isObject).map((each) => textOf(each.original_resource_id)));
  return sent.filter(({ id }) => ids.has(id));
}

/**
 * What the answer says is wrong: the measures of one metric, or of one resource; where it names none,
 * whatever was sent if that is one resource.
 */
function blamedMeasures(
  answer: Answer,
  sent: readonly ResourceMeasures[],
): ResourceMeasures | undefined {
  const { cause, detail } = wordsOf(answer);
  if (answer.status !== 400 || cause !== "Invalid input") return undefined;
  const [id, name] = detail.map(textOf);
  const resource = sent.find((each) => each.id === id) ?? (sent.length === 1 ? sent[0] : undefined);
  const metric = resource?.metrics.get(name ?? "");
  if (resource === undefined || metric === undefined) return resource;
  return { ...resource, metrics: new Map([[name ?? "", metric]]) };
}

/** What is left to send; the resources of a plan are never changed. */
function without(
  sent: readonly ResourceMeasures[],
  blamed: ResourceMeasures,
): readonly ResourceMeasures[] {
  return sent.flatMap((resource) => {
    if (resource.id !== blamed.id) return [resource];
    const metrics = new Map([...resource.metrics].filter(([name]) => !blamed.metrics.has(name)));
    return metrics.size === 0 ? [] : [{ ...resource, metrics }];
  });
}
