/**
 * Pure. From messages to the data that are wanted: sampled, their form told from their bytes, read,
 * filtered. Counts what could not be read.
 */
import type { Datum } from "../datum/datum.ts";
import { createDatumFilter, type DatumFilterOptions } from "../datum/datum_filter.ts";
import { detectForm } from "../datum/detect.ts";
import { readData } from "../datum/read_datum.ts";
import type { DatumTest } from "../expression/compile.ts";

/** What is wanted. */
export interface IntakeOptions {
  readonly filter: DatumFilterOptions;
  /** `--where`. */
  readonly where: DatumTest | undefined;
  /** The part of the messages that is looked at, by chance: 0 < share <= 1. */
  readonly share: number;
}

/** A message that says nothing. */
export interface Unreadable {
  readonly count: number;
  /** Why the first one could not be read. */
  readonly reason: string | undefined;
}

/** Takes messages in and gives wanted data out. */
export class Intake {
  #filter: DatumTest | undefined;
  #where: DatumTest | undefined;
  #share: number;
  #random: () => number;
  #unreadable = 0;
  #reason: string | undefined;
  #looked = 0;
  #wanted = 0;

  /** 0 <= random() < 1. */
  constructor({ filter, where, share }: IntakeOptions, random: () => number) {
    this.#filter = createDatumFilter(filter);
    this.#where = where;
    this.#share = share;
    this.#random = random;
  }

  get unreadable(): Unreadable {
    return { count: this.#unreadable, reason: this.#reason };
  }

  /** Data were there, and the filters let none of them through. */
  get wantedNone(): boolean {
    return this.#looked > 0 && this.#wanted === 0;
  }

  /** The wanted data of some messages, in order. */
  messages(messages: Iterable<Uint8Array>): Datum[] {
    const wanted: Datum[] = [];
    for (const bytes of messages) {
      if (this.#isLeftOut()) continue;
      for (const datum of this.#read(bytes)) if (this.#isWanted(datum)) wanted.push(datum);
    }
    return wanted;
  }

  /** Data that were read already. */
  data(data: readonly Datum[]): Datum[] {
    return data.filter((datum) => !this.#isLeftOut() && this.#isWanted(datum));
  }

  /** Bytes that the source itself could not take apart. */
  refuse(reason: string): void {
    this.#unreadable++;
    this.#reason ??= reason;
  }

  #isLeftOut(): boolean {
    return this.#share < 1 && this.#random() >= this.#share;
  }

  #read(bytes: Uint8Array): readonly Datum[] {
    const form = detectForm(bytes);
    if (form === undefined) {
      this.refuse("it has no known form");
      return [];
    }
    const read = readData(form, bytes);
    if ("data" in read) return read.data;
    this.refuse(read.refusal.reason);
    return [];
  }

  #isWanted(datum: Datum): boolean {
    this.#looked++;
    if (this.#filter !== undefined && !this.#filter(datum)) return false;
    if (this.#where !== undefined && !this.#where(datum)) return false;
    this.#wanted++;
    return true;
  }
}
