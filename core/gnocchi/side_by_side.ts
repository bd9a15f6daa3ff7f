/**
 * Pure. Work on many things, some of it at once: all of it is tried even where a part fails.
 */

/** Runs `work` on each item, at most `max` at once; rejects with the first failure after all ended. */
export async function sideBySide<T>(
  items: Iterable<T>,
  max: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const left = [...items].reverse();
  const failures: unknown[] = [];
  const worker = async (): Promise<void> => {
    for (let item = left.pop(); item !== undefined; item = left.pop()) {
      await work(item).catch((error) => failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: Math.min(max, left.length) }, worker));
  if (failures.length > 0) throw failures[0];
}
