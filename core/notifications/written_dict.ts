/**
 * Pure. `WrittenDict`: a dict as the JSON text that Python writes of it, made only when it is asked for.
 */
import { loadValue } from "./load_value.ts";
import type { Dict } from "./value.ts";

/** See above. */
export class WrittenDict {
  /** What `json.dumps` gives of it. */
  readonly json: string;
  #dict: Dict | undefined;

  constructor(json: string) {
    this.json = json;
  }

  /** The same object each time. */
  get dict(): Dict {
    return this.#dict ??= loadValue(this.json) as Dict;
  }
}
