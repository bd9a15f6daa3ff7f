/**
 * Pure. Sends items by one publisher to their end, by the reaction table of the delivery promise:
 * halve what was refused until each item has its own answer, and say what has to come again. Waiting
 * is the lane's business.
 */
import type { DeadLetterClass } from "../delivery/dead_letter.ts";
import { PartialWriteError, type Reaction, StoreError } from "../delivery/writer.ts";
import type { Item } from "./parcel.ts";

/** A refused call is cut into so many parts: few levels, so that good items are rarely repeated. */
const bisectParts = 8;

/** One item, with whatever its sender knows it by. */
export interface Entry {
  readonly item: Item;
}

/** Why an item is refused for good. */
export interface ItemRefusal {
  readonly class: DeadLetterClass;
  readonly reason: string;
}

/** What became of items; each is told once, attempts that failed besides. */
export interface SendOutcomes<E extends Entry> {
  published(entries: readonly E[]): void;
  expired(entry: E): void;
  refused(entry: E, why: ItemRefusal): void;
  failed(entries: readonly E[]): void;
}

/** The far end is away, or its operator's fault keeps it from taking anything. */
export interface Outage<E extends Entry> {
  readonly left: readonly E[];
  readonly error: StoreError;
}

/** One call to the far end; rejects with a StoreError. */
export type Call = (items: readonly Item[]) => Promise<void>;

/**
 * Resolves with what is left when the far end is away; undefined when every item has been told.
 * Rejects for a defect only.
 */
export async function sendItems<E extends Entry>(
  entries: readonly E[],
  call: Call,
  outcomes: SendOutcomes<E>,
): Promise<Outage<E> | undefined> {
  const groups: (readonly E[])[] = [entries];
  for (let group = groups.shift(); group !== undefined; group = groups.shift()) {
    const error = await attempt(group, call);
    if (error === undefined) {
      outcomes.published(group);
      continue;
    }
    outcomes.failed(group);
    const { again, parts } = sort(group, error, outcomes);
    if (again.length > 0) return { left: [...again, ...parts.flat(), ...groups.flat()], error };
    groups.unshift(...parts);
  }
  return undefined;
}

async function attempt(group: readonly Entry[], call: Call): Promise<StoreError | undefined> {
  try {
    await call(group.map(({ item }) => item));
    return undefined;
  } catch (error) {
    if (error instanceof StoreError) return error;
    throw error;
  }
}

interface Sorted<E> {
  readonly again: readonly E[];
  readonly parts: readonly (readonly E[])[];
}

function sort<E extends Entry>(
  group: readonly E[],
  error: StoreError,
  outcomes: SendOutcomes<E>,
): Sorted<E> {
  if (error instanceof PartialWriteError) return sortNamed(group, error, outcomes);
  const { reaction, message: reason } = error;
  if (isOutage(reaction)) return { again: group, parts: [] };
  const [only] = group;
  if (group.length === 1 && only !== undefined) {
    refuse(only, { reaction, reason }, outcomes);
    return { again: [], parts: [] };
  }
  return { again: [], parts: cut(group, reaction === "split" ? 2 : bisectParts) };
}

function sortNamed<E extends Entry>(
  group: readonly E[],
  { refused }: PartialWriteError,
  outcomes: SendOutcomes<E>,
): Sorted<E> {
  const answers = new Map(refused.map((one) => [one.item, one]));
  const published: E[] = [];
  const again: E[] = [];
  group.forEach((entry, i) => {
    const answer = answers.get(i);
    if (answer === undefined) published.push(entry);
    else if (isOutage(answer.reaction)) again.push(entry);
    else refuse(entry, answer, outcomes);
  });
  if (published.length > 0) outcomes.published(published);
  return { again, parts: [] };
}

function isOutage(reaction: Reaction): boolean {
  return reaction !== "bisect" && reaction !== "split" && reaction !== "expired";
}

function refuse<E extends Entry>(
  entry: E,
  { reaction, reason }: { readonly reaction: Reaction; readonly reason: string },
  outcomes: SendOutcomes<E>,
): void {
  if (reaction === "expired") return outcomes.expired(entry);
  outcomes.refused(entry, { class: reaction === "split" ? "too_large" : "rejected", reason });
}

function cut<E>(group: readonly E[], parts: number): (readonly E[])[] {
  const size = Math.ceil(group.length / parts);
  const pieces: (readonly E[])[] = [];
  for (let at = 0; at < group.length; at += size) pieces.push(group.slice(at, at + size));
  return pieces;
}
