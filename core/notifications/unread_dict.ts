/**
 * Pure. `UnreadDict`: an object somewhere in an indexed text.
 */
import { noValue, type Spot, type TextIndex } from "./text_index.ts";
import { type MemberName, Unread } from "./unread.ts";
import type { Value } from "./value.ts";
import { WrittenDict } from "./written_dict.ts";

/** An index as long as it holds the text that was asked about. */
export class Reading {
  readonly #index: TextIndex;
  readonly #turn: number;
  #written: { readonly spot: Spot; readonly dict: WrittenDict } | undefined;

  constructor(index: TextIndex) {
    this.#index = index;
    this.#turn = index.turn;
  }

  /** Throws where the index has read another text since. */
  get index(): TextIndex {
    if (this.#index.turn !== this.#turn) throw new Error("the index holds another text already");
    return this.#index;
  }

  /** An object's text; the same dict as the last time where it is the same text. */
  written(spot: Spot): WrittenDict {
    const { index } = this;
    if (this.#written === undefined || !index.isSame(this.#written.spot, spot)) {
      this.#written = { spot, dict: new WrittenDict(index.json(spot)) };
    }
    return this.#written.dict;
  }
}

/** See above; it can be used as long as its `reading`. */
export class UnreadDict extends Unread {
  readonly #reading: Reading;
  readonly #spot: Spot;
  #made: Value | undefined;

  /** `spot` is an object's. */
  constructor(reading: Reading, spot: Spot) {
    super();
    this.#reading = reading;
    this.#spot = spot;
  }

  override member(name: MemberName): Value | Unread | undefined {
    const spot = this.#find(name);
    return spot === noValue ? undefined : lookAt(this.#reading, spot);
  }

  override made(): Value {
    return this.#made ??= this.#reading.index.value(this.#spot);
  }

  /** A member that is a dict with something in it, as it is written; undefined for all else. */
  written(name: MemberName): WrittenDict | undefined {
    const { index } = this.#reading;
    const spot = this.#find(name);
    const isWritten = spot !== noValue && index.isObject(spot) && !index.isEmpty(spot);
    return isWritten ? this.#reading.written(spot) : undefined;
  }

  #find({ text, hash }: MemberName): Spot {
    return this.#reading.index.find(this.#spot, text, hash);
  }
}

/** A value as it is, dicts unread. */
export function lookAt(reading: Reading, spot: Spot): Value | Unread {
  const { index } = reading;
  return index.isObject(spot) ? new UnreadDict(reading, spot) : index.value(spot);
}
