/**
 * Pure. The messages of Kafka's old formats 0 and 1, which old segments still hold: one message per log
 * entry, or a packed set of them within one.
 */
import { unpack } from "./codecs.ts";
import { readOffset } from "./batch_scan.ts";
import { RecordColumns } from "./record_columns.ts";

const entryHeaderBytes = 12;
const logAppendTimeBit = 8;
const codecMask = 7;
const messageBytesMin = 26;

interface Message {
  readonly offset: number;
  readonly attributes: number;
  /** NaN in format 0, which has none. */
  readonly timestamp: number;
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly valueStart: number;
  readonly valueEnd: number;
  readonly end: number;
}

/** Records of the entry at `start`, over bytes of their own. Throws an Error that says what is wrong. */
export function readMessages(
  bytes: Uint8Array,
  range: { readonly start: number; readonly fromOffset: number; readonly endOffset: number },
): { readonly bytes: Uint8Array; readonly columns: RecordColumns } {
  const outer = readMessage(viewOf(bytes), range.start);
  const codec = outer.attributes & codecMask;
  if (codec === 0) {
    const columns = new RecordColumns(1);
    append(columns, outer, range);
    return { bytes, columns };
  }
  const inner = unpack(codec, bytes.subarray(outer.valueStart, outer.valueEnd));
  const view = viewOf(inner);
  const messages: Message[] = [];
  for (let at = 0; at < inner.length;) {
    const message = readMessage(view, at);
    messages.push(message);
    at = message.end;
  }
  // Format 1 counts inner offsets from 0; the entry's own offset is its last message's.
  const last = messages.at(-1)?.offset ?? 0;
  const shift = Number.isNaN(outer.timestamp) ? 0 : outer.offset - last;
  const oneTimestamp = (outer.attributes & logAppendTimeBit) !== 0;
  const columns = new RecordColumns(messages.length);
  for (const message of messages) {
    const timestamp = oneTimestamp ? outer.timestamp : message.timestamp;
    append(columns, { ...message, offset: message.offset + shift, timestamp }, range);
  }
  return { bytes: inner, columns };
}

function append(
  columns: RecordColumns,
  message: Message,
  range: { readonly fromOffset: number; readonly endOffset: number },
): void {
  if (message.offset < range.fromOffset || message.offset >= range.endOffset) return;
  const n = columns.count++;
  columns.offsets[n] = message.offset;
  columns.timestamps[n] = message.timestamp < 0 ? NaN : message.timestamp;
  columns.keyStarts[n] = message.keyStart;
  columns.keyEnds[n] = message.keyEnd;
  columns.valueStarts[n] = message.valueStart;
  columns.valueEnds[n] = message.valueEnd;
}

function readMessage(view: DataView, start: number): Message {
  const size = start + messageBytesMin > view.byteLength ? -1 : view.getInt32(start + 8);
  const end = start + entryHeaderBytes + size;
  if (size < 0 || end > view.byteLength) throw new Error("a message is cut off");
  const magic = view.getInt8(start + 16);
  const keyAt = start + (magic === 0 ? 18 : 26);
  const key = readBytes(view, keyAt, end);
  const value = readBytes(view, key.next, end);
  return {
    offset: readOffset(view, start),
    attributes: view.getInt8(start + 17),
    timestamp: magic === 0 ? NaN : readOffset(view, start + 18),
    keyStart: key.start,
    keyEnd: key.end,
    valueStart: value.start,
    valueEnd: value.end,
    end,
  };
}

function readBytes(
  view: DataView,
  at: number,
  limit: number,
): { readonly start: number; readonly end: number; readonly next: number } {
  const size = at + 4 > limit ? -2 : view.getInt32(at);
  if (size === -1) return { start: -1, end: -1, next: at + 4 };
  if (size < 0 || at + 4 + size > limit) throw new Error("a message is longer than it says");
  return { start: at + 4, end: at + 4 + size, next: at + 4 + size };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
