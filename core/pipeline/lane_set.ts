/**
 * Pure. All lanes of a process, by URL and cargo: made for a plan, kept by the next plan where nothing
 * about them changed, and let go of when no plan and no notification needs them any more.
 */
import { shownUrl } from "../config/publisher_url.ts";
import { ConfigError } from "../errors.ts";
import type { Lane } from "./lane.ts";
import type { Cargo, PublisherReference } from "./pipeline.ts";

/** Which lane; `settings` changes whenever the publisher must be made anew. */
export interface LaneRequest {
  readonly reference: PublisherReference;
  readonly carries: Cargo;
}

/** Opens a lane under a name that no other has. */
export type OpenLane = (request: LaneRequest, name: string) => Promise<Lane>;

/** How lanes are put to use. */
export interface UseOptions {
  /** Every publisher is made anew. */
  readonly isFresh: boolean;
  /** Throws when it is not to go on without these. */
  readonly onBad: (errors: readonly ConfigError[]) => void;
}

/** See above. */
export class LaneSet {
  #lanes = new Map<string, Lane>();
  #retired = new Set<Lane>();

  /** All that may hold something. */
  get all(): readonly Lane[] {
    return [...this.#lanes.values(), ...this.#retired];
  }

  /** Names in use, those of retired lanes included. */
  get names(): readonly string[] {
    return this.all.map(({ name }) => name);
  }

  get(request: LaneRequest): Lane | undefined {
    return this.#lanes.get(keyOf(request));
  }

  /**
   * Makes the lanes of the requests the ones in use. Those there are stay, unless `isFresh`; the
   * others are retired and come back. Those that cannot be opened are given to `onBad`, all of them;
   * when it throws, nothing changes.
   */
  async use(
    requests: readonly LaneRequest[],
    open: OpenLane,
    { isFresh, onBad }: UseOptions,
  ): Promise<readonly Lane[]> {
    const next = new Map<string, Lane>();
    const opened: Lane[] = [];
    const bad = new Map<string, ConfigError>();
    try {
      for (const request of requests) {
        const key = keyOf(request);
        if (next.has(key) || bad.has(key)) continue;
        const known = isFresh ? undefined : this.#lanes.get(key);
        if (known !== undefined) {
          next.set(key, known);
          continue;
        }
        const taken = [...opened, ...(isFresh ? [...this.#retired] : this.all)];
        const name = uniqueName(shownUrl(request.reference.text), taken.map((lane) => lane.name));
        const lane = await open(request, name).catch((error: unknown) => {
          if (!(error instanceof ConfigError)) throw error;
          bad.set(key, error);
          return undefined;
        });
        if (lane === undefined) continue;
        opened.push(lane);
        next.set(key, lane);
      }
      onBad([...bad.values()]);
    } catch (error) {
      for (const lane of opened) await lane.close();
      throw error;
    }
    const kept = new Set(next.values());
    const gone = [...this.#lanes.values()].filter((lane) => !kept.has(lane));
    for (const lane of gone) this.#retired.add(lane);
    this.#lanes = next;
    return gone;
  }

  /** It holds nothing any more and was closed. */
  forget(lane: Lane): void {
    this.#retired.delete(lane);
  }
}

function keyOf({ reference, carries }: LaneRequest): string {
  return `${carries} ${reference.text}`;
}

/** `#n` where another has the name. */
function uniqueName(name: string, taken: readonly string[]): string {
  for (let n = 1;; n++) {
    const numbered = n === 1 ? name : `${name}#${n}`;
    if (!taken.includes(numbered)) return numbered;
  }
}
