/**
 * Pure. `Unread`: a dict of a message that is looked into without being made, so that a definition
 * that asks for three members of two hundred costs three values.
 */
import { isDict, type Value } from "./value.ts";

/** A member's name as expressions ask for it, with what finds it quickly. */
export class MemberName {
  readonly hash: number;
  /** The same behind the prefix that members of the context have on the wire. */
  readonly inContext: string;
  readonly inContextHash: number;

  constructor(readonly text: string) {
    this.hash = hashOfName(text);
    this.inContext = `_context_${text}`;
    this.inContextHash = hashOfName(this.inContext);
  }
}

/** How names are hashed: by their code units, which for names out of an index are its bytes. */
export function hashOfName(name: string): number {
  let hash = 0;
  for (let i = 0; i < name.length; i++) hash = nextHash(hash, name.charCodeAt(i));
  return hash;
}

/** One step of `hashOfName`. */
export function nextHash(hash: number, unit: number): number {
  return (Math.imul(hash, 31) + unit) | 0;
}

/** See above. */
export abstract class Unread {
  /** Undefined where it has no such member; a member that is a dict may be unread too. */
  abstract member(name: MemberName): Value | Unread | undefined;
  /** The dict itself, the same object each time. */
  abstract made(): Value;
}

/** The value, made if it was not. */
export function madeValue(value: Value | Unread): Value {
  return value instanceof Unread ? value.made() : value;
}

/** A dict's member as it is; undefined in anything else. */
export function memberIn(value: Value | Unread, name: MemberName): Value | Unread | undefined {
  if (value instanceof Unread) return value.member(name);
  return isDict(value) && Object.hasOwn(value, name.text) ? value[name.text] : undefined;
}
