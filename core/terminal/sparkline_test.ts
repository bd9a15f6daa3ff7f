/**
 * Pure. Bars over the range of their own values.
 */
import { expect, test } from "bun:test";
import { sparkline } from "./sparkline.ts";

test("sparkline: scaled to its own range, flat where there is none", () => {
  expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8)).toBe("▁▂▃▄▅▆▇█");
  expect(sparkline([1, 1, 1], 8)).toBe("▅▅▅");
  expect(sparkline([], 8)).toBe("");
  expect(sparkline([-5, -5, 5, 5], 2)).toBe("▁█");
});
