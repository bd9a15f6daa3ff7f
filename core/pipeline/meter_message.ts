/**
 * Pure. The metering message, `meter_message_from_counter`: a sample as udp, tcp and notifier send it,
 * signed. udp and tcp send msgpack, which is written here without the message in between: each sample
 * costs one.
 */
import { type Dict, isDict, PyFloat, type Value } from "../notifications/value.ts";
import { ByteBuffer } from "./byte_buffer.ts";
import { packMapHead, packText, packValue } from "./msgpack.ts";
import type { Sample } from "./sample.ts";
import { type Signer, writePair, writeValue } from "./signature.ts";

/** The message with its members in the reference's order. */
export function meterMessage(sample: Sample, signer: Signer): Dict {
  const values = valuesOf(sample, undefined);
  const message: Dict = {};
  for (let at = 0; at < publisherAt; at++) message[names[at] ?? ""] = values[at] ?? null;
  message.message_signature = signer.sign((pairs) => {
    for (const { name, at } of signed) {
      if (at !== publisherAt) writePair(pairs, name, values[at] ?? null);
    }
  });
  return message;
}

// One loop for all members, and not a line for each: what the runtime compiles of it is small.
const names = [
  "source",
  "counter_name",
  "counter_type",
  "counter_unit",
  "counter_volume",
  "user_id",
  "user_name",
  "project_id",
  "project_name",
  "resource_id",
  "timestamp",
  "resource_metadata",
  "message_id",
  "monotonic_time",
  "publisher_id",
];
const metadataAt = names.indexOf("resource_metadata");
const publisherAt = names.indexOf("publisher_id");

function valuesOf(sample: Sample, publisherId: string | undefined): readonly Value[] {
  return [
    sample.source,
    sample.name,
    sample.type,
    sample.unit,
    sample.volume,
    sample.user_id,
    sample.user_name,
    sample.project_id,
    sample.project_name,
    sample.resource_id,
    sample.timestamp,
    sample.resource_metadata,
    sample.id,
    sample.monotonic_time,
    publisherId ?? null,
  ];
}

/** Names that are packed, and as they are signed: in the order of names. */
const packed = names.map((name) => bytesOf((out) => packText(out, name)));
const signed = names.map((name, at) => ({ name, at, bytes: bytesOf((out) => out.text(name)) }))
  .sort((a, b) => a.name < b.name ? -1 : 1);

function bytesOf(write: (out: ByteBuffer) => void): ByteBuffer {
  const out = new ByteBuffer();
  write(out);
  return out;
}

/** Packs samples as signed metering messages. */
export class MeterPacker {
  readonly #signer: Signer;
  readonly #publisherId: string | undefined;
  readonly #metadata = new MetadataBytes();

  /** Only tcp names its `publisherId` (`[DEFAULT] host`), which is signed too. */
  constructor(signer: Signer, publisherId?: string) {
    this.#signer = signer;
    this.#publisherId = publisherId;
  }

  /** Writes the message behind what `out` holds; throws UnpackableError, with a part of it written. */
  pack(out: ByteBuffer, sample: Sample): void {
    const values = valuesOf(sample, this.#publisherId);
    const metadata = this.#metadata.of(sample.resource_metadata);
    const members = this.#publisherId === undefined ? publisherAt : names.length;
    packMapHead(out, members + 1);
    for (let at = 0; at < members; at++) {
      const name = packed[at];
      if (name !== undefined) out.append(name);
      if (at === metadataAt) out.append(metadata.packed);
      else packValue(out, values[at] ?? null);
    }
    packText(out, "message_signature");
    packText(
      out,
      this.#signer.sign((pairs) => {
        for (const { name, at, bytes } of signed) {
          if (at >= members) continue;
          if (at === metadataAt) {
            pairs.append(metadata.pairs);
            continue;
          }
          const value = values[at] ?? null;
          if (isDict(value)) writePair(pairs, name, value);
          else {
            pairs.append(bytes);
            writeValue(pairs, value);
          }
        }
      }),
    );
  }
}

/**
 * A sample's metadata as it stands in the message and in what is signed: the most of both. What was
 * written last is kept: samples of one notification share it, and those that were polled of one
 * resource, which come one behind the other, have equal ones.
 */
class MetadataBytes {
  readonly packed = new ByteBuffer();
  readonly pairs = new ByteBuffer();
  #last: Dict | undefined;

  /** This, with the bytes of that metadata; throws UnpackableError. */
  of(metadata: Dict): this {
    if (this.#last !== undefined && isSame(metadata, this.#last)) return this;
    this.#last = undefined;
    this.packed.length = 0;
    this.pairs.length = 0;
    packValue(this.packed, metadata);
    writePair(this.pairs, "resource_metadata", metadata);
    this.#last = metadata;
    return this;
  }
}

/** Whether two values are written alike, the order of members included. */
function isSame(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (a instanceof PyFloat || b instanceof PyFloat) {
    return a instanceof PyFloat && b instanceof PyFloat && Object.is(a.value, b.value);
  }
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length &&
      a.every((item, n) => isSame(item, b[n] ?? null));
  }
  const ours = Object.keys(a);
  const theirs = Object.keys(b);
  if (ours.length !== theirs.length) return false;
  for (let n = 0; n < ours.length; n++) {
    const name = ours[n] ?? "";
    if (name !== theirs[n] || !isSame(a[name] ?? null, b[name] ?? null)) return false;
  }
  return true;
}
