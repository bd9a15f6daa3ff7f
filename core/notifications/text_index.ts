/**
 * Pure. `TextIndex`: where in a JSON text each value stands, found by one pass over its bytes, so that
 * nothing needs to be made of what nobody asks for. It takes only texts that Python's `json.dumps`
 * would write just so (ASCII, `", "` and `": "`, its escapes and numbers, no name twice in an object):
 * then a piece of the text is what Python writes of the value that it reads there. It says no to all
 * others, and to what is very large or deep; they are read in the usual way.
 */
import { floatRepr } from "../python/numbers.ts";
import { floatValue, loadValue } from "./load_value.ts";
import { NameTable } from "./name_table.ts";
import { SentText } from "./sent_text.ts";
import { nextHash } from "./unread.ts";
import type { Value } from "./value.ts";

/** What stands deeper is refused. */
const depthMax = 64;
/** Integers and plain fractions of so many digits have one way to be written. */
const digitsMax = 15;

/** A value is known by where its record begins: these many numbers, in the order of the text. */
const recordSize = 6;
const keyAt = 0;
const hashAt = 1;
const startAt = 2;
const endAt = 3;
/** The record behind those of all that stands in the value. */
const nextAt = 4;
/** 1: a text with a backslash in it. */
const escapedAt = 5;

const quote = 0x22;
const comma = 0x2c;
const minus = 0x2d;
const point = 0x2e;
const zero = 0x30;
const nine = 0x39;
const colon = 0x3a;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const space = 0x20;
const tilde = 0x7e;

/** Where a value's record begins; `noValue` where there is none. */
export type Spot = number;

/** No value. */
export const noValue: Spot = -1;

/** The outermost value. */
export const root: Spot = 0;

/** Holds one text at a time: reading the next one voids all records of the last. */
export class TextIndex {
  readonly #text = new SentText();
  #records = new Int32Array(recordSize * 1024);
  /** Records of what is open; those of lists are inverted. */
  #open = new Int32Array(depthMax);
  #names = new NameTable();
  /** Whether there is a number that JavaScript's own reader may misread. */
  #hasOddNumber = false;
  #turn = 0;

  /** Tells which text it holds. */
  get turn(): number {
    return this.#turn;
  }

  /** Reads an object that is the whole text; false where it must be read in the usual way. */
  read(text: Uint8Array): boolean {
    this.#turn++;
    return this.#text.copy(text) && this.#index();
  }

  /** Reads the message in an envelope of version 2.0 that is written as oslo.messaging does. */
  readEnveloped(text: Uint8Array): boolean {
    this.#turn++;
    return this.#text.unwrap(text) && this.#index();
  }

