/**
 * Edge (net). The resource types that definitions name: whether Gnocchi has them, one error that names
 * those it lacks, and, where the operator asked for it, making them as `ceilometer-upgrade` does.
 */
import { StoreError } from "../delivery/writer.ts";
import { isObject, parseJson, textOf } from "../keystone/json.ts";
import type { Log } from "../log/log.ts";
import { wordsOf } from "./answers.ts";
import type { GnocchiClient } from "./client.ts";
import { type AttributeTypes, missingAttributes, upgradedResourceTypes } from "./resource_types.ts";

/** What it goes by. */
export interface TypeKeeperOptions {
  /** Those that definitions name. */
  readonly wanted: readonly string[];
  /** `[tpctl] gnocchi_create_resource_types`. */
  readonly creates: boolean;
  readonly log: Log;
}

const advice = "expected those that `ceilometer-upgrade` makes: run it, or set [tpctl] " +
  "gnocchi_create_resource_types = true";

/** One per publisher. All methods reject with a StoreError. */
export class TypeKeeper {
  readonly #client: GnocchiClient;
  readonly #options: TypeKeeperOptions;
  #isReady = false;
  #said = "";

  constructor(client: GnocchiClient, options: TypeKeeperOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** Before the first words to Gnocchi: makes types where it may, each once. */
  async prepare(signal: AbortSignal): Promise<void> {
    if (this.#isReady) return;
    if (this.#options.creates) await this.#makeAll(signal);
    this.#isReady = true;
  }

  /**
   * Gnocchi has said that it lacks a type: why nothing can be stored for it, or undefined where it
   * has been made now. Holds where Gnocchi has none of the types, as when nobody ever made them.
   */
  async lacks(type: string, signal: AbortSignal): Promise<string | undefined> {
    if (this.#options.creates && upgradedResourceTypes.has(type)) {
      await this.#makeAll(signal);
      return undefined;
    }
    const existing = await this.#existing(signal);
    const missing = this.#options.wanted.filter((name) => !existing.has(name));
    const names = missing.join(", ");
    const text = `Cannot store samples of some resource types in '${this.#client.name}': it has ` +
      `no ${names}, ${advice}`;
    if (missing.length === this.#options.wanted.length) throw new StoreError(text, "hold");
    if (this.#said !== names && names !== "") this.#options.log.error(text);
    this.#said = names;
    return `the resource type '${type}' does not exist`;
  }

  async #existing(signal: AbortSignal): Promise<ReadonlyMap<string, AttributeTypes>> {
    const answer = await this.#client.ask("GET", "resource_type", { signal });
    const list = answer.status === 200 ? parseJson(answer.text) : undefined;
    if (!Array.isArray(list)) throw this.#client.failure(answer, "list resource types");
    return new Map(
      list.filter(isObject).map(({ name, attributes }) => {
        const types = isObject(attributes) ? Object.entries(attributes) : [];
        const read = types.filter((entry): entry is [string, AttributeTypes] => isObject(entry[1]));
        return [textOf(name), Object.fromEntries(read)];
      }),
    );
  }

  async #makeAll(signal: AbortSignal): Promise<void> {
    const existing = await this.#existing(signal);
    for (const [name, attributes] of upgradedResourceTypes) {
      const has = existing.get(name);
      if (has === undefined) await this.#make(name, attributes, signal);
      else await this.#complete(name, has, signal);
    }
  }

  async #make(name: string, attributes: AttributeTypes, signal: AbortSignal): Promise<void> {
    const body = JSON.stringify({ name, attributes });
    const answer = await this.#client.ask("POST", "resource_type", { body, signal });
    if (answer.status === 409) return;
    if (answer.status !== 201) throw this.#holding(answer, `create resource type '${name}'`);
    this.#options.log.info(`Made the resource type '${name}' in '${this.#client.name}'`);
  }

  async #complete(name: string, has: AttributeTypes, signal: AbortSignal): Promise<void> {
    const steps = missingAttributes(name, has);
    if (steps.length === 0) return;
    const answer = await this.#client.ask("PATCH", `resource_type/${name}`, {
      body: JSON.stringify(steps),
      contentType: "application/json-patch+json",
      signal,
    });
    if (answer.status !== 200) throw this.#holding(answer, `complete resource type '${name}'`);
    const added = steps.map(({ path }) => path.replace("/attributes/", "")).join(", ");
    this.#options.log.info(`Gave the resource type '${name}' the attributes ${added}`);
  }

  /** What Gnocchi refuses here is nobody's sample. */
  #holding(answer: Parameters<GnocchiClient["failure"]>[0], what: string): StoreError {
    const failure = this.#client.failure(answer, what);
    if (failure.reaction !== "bisect") return failure;
    const { status, text } = wordsOf(answer);
    const why = `it answered ${status} ${text}`;
    return new StoreError(
      `Cannot ${what} in '${this.#client.name}': ${why}, expected a resource type that may be made`,
      "hold",
    );
  }
}
