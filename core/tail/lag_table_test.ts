/**
 * Pure. Lags and rates between two looks, as rows, a table and JSON.
 */
import { describe, expect, test } from "bun:test";
import { lagJson, lagRows, lagTable } from "./lag_table.ts";

const before = {
  atMs: 1000,
  partitions: [
    { partition: 0, position: 100, start: 0, end: 1000 },
    { partition: 1, position: undefined, start: 40, end: 50 },
  ],
};
const now = {
  atMs: 3000,
  partitions: [
    { partition: 0, position: 300, start: 0, end: 1020 },
    { partition: 1, position: undefined, start: 40, end: 50 },
    { partition: 2, position: 7, start: 9, end: 9 },
  ],
};

describe("lag", () => {
  test("per partition, with rates since the look before", () => {
    expect(lagRows(now, before)).toEqual([
      { partition: 0, position: 300, end: 1020, lag: 720, rate: 100, arriving: 10 },
      { partition: 1, position: null, end: 50, lag: 10, rate: null, arriving: 0 },
      { partition: 2, position: 7, end: 9, lag: 0, rate: null, arriving: null },
    ]);
    expect(lagRows(before, undefined)[0]).toMatchObject({ lag: 900, rate: null, arriving: null });
  });

  test("as a table with a sum", () => {
    const table = lagTable(lagRows(now, before), { heading: "Group 'g' on topic 't'", width: 100 });
    expect(table).toEqual([
      "Group 'g' on topic 't'",
      "PARTITION  POSITION    END  LAG   RATE  ARRIVING  CAUGHT UP IN",
      "        0       300  1,020  720  100/s      10/s           8 s",
      "        1      none     50   10      -       0/s             -",
      "        2         7      9    0      -         -           0 s",
      "      all       307  1,079  730  100/s      10/s           9 s",
    ]);
    const narrow = lagTable(lagRows(now, before), { heading: "Group", width: 20 });
    expect(Math.max(...narrow.map((line) => Bun.stringWidth(line)))).toBeLessThanOrEqual(20);
  });

  test("as JSON lines", () => {
    expect(lagJson(lagRows(now, before).slice(1, 2), { topic: "t", group: "g" })).toBe(
      '{"topic":"t","group":"g","partition":1,"position":null,"end":50,"lag":10,"rate":null,' +
        '"arriving":0}\n',
    );
  });
});
