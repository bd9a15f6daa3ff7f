/**
 * Pure. Monasca metric envelope -> line protocol, in ms: the fast encoder.
 *
 * It reads a message's bytes in place and makes no objects of them. It knows the two layouts that
 * producers write (Python's separators and compact JSON, members in the usual order); whatever else
 * comes, and whatever is refused, goes to the plain encoder of metric.ts, which says what is right.
 */
import type { RecordBlock } from "../delivery/records.ts";
import type { ItemSinks, MessageEncoder, Refusal } from "../persist/encoder.ts";
import { floatRepr } from "../python/numbers.ts";
import { copyFlatObject, FlatObjectScanner } from "./flat_object.ts";
import { type LineOptions, TIMESTAMP_MS_MAX } from "./line_text.ts";
import { createPlainMetricEncoder } from "./metric.ts";
import { NumberScanner } from "./number_scan.ts";
import { SeriesCache, type SeriesLimits } from "./series_cache.ts";
import { readSeriesStart } from "./series_start.ts";
import { bytesOf, type Literal, literalOf, startsWith } from "./words.ts";

/** What tests put in the place of the usual parts. */
export interface MetricEncoderParts {
  /** Bounds the series that are remembered. */
  readonly limits?: SeriesLimits;
  /** Decides whatever is not scanned. */
  readonly plain?: MessageEncoder;
}

/** The encoder for a topic of metrics. */
export function createMetricEncoder(
  options: LineOptions,
  parts: MetricEncoderParts = {},
): MessageEncoder {
  return new ScanningEncoder(options, parts);
}

/** The separators of a layout around the members that it looks at. */
interface Layout {
  readonly timestamp: Literal;
  readonly value: Literal;
  readonly valueMeta: Literal;
  readonly spaced: boolean;
}

const PYTHON_LAYOUT: Layout = {
  timestamp: literalOf('"timestamp": '),
  value: literalOf(', "value": '),
  valueMeta: literalOf(', "value_meta": '),
  spaced: true,
};
const COMPACT_LAYOUT: Layout = {
  timestamp: literalOf('"timestamp":'),
  value: literalOf(',"value":'),
  valueMeta: literalOf(',"value_meta":'),
  spaced: false,
};
const TIMESTAMP = bytesOf('"timestamp":');
const TIMESTAMP_DIGITS_MAX = String(TIMESTAMP_MS_MAX).length;
const CREATION_DIGITS_MAX = 18;
const EMPTY_META = bytesOf(',value_meta="{}" ');
const META_START = bytesOf(',value_meta="');
const WORD_BYTES = 8;
/** No shorter message can be an envelope; below that eight bytes could not be looked at at once. */
const MESSAGE_BYTES_MIN = 64;
/** Behind any place of the middle at least this much follows: `}`, meta and creation_time. */
const MIDDLE_BYTES_MIN = 32;
/** Value, names of fields, quotes and timestamp of a line, at most. */
const LINE_REST_BYTES = 128;

const ZERO = 0x30;
const NINE = 0x39;
const SPACE = 0x20;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const QUOTE = 0x22;
const LETTER_N = 0x6e;
const NULL = 0x6c6c756e;

class ScanningEncoder implements MessageEncoder {
  readonly #options: LineOptions;
  readonly #plain: MessageEncoder;
  readonly #cache: SeriesCache;
  #series = -1;

  #block: RecordBlock | undefined;
  #view: DataView = new DataView(new ArrayBuffer(0));
  #buffer: Buffer = Buffer.alloc(0);
  /** The first `"timestamp":` at or behind `#searchedFrom`, so that no bytes are searched twice. */
  #searchedFrom = 0;
  #found = 0;

  #timeStart = 0;
  #timeEnd = 0;
  readonly #number = new NumberScanner();
  readonly #flatObject = new FlatObjectScanner();
  #valueStart = 0;
  #metaStart = 0;
  #metaEnd = 0;

