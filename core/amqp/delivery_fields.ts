/**
 * Pure. The two frames before the body of a delivery: the method `basic.deliver`, and the content
 * header with the message's size and properties. Of these the few that anybody asks for are kept.
 */

/** What `basic.deliver` says. */
export interface DeliverMethod {
  readonly tag: number;
  /** It was delivered before and not acknowledged. */
  readonly redelivered: boolean;
  readonly exchange: string;
  readonly routingKey: string;
}

/** What the content header says. */
export interface ContentHeader {
  /** Octets of the body. */
  readonly size: number;
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  readonly messageId: string | undefined;
  /** The header `compression`, where it is text. */
  readonly compression: string | undefined;
}

/** Class 60 and method 60, as the first four octets of a payload. */
export const basicDeliver = 0x003c_003c;
const basicClass = 60;

/** Reads the payload from `at` to `end`; throws a RangeError where it is not what it should be. */
export function readDeliver(bytes: Buffer, at: number, end: number): DeliverMethod {
  const fields = new Fields(bytes, at, end);
  fields.skip(4);
  fields.skip(fields.octet());
  const tag = fields.longLong();
  const redelivered = (fields.octet() & 1) === 1;
  const exchange = fields.text(fields.octet());
  return { tag, redelivered, exchange, routingKey: fields.text(fields.octet()) };
}

/** The same of a content header. */
export function readContentHeader(bytes: Buffer, at: number, end: number): ContentHeader {
  const fields = new Fields(bytes, at, end);
  if (fields.short() !== basicClass) throw new RangeError("a content header of another class");
  fields.skip(2);
  const size = fields.longLong();
  const flags = fields.short();
  if ((flags & 3) !== 0) throw new RangeError("properties that AMQP 0-9-1 does not know");
  const shortText = (bit: number): string | undefined =>
    (flags & (1 << bit)) === 0 ? undefined : fields.text(fields.octet());
  const contentType = shortText(15);
  const contentEncoding = shortText(14);
  const compression = (flags & (1 << 13)) === 0 ? undefined : readCompression(fields);
  if ((flags & (1 << 12)) !== 0) fields.skip(1);
  if ((flags & (1 << 11)) !== 0) fields.skip(1);
  for (const bit of [10, 9, 8]) if ((flags & (1 << bit)) !== 0) fields.skip(fields.octet());
  return { size, contentType, contentEncoding, messageId: shortText(7), compression };
}

/** The value of `compression` in the table that stands next, where it is text. */
function readCompression(fields: Fields): string | undefined {
  const length = fields.long();
  const end = fields.at + length;
  let compression: string | undefined;
  while (fields.at < end) {
    const name = fields.text(fields.octet());
    const type = fields.octet();
    const size = valueSizes[type] ?? fields.long();
    if (valueSizes[type] === undefined && !sizedTypes.has(type)) {
      throw new RangeError("a header of an unknown type");
    }
    if (name !== "compression") fields.skip(size);
    else if (type === textType) compression = fields.text(size);
    else {
      compression = undefined;
      fields.skip(size);
    }
  }
  if (fields.at !== end) throw new RangeError("headers that are longer than their table");
  return compression;
}

const textType = "S".charCodeAt(0);
/** Types of values that their size in octets stands before: texts, octets, tables, arrays. */
const sizedTypes: ReadonlySet<number> = new Set([..."SxFA"].map((type) => type.charCodeAt(0)));
/** Octets of a value, by the type's octet, of all other types. */
const valueSizes: readonly (number | undefined)[] = Object.entries(
  { t: 1, b: 1, B: 1, s: 2, u: 2, I: 4, i: 4, l: 8, f: 4, d: 8, D: 5, T: 8, V: 0 },
).reduce<(number | undefined)[]>((sizes, [type, size]) => {
  sizes[type.charCodeAt(0)] = size;
  return sizes;
}, new Array(256).fill(undefined));

/** AMQP's types one after another; whatever goes beyond the end throws. */
class Fields {
  at: number;
  #bytes: Buffer;
  #end: number;

  constructor(bytes: Buffer, at: number, end: number) {
    this.#bytes = bytes;
    this.at = at;
    this.#end = end;
  }

  octet(): number {
    return this.#bytes[this.#next(1)] ?? 0;
  }

  short(): number {
    return this.#bytes.readUInt16BE(this.#next(2));
  }

  long(): number {
    return this.#bytes.readUInt32BE(this.#next(4));
  }

  longLong(): number {
    return this.long() * 2 ** 32 + this.long();
  }

  text(length: number): string {
    const at = this.#next(length);
    return this.#bytes.toString("utf8", at, at + length);
  }

  skip(count: number): void {
    this.#next(count);
  }

  /** Where the next octets stand, which are behind it from now on. */
  #next(count: number): number {
    const at = this.at;
    if (at + count > this.#end) throw new RangeError("a frame that is shorter than its fields");
    this.at = at + count;
    return at;
  }
}
