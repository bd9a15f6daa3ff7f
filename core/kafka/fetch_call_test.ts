/**
 * Pure. What a fetch asks for.
 */
import { expect, test } from "bun:test";
import { fetchRequest } from "./fetch_call.ts";

test.each([
  [1_000, 1_000],
  [Infinity, 512 * 1024],
  [50_000_000, 512 * 1024],
])("a partition's bound of %d is asked for as %d", (partitionBytesMax, maxBytes) => {
  const targets = [{ topic: "a", partition: 0, offset: 5 }, {
    topic: "a",
    partition: 2,
    offset: 0,
  }];
  expect(fetchRequest(targets, { waitMs: 100, partitionBytesMax })).toMatchObject({
    maxWaitTime: 100,
    topics: [{
      topic: "a",
      partitions: [
        { partition: 0, fetchOffset: "5", maxBytes },
        { partition: 2, fetchOffset: "0", maxBytes },
      ],
    }],
  });
});