  constructor(options: LineOptions, parts: MetricEncoderParts) {
    this.#options = options;
    this.#plain = parts.plain ?? createPlainMetricEncoder(options);
    this.#cache = new SeriesCache(parts.limits);
  }

  encode(block: RecordBlock, index: number, sinks: ItemSinks): Refusal | undefined {
    if (block !== this.#block) this.#enter(block);
    const start = block.valueStarts[index] ?? -1;
    const end = block.valueEnds[index] ?? -1;
    if (start < 0 || end - start < MESSAGE_BYTES_MIN) {
      return this.#plain.encode(block, index, sinks);
    }
    const series = this.#seriesOf(start, end);
    const begin = this.#cache.startOf(series);
    if (begin === undefined) return this.#plain.encode(block, index, sinks);

    const view = this.#view;
    const metaBytes = this.#metaEnd - this.#metaStart;
    const sink = sinks.lines(begin.destination);
    const out = sink.reserve(begin.text.length + LINE_REST_BYTES + 2 * metaBytes);
    let at = sink.length;
    out.set(begin.text, at);
    at = this.#writeValue(out, at + begin.text.length);
    if (at < 0) return this.#plain.encode(block, index, sinks);
    at = this.#writeMeta(out, at);
    for (let i = this.#timeStart; i < this.#timeEnd; i++) out[at++] = view.getUint8(i);
    sink.length = at;
    sink.endLine(block, index);
    return undefined;
  }

  #enter(block: RecordBlock): void {
    const { bytes } = block;
    this.#block = block;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#cache.lookInto(this.#view);
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#searchedFrom = 0;
    this.#found = this.#search(0);
  }

  /** The remembered series of a message whose members stand as expected, or -1. */
  #seriesOf(start: number, end: number): number {
    const cache = this.#cache;
    const expected = cache.nextOf(this.#series);
    if (expected >= 0) {
      const headEnd = cache.headEnd(expected, start, end);
      if (headEnd >= 0) {
        const middleEnd = this.#scanMiddle(headEnd, end);
        if (middleEnd < 0) return -1;
        const tailEnd = cache.tailEnd(expected, middleEnd, end);
        if (tailEnd >= 0 && this.#isCreationTime(tailEnd, end)) {
          this.#series = expected;
          return expected;
        }
      }
    }
    const headEnd = this.#timestampAt(start);
    if (headEnd - start < WORD_BYTES) return -1;
    const tailStart = this.#scanMiddle(headEnd, end);
    if (tailStart < 0) return -1;
    const tailEnd = this.#creationTimeAt(tailStart, end);
    if (tailEnd - tailStart < WORD_BYTES) return -1;
    const key = { headStart: start, headEnd, tailStart, tailEnd };
    let series = cache.find(key);
    if (series < 0) series = cache.add(key, readSeriesStart(this.#view, key, this.#options));
    cache.follow(this.#series, series);
    this.#series = series;
    return series;
  }

  #timestampAt(start: number): number {
    if (start < this.#searchedFrom || start > this.#found) {
      this.#found = this.#search(start);
      this.#searchedFrom = start;
    }
    return this.#found;
  }

  #search(from: number): number {
    const found = this.#buffer.indexOf(TIMESTAMP, from);
    return found < 0 ? this.#buffer.length : found;
  }

  /** Finds timestamp, value and value_meta; where they end, or -1 where they look otherwise. */
  #scanMiddle(start: number, end: number): number {
    const view = this.#view;
    if (end - start < MIDDLE_BYTES_MIN) return -1;
    const spaced = view.getUint8(start + TIMESTAMP.length) === SPACE;
    const layout = spaced ? PYTHON_LAYOUT : COMPACT_LAYOUT;
    if (!startsWith(view, start, layout.timestamp)) return -1;
    let at = this.#scanTime(start + layout.timestamp.length, end);
    if (at < 0 || end - at < MIDDLE_BYTES_MIN || !startsWith(view, at, layout.value)) return -1;
    at += layout.value.length;
    this.#valueStart = at;
    this.#number.scan(view, at, end);
    if (this.#number.kind === "none") return -1;
    at = this.#number.end;
    if (end - at < MIDDLE_BYTES_MIN || !startsWith(view, at, layout.valueMeta)) return -1;
    at += layout.valueMeta.length;
    return this.#scanMeta(at, end, layout);
  }

  #scanTime(start: number, end: number): number {
    const view = this.#view;
    const limit = Math.min(end, start + TIMESTAMP_DIGITS_MAX + 1);
    let at = start;
    let time = 0;
    for (; at < limit; at++) {
      const byte = view.getUint8(at);
      if (byte < ZERO || byte > NINE) break;
      time = time * 10 + byte - ZERO;
    }
    const digits = at - start;
    if (digits === 0 || digits > TIMESTAMP_DIGITS_MAX || time > TIMESTAMP_MS_MAX) return -1;
    if (digits > 1 && view.getUint8(start) === ZERO) return -1;
    this.#timeStart = start;
    this.#timeEnd = at;
    return at;
  }

  #scanMeta(start: number, end: number, layout: Layout): number {
    const view = this.#view;
    this.#metaStart = this.#metaEnd = start;
    const first = view.getUint8(start);
    if (first === LETTER_N) return view.getInt32(start, true) === NULL ? start + 4 : -1;
    if (first !== OPEN) return -1;
    if (view.getUint8(start + 1) === CLOSE) return start + 2;
    this.#flatObject.enter(view, end, layout.spaced);
    this.#metaEnd = this.#flatObject.scan(start);
    return this.#metaEnd;
  }