  /** Where an object has the member; `noValue` where it has none, or is no object. */
  find(object: Spot, name: string, hash: number): Spot {
    const records = this.#records;
    if (!this.isObject(object)) return noValue;
    const end = records[object + nextAt] ?? 0;
    for (let at = object + recordSize; at < end; at = records[at + nextAt] ?? end) {
      if (records[at + hashAt] === hash && this.#isNamed(at, name)) return at;
    }
    return noValue;
  }

  isObject(value: Spot): boolean {
    return this.#text.bytes[this.#start(value)] === openBrace;
  }

  isList(value: Spot): boolean {
    return this.#text.bytes[this.#start(value)] === openBracket;
  }

  /** Whether a list or an object has nothing in it. */
  isEmpty(value: Spot): boolean {
    return this.#records[value + nextAt] === value + recordSize;
  }

  /** The first value in a list or an object; `noValue` where it is empty. */
  first(value: Spot): Spot {
    return this.isEmpty(value) ? noValue : value + recordSize;
  }

  /** The value behind one in the same `list`. */
  next(list: Spot, value: Spot): Spot {
    const next = this.#records[value + nextAt] ?? 0;
    return next < (this.#records[list + nextAt] ?? 0) ? next : noValue;
  }

  /** Whether two values are written with the same bytes. */
  isSame(one: Spot, other: Spot): boolean {
    const { bytes } = this.#text;
    const [start, end] = [this.#start(one), this.#records[one + endAt]];
    return bytes.compare(bytes, start, end, this.#start(other), this.#records[other + endAt]) === 0;
  }

  /** The piece of the text, a copy. */
  json(value: Spot): string {
    return this.#text.bytes.toString("latin1", this.#start(value), this.#records[value + endAt]);
  }

  /** The text that the value is; undefined where it is none or has escapes in it. */
  plainText(value: Spot): string | undefined {
    const start = this.#start(value);
    if (this.#text.bytes[start] !== quote || this.#records[value + escapedAt] !== 0) {
      return undefined;
    }
    return this.#text.bytes.toString("latin1", start + 1, (this.#records[value + endAt] ?? 0) - 1);
  }

  /** The value itself. */
  value(value: Spot): Value {
    const start = this.#start(value);
    switch (this.#text.bytes[start]) {
      case quote:
        return this.plainText(value) ?? JSON.parse(this.json(value)) as string;
      case openBrace:
      case openBracket:
        return this.#hasOddNumber
          ? loadValue(this.json(value))
          : JSON.parse(this.json(value)) as Value;
      case 0x6e:
        return null;
      case 0x74:
        return true;
      case 0x66:
        return false;
      default: {
        const text = this.json(value);
        const number = Number(text);
        return text.includes(".") || text.includes("e") ? floatValue(number) : number;
      }
    }
  }

  #start(value: Spot): number {
    return this.#records[value + startAt] ?? 0;
  }

  /** Names are written as `"name": value`. */
  #isNamed(at: Spot, name: string): boolean {
    const from = this.#records[at + keyAt] ?? 0;
    if ((this.#records[at + startAt] ?? 0) - from !== name.length + 3) return false;
    for (let i = 0; i < name.length; i++) {
      if (this.#text.bytes[from + i] !== name.charCodeAt(i)) return false;
    }
    return true;
  }

  /** Makes room for the records of the shortest values: lists in lists, of two bytes each. */
  #begin(): void {
    const records = recordSize * ((this.#text.length >> 1) + 2);
    if (this.#records.length < records) this.#records = new Int32Array(2 * records);
    this.#names.clear();
    this.#hasOddNumber = false;
  }

  #index(): boolean {
    this.#begin();
    const { bytes, length } = this.#text;
    const records = this.#records;
    const open = this.#open;
    if (bytes[0] !== openBrace) return false;
    let used = recordSize;
    let record = 0;
    let depth = 0;
    let at = 0;
    for (;;) {
      // A value begins here; its record has its name already.
      const first = bytes[at] ?? 0;
      records[record + startAt] = at;
      const isOpened = (first === openBrace || first === openBracket) &&
        bytes[at + 1] !== first + 2;
      if (isOpened) {
        if (depth === depthMax) return false;
        open[depth++] = first === openBrace ? record : ~record;
        at++;
      } else {
        at = first === quote ? this.#string(at, record) : this.#scalar(at, first);
        if (at < 0) return false;
        records[record + endAt] = at;
        records[record + nextAt] = used;
        // What ends with it ends here, then the next one begins.
        for (;;) {
          if (depth === 0) return at === length;
          const byte = bytes[at++];
          if (byte === comma) break;
          const parent = open[--depth] ?? 0;
          if (byte !== (parent < 0 ? closeBracket : closeBrace)) return false;
          const container = parent < 0 ? ~parent : parent;
          records[container + endAt] = at;
          records[container + nextAt] = used;
        }
        if (bytes[at++] !== space) return false;
      }
      record = used;
      used += recordSize;
      const parent = open[depth - 1] ?? 0;
      if (parent < 0) records[record + hashAt] = 0;
      else {
        at = this.#name(at, record, parent);
        if (at < 0) return false;
      }
    }
  }

  /** From a quote; where the text ends, -1 where Python would write it otherwise. */
  #string(from: number, record: Spot): number {
    const { bytes } = this.#text;
    let escapes = 0;
    let at = from + 1;
    for (let byte = bytes[at++]; byte !== quote; byte = bytes[at++]) {
      if (byte !== backslash) continue;
      at = this.#escape(at);
      if (at < 0) return -1;
      escapes++;
    }
    this.#records[record + escapedAt] = escapes;
    return at;
  }

  /** From a member's name; where its value begins, -1 where the object may have it already. */
  #name(from: number, record: Spot, object: Spot): number {
    const { bytes } = this.#text;
    if (bytes[from] !== quote) return -1;
    let at = from + 1;
    let hash = 0;
    for (let byte = bytes[at++] ?? 0; byte !== quote; byte = bytes[at++] ?? 0) {
      if (byte === backslash) return -1;
      hash = nextHash(hash, byte);
    }
    if (bytes[at++] !== colon || bytes[at++] !== space) return -1;
    this.#records[record + keyAt] = from + 1;
    this.#records[record + hashAt] = hash;
    return this.#names.add(object, hash) ? at : -1;
  }

  /** Behind a backslash; where the escape ends, -1 where Python would write it otherwise. */
  #escape(at: number): number {
    switch (this.#text.bytes[at]) {
      case quote:
      case backslash:
      case 0x62:
      case 0x66:
      case 0x6e:
      case 0x72:
      case 0x74:
        return at + 1;
      case 0x75: {
        const digits = this.#text.bytes.toString("latin1", at + 1, at + 5);
        if (!lowerHex.test(digits)) return -1;
        const unit = parseInt(digits, 16);
        const isPlain = unit >= space && unit <= tilde;
        return isPlain || shortEscapes.includes(unit) ? -1 : at + 5;
      }
      default:
        return -1;
    }
  }

  /** A number, a literal, `{}` or `[]`; where it ends, -1 where Python would write it otherwise. */
  #scalar(from: number, byte: number): number {
    if (byte === openBrace || byte === openBracket) return from + 2;
    const { bytes } = this.#text;
    let at = byte === minus ? from + 1 : from;
    const first = bytes[at] ?? 0;
    if (first < zero || first > nine) return this.#literal(from);
    at++;
    while (isDigit(bytes[at])) at++;
    const digits = at - from;
    const follows = bytes[at];
    if (follows !== point && follows !== 0x65 && follows !== 0x45) {
      const isOdd = digits > digitsMax || (first === zero && digits > 1);
      return isOdd ? -1 : at;
    }
    if (follows === point) {
      at++;
      while (isDigit(bytes[at])) at++;
      const last = bytes[at - 1];
      const isShort = at - from <= digitsMax && !isExponent(bytes[at]);
      if (isShort && first !== zero && last !== zero && last !== point) return at;
    }
    while (isOfNumber(bytes[at])) at++;
    const text = bytes.toString("latin1", from, at);
    const number = Number(text);
    // Written as Python does, JavaScript misreads none but those that are whole.
    if (Number.isInteger(number)) this.#hasOddNumber = true;
    return floatRepr(number) === text ? at : -1;
  }

  #literal(at: number): number {
    for (const literal of literals) {
      let same = 0;
      while (same < literal.length && this.#text.bytes[at + same] === literal[same]) same++;
      if (same === literal.length) return at + same;
    }
    return -1;
  }
}

const lowerHex = /^[0-9a-f]{4}$/;

/** Those that have an escape of one letter. */
const shortEscapes = [0x08, 0x09, 0x0a, 0x0c, 0x0d];

const literals = ["null", "true", "false"].map((literal) => Buffer.from(literal));

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= zero && byte <= nine;
}

function isExponent(byte: number | undefined): boolean {
  return byte === 0x65 || byte === 0x45;
}

function isOfNumber(byte: number | undefined): boolean {
  return isDigit(byte) || isExponent(byte) || byte === point || byte === minus || byte === 0x2b;
}
