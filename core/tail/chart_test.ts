/**
 * Pure. The board's counting, and the screen: sorted, scrolled, within its size.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { sampleDatum } from "../../testing/data.ts";
import { widthOf } from "../terminal/cells.ts";
import {
  type ChartChoice,
  firstChoice,
  pressKey,
  renderChart,
  renderSummary,
} from "./chart_screen.ts";
import { SeriesBoard, type SeriesRow, valuesKept } from "./series_board.ts";

const facts = {
  source: "kafka://h:1/t",
  total: 7,
  unfollowed: 0,
  trouble: undefined,
  ended: false,
};

function boardOf(...counts: readonly (readonly [name: string, count: number])[]): SeriesBoard {
  const board = new SeriesBoard();
  for (const [name, times] of counts) {
    for (let i = 0; i < times; i++) board.add(sampleDatum({ name, value: i }), 10_000 + i);
  }
  return board;
}

describe("board", () => {
  test("last, least, greatest, count, rate over a minute", () => {
    const board = new SeriesBoard();
    for (const [i, value] of [5, 1, 9, 3].entries()) {
      board.add(sampleDatum({ value }), 1_000_000 + i * 1000);
    }
    const [row] = board.rows(1_010_000);
    expect(row).toMatchObject({
      count: 4,
      last: 3,
      min: 1,
      max: 9,
      rate: 0.4,
      values: [5, 1, 9, 3],
    });
    expect(board.rows(1_062_500)[0]).toMatchObject({ count: 4, rate: 1 / 60 });
    expect(board.rows(2_000_000)[0]).toMatchObject({ count: 4, rate: 0 });
  });

  test("without values, data per second stand for them", () => {
    const board = new SeriesBoard();
    for (const at of [0, 100, 2100]) board.add(sampleDatum({ value: NaN }), at);
    expect(board.rows(3000)[0]).toMatchObject({ last: NaN, values: [2, 0, 1, 0] });
  });

  test("keeps so many values and series, and counts the others", () => {
    const board = new SeriesBoard(2);
    for (let i = 0; i < valuesKept * 5; i++) board.add(sampleDatum({ name: "a", value: i }), 0);
    expect(board.rows(0)[0]?.values.length).toBe(valuesKept);
    expect(board.rows(0)[0]?.values.at(-1)).toBe(valuesKept * 5 - 1);
    board.add(sampleDatum({ name: "b" }), 1000);
    board.add(sampleDatum({ name: "c" }), 2000);
    expect([board.size, board.unfollowed]).toEqual([2, 1]);
    board.add(sampleDatum({ name: "b" }), 50_000);
    board.rows(61_000);
    board.add(sampleDatum({ name: "c" }), 61_000);
    expect(board.rows(61_000).map(({ name }) => name)).toEqual(["b", "c"]);
    expect([board.unfollowed, board.total]).toEqual([1, valuesKept * 5 + 4]);
  });
});

describe("screen", () => {
  test("the busiest first, a key sorts, the same key turns round", () => {
    const rows = boardOf(["slow", 1], ["fast", 9], ["mid", 4]).rows(11_000);
    const order = (choice: ChartChoice): string[] =>
      renderChart(rows, facts, { choice, style: { width: 100, height: 10, color: false } })
        .slice(3, 6).map((line) => line.split(" ")[0] ?? "");
    expect(order(firstChoice)).toEqual(["fast", "mid", "slow"]);
    const byName = pressKey(firstChoice, "n") ?? firstChoice;
    expect(order(byName)).toEqual(["fast", "mid", "slow"]);
    expect(order(pressKey(byName, "n") ?? firstChoice)).toEqual(["slow", "mid", "fast"]);
    expect(order(pressKey(firstChoice, "l") ?? firstChoice)).toEqual(["fast", "mid", "slow"]);
  });

  test("as it stands", () => {
    const rows = boardOf(["cpu_util", 9], ["memory.usage", 3]).rows(11_000);
    const style = { width: 110, height: 8, color: false };
    expect(renderChart(rows, facts, { choice: firstChoice, style }).join("\n")).toBe(
      [
        "kafka://h:1/t",
        "7 data, 12/s, 2 series",
        "series        resource   tenant  rate▼  count  last  min  max  unit  last values",
        "cpu_util      1a2b3c4d…  p-1       9/s      9     8    0    8  %     ▁▁▂▃▅▆▇██",
        "memory.usage  1a2b3c4d…  p-1       3/s      3     2    0    2  %     ▁▅█",
        "",
        "",
        "q quit · sort by r rate c count l last i min a max n name · ↑↓ scroll · space pause",
      ].join("\n").replace("▁▁▂▃▅▆▇██", sparkOf(rows[0])),
    );
  });

  test("every size and key gives as many lines as are there, none too wide", () => {
    const rows = boardOf(...Array.from({ length: 40 }, (_, i) => [`meter.${i}`, i + 1] as const))
      .rows(11_000);
    const keys = fc.array(fc.constantFrom(..."rclian gjk ", "\x1b[A", "\x1b[B", "\x1b[6~", "x"));
    const size = fc.record({ width: fc.integer({ min: 1, max: 150 }), height: fc.nat(60) });
    fc.assert(fc.property(size, keys, ({ width, height }, pressed) => {
      const choice = pressed.reduce((now, key) => pressKey(now, key) ?? now, firstChoice);
      const style = { width, height, color: false };
      const lines = renderChart(rows, facts, { choice, style });
      expect(lines.length).toBe(Math.max(1, height));
      expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(width);
    }));
  });

  test("q and Ctrl-C quit", () => {
    expect(["q", "Q", "\x03"].map((key) => pressKey(firstChoice, key))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test("trouble stands in the place of the counts", () => {
    const style = { width: 60, height: 6, color: false };
    const lines = renderChart([], { ...facts, trouble: "broker away" }, {
      choice: firstChoice,
      style,
    });
    expect(lines[1]).toBe("broker away");
  });

  test("a summary where there is no screen", () => {
    const rows = boardOf(["a", 9], ["b", 3]).rows(11_000);
    const text = renderSummary(rows, facts, { width: 100, rowsMax: 1 });
    expect(text).toStartWith("kafka://h:1/t: 7 data in 2 series\n");
    expect(text).toEndWith("... and 1 more series\n");
  });
});

function sparkOf(row: SeriesRow | undefined): string {
  const bars = "▁▂▃▄▅▆▇█";
  return (row?.values ?? []).map((value) => bars[Math.min(7, Math.floor(value / 8 * 8))]).join("");
}
