/**
 * Pure. Several sources of notifications as one: what each brings comes as soon as it is there.
 */
import type { Incoming, Inflow } from "./inflow.ts";

/** One of them is itself; several end when all have. */
export function mergeInflows(inflows: readonly Inflow[]): Inflow {
  const [only] = inflows;
  if (inflows.length === 1 && only !== undefined) return only;
  return {
    name: inflows.map(({ name }) => name).join(", "),
    deliveries: () => mergeDeliveries(inflows),
    async flush(): Promise<void> {
      await Promise.all(inflows.map((inflow) => inflow.flush()));
    },
    async close(): Promise<void> {
      await Promise.all(inflows.map((inflow) => inflow.close()));
    },
  };
}

async function* mergeDeliveries(
  inflows: readonly Inflow[],
): AsyncGenerator<readonly Incoming[], void, void> {
  const iterators = inflows.map((inflow) => inflow.deliveries()[Symbol.asyncIterator]());
  const pull = (i: number) => iterators[i]?.next().then((result) => ({ i, result }));
  const pulls = new Map(iterators.map((_, i) => [i, pull(i)]));
  while (pulls.size > 0) {
    const came = await Promise.race(pulls.values());
    if (came === undefined) return;
    if (came.result.done === true) {
      pulls.delete(came.i);
      continue;
    }
    pulls.set(came.i, pull(came.i));
    yield came.result.value;
  }
}
