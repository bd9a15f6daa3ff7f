/**
 * Pure. That only a listing of all records is counted by.
 */
import { expect, test } from "bun:test";
import { readListing } from "./listing.ts";

test("a whole listing says where each record stands, in whatever order", () => {
  const { places, defect } = readListing("2 0/1\n0 0/0\n1 1/0\n", 3);
  expect(defect).toBeUndefined();
  expect([...places].sort()).toEqual([[0, "0/0"], [1, "1/0"], [2, "0/1"]]);
  expect(readListing("", 0).defect).toBeUndefined();
});

test("a listing that ended early is not counted by, whichever records it lacks", () => {
  expect(readListing("0 0/0\n1 1/0\n", 3).defect).toBe("2 of 3 records were listed");
  expect(readListing("0 0/0\n2 0/1\n1 1/0\n", 4).defect).toBe("3 of 4 records were listed");
});

test("a record that is there twice, or that never came, is named", () => {
  expect(readListing("0 0/0\n1 1/0\n0 0/1\n", 3).defect)
    .toBe("1 records are there twice: 0 at 0/0 and 0/1");
  expect(readListing("0 0/0\n3 1/0\n2 0/1\n", 3).defect)
    .toBe("1 records were not produced, although later ones were: 1");
});
