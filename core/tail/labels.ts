/**
 * Pure. Which of their labels tell series apart: what all of one name and resource have in common says
 * nothing beside them.
 */

interface Labelled {
  readonly name: string;
  readonly resource: string;
  /** `name=value` pairs with a blank between. */
  readonly labels: string;
}

/** The same series, in the same order, with only the labels that tell each from its likes. */
export function withTellingLabels<T extends Labelled>(series: readonly T[]): T[] {
  const likes = Map.groupBy(series, ({ name, resource }) => `${name}\n${resource}`);
  const common = new Map(
    [...likes].map(([key, group]): [string, ReadonlySet<string>] => [key, commonPairs(group)]),
  );
  return series.map((each) => {
    const shared = common.get(`${each.name}\n${each.resource}`);
    const labels = each.labels.split(" ").filter((pair) => !shared?.has(pair)).join(" ");
    return { ...each, labels };
  });
}

function commonPairs(group: readonly Labelled[]): ReadonlySet<string> {
  const [first, ...others] = group.map(({ labels }) => new Set(labels.split(" ")));
  return others.reduce((shared, pairs) => shared.intersection(pairs), first ?? new Set<string>());
}
