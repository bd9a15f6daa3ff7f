/**
 * Pure. What a listing of the load's topic says: where each record stands, by its number. It believes
 * nothing that does not add up, for the ledger counts by it.
 */

const exampleMax = 5;

/** Records of the load in their topic, by their numbers. */
export interface Listing {
  readonly places: ReadonlyMap<number, string>;
  /** Why it cannot be counted by; undefined where it can. */
  readonly defect: string | undefined;
}

/**
 * Reads lines of `<number> <partition>/<offset>` of a topic that holds `held` records: all of them
 * must be there, each number from 0 on once.
 */
export function readListing(text: string, held: number): Listing {
  const lines = text.split("\n").filter((line) => line !== "");
  const places = new Map<number, string>();
  const twice: string[] = [];
  for (const line of lines) {
    const [key = "", place = ""] = line.split(" ");
    const i = Number(key);
    const before = places.get(i);
    if (before !== undefined) twice.push(`${i} at ${before} and ${place}`);
    places.set(i, place);
  }
  return { places, defect: defectOf(places, { twice, listed: lines.length, held }) };
}

function defectOf(
  places: ReadonlyMap<number, string>,
  found: { readonly twice: readonly string[]; readonly listed: number; readonly held: number },
): string | undefined {
  const { twice, listed, held } = found;
  const examples = (all: readonly unknown[]): string =>
    `${all.slice(0, exampleMax).join(", ")}${all.length > exampleMax ? ", ..." : ""}`;
  if (listed !== held) return `${listed} of ${held} records were listed`;
  if (twice.length > 0) return `${twice.length} records are there twice: ${examples(twice)}`;
  const end = largest(places) + 1;
  if (end === places.size) return undefined;
  const absent = Array.from({ length: end }, (_, i) => i).filter((i) => !places.has(i));
  return `${absent.length} records were not produced, although later ones were: ${
    examples(absent)
  }`;
}

function largest(places: ReadonlyMap<number, string>): number {
  let most = -1;
  for (const i of places.keys()) most = Math.max(most, i);
  return most;
}
