/**
 * Pure. `Selector`: what of the lines read is taken: by filter, by format, by number; and what stands in
 * envelopes (dead letters, kcat's records) is taken out of them.
 *
 * Where nothing filters and nothing is enclosed, a block goes through as it is. A line that cannot be
 * read goes through too: whoever encodes it says what is wrong and keeps it.
 */
import type { DatumFilter } from "../datum/datum_filter.ts";
import { detectForm } from "../datum/detect.ts";
import type { Enclosed } from "../datum/envelope_form.ts";
import { type Form, isEnvelope } from "../datum/forms.ts";
import type { LinePrecision } from "../datum/line_times.ts";
import { openEnvelope, orRefusal, readData } from "../datum/read_datum.ts";
import { keyOf, type RecordBlock, valueOf } from "../delivery/records.ts";

/** What is wanted. */
export interface Selection {
  readonly filter: DatumFilter | undefined;
  /** What every line is; undefined: told line by line. */
  readonly format: Form | undefined;
  readonly linePrecision: LinePrecision;
  /** Whether a dead letter for this destination is taken. */
  readonly takesLettersFor: (destination: string) => boolean;
  /** Records to take, all in all. */
  readonly limit: number;
}

/** What was left out, and of what there is something to say. */
export interface SelectionCounts {
  /** Lines that were looked at. */
  lines: number;
  /** Not wanted by the filters. */
  filtered: number;
  /** Dead letters by the destination they are for. */
  readonly lettersOfOthers: Map<string, number>;
}

/** Envelopes in envelopes are opened so deep. */
const envelopesMax = 4;

/** A block with what is known of its records. */
export interface SelectedBlock extends RecordBlock {
  /** Undefined: not looked at. */
  readonly forms: readonly (Form | undefined)[];
}

/** See above. */
export class Selector {
  readonly counts: SelectionCounts = { lines: 0, filtered: 0, lettersOfOthers: new Map() };
  readonly #selection: Selection;
  #left: number;

  constructor(selection: Selection) {
    this.#selection = selection;
    this.#left = selection.limit;
  }

  /** Everything that is wanted was taken. */
  get isDone(): boolean {
    return this.#left <= 0;
  }

  /** The wanted part of the block: always one, so that its end is known even where it is empty. */
  select(block: RecordBlock): SelectedBlock {
    const { filter } = this.#selection;
    const forms: (Form | undefined)[] = [];
    let isWhole = block.count <= this.#left && filter === undefined;
    if (block.corrupt === undefined) {
      for (let i = 0; i < block.count; i++) {
        const form = this.#formOf(block.bytes, block.valueStarts[i] ?? 0, block.valueEnds[i] ?? 0);
        if (form !== undefined && isEnvelope(form)) isWhole = false;
        forms.push(form);
      }
    }
    if (isWhole) {
      this.#left -= block.count;
      this.counts.lines += block.count;
      return { ...block, forms };
    }
    return this.#pick(block, forms);
  }

  #formOf(bytes: Uint8Array, start: number, end: number): Form | undefined {
    const { format } = this.#selection;
    // Also where the format is forced: it is that of what an envelope holds.
    const isForced = format !== undefined && !isEnvelope(format);
    const form = detectForm(bytes, start, end);
    if (isForced) return form !== undefined && isEnvelope(form) ? form : format;
    return format ?? form;
  }

  #pick(block: RecordBlock, forms: readonly (Form | undefined)[]): SelectedBlock {
    const picked: Picked[] = [];
    let nextOffset = block.nextOffset;
    for (let i = 0; i < block.count; i++) {
      if (this.#left <= 0) {
        nextOffset = block.offsets[i] ?? nextOffset;
        break;
      }
      this.counts.lines++;
      const record = this.#open(block, i, forms[i]);
      if (record === undefined || !this.#isWanted(record)) continue;
      this.#left--;
      picked.push(record);
    }
    return assemble({ ...block, nextOffset }, picked);
  }

  /** The record with its envelopes taken off; undefined where it is somebody else's letter. */
  #open(block: RecordBlock, i: number, form: Form | undefined): Picked | undefined {
    const { format, takesLettersFor } = this.#selection;
    let record: Picked = {
      value: valueOf(block, i) ?? new Uint8Array(0),
      key: keyOf(block, i),
      timestamp: block.timestamps[i] ?? NaN,
      offset: block.offsets[i] ?? 0,
      only: undefined,
      form,
    };
    for (let depth = 0; depth < envelopesMax; depth++) {
      const { form: outer } = record;
      if (outer === undefined || !isEnvelope(outer)) break;
      const opened = orRefusal(() => openEnvelope(outer, record.value), (inside) => inside);
      // What cannot be opened is left as it is, to be refused.
      if ("refusal" in opened) break;
      const { destination } = opened;
      if (destination !== undefined && destination !== "" && !takesLettersFor(destination)) {
        const { lettersOfOthers } = this.counts;
        lettersOfOthers.set(destination, (lettersOfOthers.get(destination) ?? 0) + 1);
        return undefined;
      }
      const inner = format !== undefined && !isEnvelope(format) ? format : undefined;
      record = insideOf(record, opened, inner ?? detectForm(opened.payload));
    }
    return record;
  }

  #isWanted({ form, value }: Picked): boolean {
    const { filter, linePrecision } = this.#selection;
    if (filter === undefined || form === undefined) return true;
    const read = readData(form, value, { linePrecision });
    const isWanted = "refusal" in read || read.data.length === 0 || read.data.some(filter);
    if (!isWanted) this.counts.filtered++;
    return isWanted;
  }
}

interface Picked {
  readonly value: Uint8Array;
  readonly key: Uint8Array | null;
  readonly timestamp: number;
  readonly offset: number;
  readonly only: string | undefined;
  readonly form: Form | undefined;
}

function insideOf(outer: Picked, inside: Enclosed, form: Form | undefined): Picked {
  return {
    value: inside.payload,
    key: inside.key ?? outer.key,
    timestamp: Number.isNaN(inside.timestamp) ? outer.timestamp : inside.timestamp,
    offset: outer.offset,
    only: inside.destination === "" ? outer.only : inside.destination ?? outer.only,
    form,
  };
}

/** The records as a block of its own, bytes copied. */
function assemble(block: RecordBlock, records: readonly Picked[]): SelectedBlock {
  const count = records.length;
  const columns = {
    offsets: Float64Array.from(records, ({ offset }) => offset),
    timestamps: Float64Array.from(records, ({ timestamp }) => timestamp),
    valueStarts: new Int32Array(count),
    valueEnds: new Int32Array(count),
    keyStarts: new Int32Array(count).fill(-1),
    keyEnds: new Int32Array(count).fill(-1),
  };
  const size = records.reduce((sum, { value, key }) => sum + value.length + (key?.length ?? 0), 0);
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const [i, { value, key }] of records.entries()) {
    columns.valueStarts[i] = at;
    bytes.set(value, at);
    columns.valueEnds[i] = at += value.length;
    if (key === null) continue;
    columns.keyStarts[i] = at;
    bytes.set(key, at);
    columns.keyEnds[i] = at += key.length;
  }
  const forms = records.map(({ form }) => form);
  const only = records.map((record) => record.only);
  return { ...block, ...columns, bytes, count, forms, only };
}
