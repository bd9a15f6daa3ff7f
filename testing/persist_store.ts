/**
 * Pure. The scripted store and dead-letter box of persist_rig.ts: they answer by a record's fate, fail by
 * chance, and write into the truth what they really took.
 */
import { type Batch, lineAt } from "../core/delivery/batch.ts";
import type { DeadLetter, DeadLetterBox } from "../core/delivery/dead_letter.ts";
import {
  PartialWriteError,
  type Reaction,
  StoreError,
  type Writer,
} from "../core/delivery/writer.ts";
import type { Truth } from "./persist_rig.ts";
import type { VirtualClock } from "./virtual_clock.ts";

/** How a store behaves. */
export interface RigWriterOptions {
  /** How often a request that could succeed fails: 0 to 1. */
  readonly faults: number;
  /** Destinations that are full, as of now. */
  readonly full: () => ReadonlySet<string>;
  /** Nothing answers, as of now. */
  readonly away: () => boolean;
  /** The store names the items it refuses instead of refusing them all. */
  readonly names: boolean;
}

/** A store that refuses by fate, and fails by chance. */
export class RigWriter implements Writer {
  readonly name = "rig://store";
  readonly takes: readonly Batch["kind"][] = ["lines"];
  readonly concurrency = 2;
  /** How often an item was sent. */
  readonly sent = new Map<string, number>();
  requests = 0;
  inFlight = 0;
  inFlightMax = 0;
  #options: RigWriterOptions;
  #deps: { readonly truth: Truth; readonly clock: VirtualClock; readonly random: () => number };
  #missing = new Set<string>();

  constructor(
    options: RigWriterOptions,
    deps: { readonly truth: Truth; readonly clock: VirtualClock; readonly random: () => number },
  ) {
    this.#options = options;
    this.#deps = deps;
  }

  async write(batch: Batch, signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#deps;
    this.requests++;
    this.inFlightMax = Math.max(this.inFlightMax, ++this.inFlight);
    try {
      await clock.sleep(random() * 30, signal);
      signal.throwIfAborted();
      this.#answer(batch);
    } finally {
      this.inFlight--;
    }
  }

  async createDestination(destination: string): Promise<void> {
    const { clock, random } = this.#deps;
    await clock.sleep(random() * 30);
    if (random() < this.#options.faults / 2) throw new StoreError("not now", "retry");
    this.#missing.delete(destination);
  }

  ping(): Promise<void> {
    return this.#options.away()
      ? Promise.reject(new StoreError("away", "retry"))
      : Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #answer(batch: Batch): void {
    const { random } = this.#deps;
    const items = rigItems(batch);
    for (const { id } of items) this.sent.set(id, 1 + (this.sent.get(id) ?? 0));
    if (this.#options.away()) throw new StoreError("away", "retry");
    if (this.#options.full().has(batch.destination)) {
      throw new StoreError(`${batch.destination} is full`, "hold_destination");
    }
    if (random() < this.#options.faults) this.#fail(batch);
    if (this.#missing.has(batch.destination)) throw new StoreError("missing", "create");
    const wrong = items.map(({ fate }) => reactionTo(fate));
    const refused = wrong.flatMap((reaction, item) => {
      return reaction === undefined ? [] : [{ item, reaction, reason: `refused: ${reaction}` }];
    });
    items.forEach((item, i) => {
      if (wrong[i] === undefined) this.#store(item.id);
    });
    if (refused.length === 0) return;
    if (batch.count > 1 && this.#options.names) {
      this.#expire(items);
      throw new PartialWriteError("partial", refused);
    }
    const first = refused[0]?.reaction ?? "bisect";
    if (batch.count > 1) throw new StoreError("partial write", "bisect");
    this.#expire(items);
    throw new StoreError(`refused: ${first}`, first);
  }

  /** Items that the store names as older than its retention. */
  #expire(items: readonly { readonly id: string; readonly fate: string }[]): void {
    for (const { id, fate } of items) if (fate === "old") this.#deps.truth.expired.add(id);
  }

  #store(id: string): void {
    const { stored } = this.#deps.truth;
    stored.set(id, 1 + (stored.get(id) ?? 0));
  }

  #fail(batch: Batch): never {
    const { random } = this.#deps;
    const reactions: readonly Reaction[] = ["retry", "hold", "hold_destination", "create"];
    if (random() < 0.1) throw new TypeError("a defect of the writer");
    if (random() < 0.2 && batch.count > 1) throw new StoreError("too large", "split");
    if (random() < 0.2) {
      const item = Math.floor(random() * batch.count);
      const items = rigItems(batch);
      this.#expire(items);
      const refused = items.flatMap(({ id, fate }, i) => {
        const reaction = reactionTo(fate);
        if (reaction !== undefined) return [{ item: i, reaction, reason: "named" }];
        if (i === item) return [{ item: i, reaction: "retry" as const, reason: "429" }];
        this.#store(id);
        return [];
      });
      throw new PartialWriteError("items", refused);
    }
    const reaction = reactions[Math.floor(random() * reactions.length)] ?? "retry";
    if (reaction === "create") this.#missing.add(batch.destination);
    const retryAfterMs = random() < 0.3 ? random() * 5000 : undefined;
    throw new StoreError(`by chance: ${reaction}`, reaction, { retryAfterMs });
  }
}

function reactionTo(fate: string): Reaction | undefined {
  if (fate === "bad") return "bisect";
  if (fate === "old") return "expired";
  return fate === "big" ? "split" : undefined;
}

function rigItems(batch: Batch): { readonly id: string; readonly fate: string }[] {
  if (batch.kind !== "lines") return [];
  return Array.from({ length: batch.count }, (_, i) => {
    const [fate = "", id = ""] = new TextDecoder().decode(lineAt(batch, i)).split(" ");
    return { id, fate };
  });
}

/** Keeps letters by the id of their record, after a while. */
export class RigLetters implements DeadLetterBox {
  /** Appends wait as long as this says so. */
  full = false;
  #deps: { readonly truth: Truth; readonly clock: VirtualClock; readonly random: () => number };

  constructor(
    deps: { readonly truth: Truth; readonly clock: VirtualClock; readonly random: () => number },
  ) {
    this.#deps = deps;
  }

  async append(letters: readonly DeadLetter[], signal: AbortSignal): Promise<void> {
    const { clock, random, truth } = this.#deps;
    do {
      await clock.sleep(random() * 20, signal);
      signal.throwIfAborted();
    } while (this.full);
    for (const letter of letters) {
      const text = new TextDecoder().decode(letter.payload);
      truth.letters.set(text.split("|")[2] ?? sourceName(letter), letter);
    }
  }

  bytes(): number {
    return 0;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Null values carry no id: the rig names such records by their place. */
function sourceName({ source }: DeadLetter): string {
  return "topic" in source ? `null-${source.partition}-${source.offset / 2}` : "";
}