  /** Where the digits that end a message (`...123}`) begin, or -1. */
  #creationTimeAt(tailStart: number, end: number): number {
    const view = this.#view;
    let at = end - 1;
    while (at > tailStart && view.getUint8(at - 1) >= ZERO && view.getUint8(at - 1) <= NINE) at--;
    return this.#isCreationTime(at, end) ? at : -1;
  }

  #isCreationTime(start: number, end: number): boolean {
    const view = this.#view;
    const digits = end - 1 - start;
    if (digits < 1 || digits > CREATION_DIGITS_MAX || view.getUint8(end - 1) !== CLOSE) {
      return false;
    }
    if (digits > 1 && view.getUint8(start) === ZERO) return false;
    for (let i = start; i < end - 1; i++) {
      const byte = view.getUint8(i);
      if (byte < ZERO || byte > NINE) return false;
    }
    return true;
  }

  /** Writes the value as Python's repr(float); -1 where the plain encoder must decide. */
  #writeValue(out: Uint8Array, start: number): number {
    const view = this.#view;
    const { kind, end } = this.#number;
    let at = start;
    if (kind === "other") {
      const value = Number(this.#buffer.toString("latin1", this.#valueStart, end));
      if (!Number.isFinite(value)) return -1;
      const text = floatRepr(value);
      for (let i = 0; i < text.length; i++) out[at++] = text.charCodeAt(i);
      return at;
    }
    for (let i = this.#valueStart; i < end; i++) out[at++] = view.getUint8(i);
    if (kind === "integer") {
      out[at++] = 0x2e;
      out[at++] = ZERO;
    }
    return at;
  }

  #writeMeta(out: Uint8Array, start: number): number {
    if (this.#metaStart === this.#metaEnd) {
      out.set(EMPTY_META, start);
      return start + EMPTY_META.length;
    }
    out.set(META_START, start);
    let at = copyFlatObject(this.#view, { start: this.#metaStart, end: this.#metaEnd }, {
      out,
      at: start + META_START.length,
    });
    out[at++] = QUOTE;
    out[at++] = SPACE;
    return at;
  }
}
