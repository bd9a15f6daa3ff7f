/**
 * Pure. The picture: well-formed whatever the names, nothing outside of it, labels that do not lie over
 * each other; ticks that are round; a history that keeps its peaks.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { datumOf } from "../../testing/data.ts";
import { ChartHistory } from "./chart_history.ts";
import { renderSvg } from "./svg_chart.ts";
import { escapeXml } from "../xml/escape.ts";
import { numberTicks, timeTicks } from "./ticks.ts";

const start = Date.UTC(2026, 10, 27, 23, 50);

function historyOf(seriesCount: number, pointCount: number): ChartHistory {
  const history = new ChartHistory();
  for (let i = 0; i < pointCount; i++) {
    for (let n = 0; n < seriesCount; n++) {
      const timeMs = start + i * 30_000;
      history.add(datumOf({ resource: `node-${n}`, timeMs, value: i * n, unit: "%" }));
    }
  }
  return history;
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly y: number;
  readonly text: string;
}

/** Where texts stand, by a width that is a little less than the real one. */
function boxes(svg: string): Box[] {
  const pattern =
    /<text x="([\d.-]+)" y="([\d.-]+)" font-size="(\d+)"( text-anchor="(\w+)")?[^>]*>([^<]*)</g;
  return [...svg.matchAll(pattern)].map(([, x, y, size, , anchor, text = ""]) => {
    const width = text.length * Number(size) * 0.5;
    const left = Number(x) - (anchor === "middle" ? width / 2 : anchor === "end" ? width : 0);
    return { left, right: left + width, y: Number(y), text };
  });
}

function overlaps(svg: string): string[] {
  const all = boxes(svg);
  return all.flatMap((a, i) =>
    all.slice(i + 1).filter((b) => Math.abs(a.y - b.y) < 9 && a.left < b.right && b.left < a.right)
      .map((b) => `'${a.text}' lies over '${b.text}'`)
  );
}

describe("picture", () => {
  test("axes with unit and times, a legend, the day where it changes", () => {
    const svg = renderSvg({ title: "t", series: historyOf(3, 40).series(), seriesLeft: 2 });
    const texts = boxes(svg).map(({ text }) => text);
    expect(texts).toContain("cpu_util [%]");
    expect(texts).toEqual(expect.arrayContaining(["0", "20", "40", "60", "80"]));
    expect(texts).toEqual(expect.arrayContaining(["23:50", "00:00", "2026-11-28 UTC"]));
    expect(texts).toEqual(expect.arrayContaining(["node-0", "node-1", "node-2"]));
    expect(texts).toContain("2 more series not drawn");
    expect(svg.match(/<polyline/g)?.length).toBe(3);
  });

  test("many series: ten are drawn, the others counted, and nothing lies over anything", () => {
    const svg = renderSvg({ title: "t", series: historyOf(64, 5).series(), seriesLeft: 0 });
    expect(svg.match(/<polyline/g)?.length).toBe(10);
    expect(boxes(svg).map(({ text }) => text)).toContain("and 54 more");
    expect(overlaps(svg)).toEqual([]);
  });

  test("another unit is another panel; without one, another name is", () => {
    const history = new ChartHistory();
    const each = [
      ["a", "B"],
      ["b", "B"],
      ["c", "%"],
      ...[..."defgh"].map((name) => [name, ""] as const),
    ] as const;
    for (const [name, unit] of each) history.add(datumOf({ name, unit, timeMs: start }));
    const svg = renderSvg({ title: "t", series: history.series(), seriesLeft: 0 });
    const texts = boxes(svg).map(({ text }) => text);
    expect(texts).toEqual(expect.arrayContaining(["a, b [B]", "c [%]", "d", "e"]));
    expect(texts).toContain("1 more series not drawn");
    expect(svg.match(/<circle/g)?.length).toBe(7);
  });

  test("a series of one moment is a dot, however often it was seen", () => {
    const history = new ChartHistory();
    for (let i = 0; i < 3; i++) history.add(datumOf({ timeMs: start, value: 2 }));
    history.add(datumOf({ name: "other", timeMs: start + 60_000, value: 2 }));
    const svg = renderSvg({ title: "t", series: history.series(), seriesLeft: 0 });
    expect(svg.match(/<circle/g)?.length).toBe(2);
    expect(svg).not.toContain("<polyline");
  });

  test("times at the right edge are within the picture", () => {
    const history = new ChartHistory();
    for (const ms of [700, 1400]) history.add(datumOf({ timeMs: start + ms }));
    const svg = renderSvg({ title: "t", series: history.series(), seriesLeft: 0 });
    const last = boxes(svg).filter(({ text }) => text === "23:50:01.400")[0];
    // Letters are up to three tenths wider than `boxes` takes them to be.
    expect((last?.right ?? 0) + 11).toBeLessThan(1000);
  });

  test("nothing at all is said", () => {
    expect(renderSvg({ title: "t", series: [], seriesLeft: 0 })).toContain("No value was seen.");
  });

  test("values beyond the largest tick are drawn at the edge", () => {
    const history = new ChartHistory();
    for (const value of [-2.5e290, 1.797e308]) history.add(datumOf({ value, timeMs: start }));
    const svg = renderSvg({ title: "t", series: history.series(), seriesLeft: 0 });
    expect(svg).toContain("<polyline");
    expect(svg).not.toMatch(/NaN|Infinity/);
  });

  test("any names, values and times: every text within the picture, none over another", () => {
    const name = fc.string({ unit: "grapheme", maxLength: 80 });
    const value = fc.oneof(fc.double({ noNaN: true }), fc.integer());
    const time = fc.integer({ min: 0, max: 4e12 });
    const datum = fc.record({
      name,
      resource: name,
      value,
      timeMs: time,
      unit: fc.constantFrom("B", ""),
    });
    fc.assert(
      fc.property(fc.array(datum, { maxLength: 40 }), (data) => {
        const history = new ChartHistory();
        for (const one of data) history.add(datumOf(one));
        const svg = renderSvg({ title: 'a <b> & "c"', series: history.series(), seriesLeft: 0 });
        expect(svg).not.toMatch(/NaN|Infinity|undefined/);
        expect(overlaps(svg)).toEqual([]);
        expect(boxes(svg).filter(({ left }) => left < 0)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  test("names are never markup", () => {
    expect(escapeXml('<a b="c">&\u0000\ud800')).toBe("&lt;a b=&quot;c&quot;&gt;&amp;\ufffd\ufffd");
  });
});

describe("ticks", () => {
  test("round numbers around the values", () => {
    const texts = (low: number, high: number): string[] =>
      numberTicks(low, high, 5).map(({ text }) => text);
    expect(texts(0, 100)).toEqual(["0", "25", "50", "75", "100"]);
    expect(texts(-1.2, 0.4)).toEqual(["−1.5", "−1.0", "−0.5", "0", "0.5"]);
    expect(texts(0, 5.2e9)).toEqual(["0", "2G", "4G", "6G"]);
    expect(texts(1000, 9000)).toEqual(
      ["0", "2,000", "4,000", "6,000", "8,000", "10,000"].slice(0, 6),
    );
    expect(texts(3, 3)).toContain("3.0");
  });

  test("whatever the range, few ticks, rising, around it", () => {
    const edge = fc.double({ min: -1e12, max: 1e12, noNaN: true });
    fc.assert(fc.property(edge, edge, (a, b) => {
      const [low, high] = [Math.min(a, b), Math.max(a, b)];
      const ticks = numberTicks(low, high, 5);
      expect(ticks.length).toBeGreaterThan(1);
      expect(ticks.length).toBeLessThan(10);
      const slack = 1e-6 * Math.max(1, Math.abs(low), Math.abs(high));
      expect(ticks[0]?.at).toBeLessThanOrEqual(low + slack);
      expect(ticks.at(-1)?.at).toBeGreaterThanOrEqual(high - slack);
      expect(new Set(ticks.map(({ text }) => text)).size).toBe(ticks.length);
    }));
  });

  test("round times, the day where it begins", () => {
    expect(timeTicks(start, start + 20 * 60_000, 6)).toEqual([
      { at: start, text: "23:50", day: "2026-11-27" },
      { at: start + 300_000, text: "23:55", day: undefined },
      { at: start + 600_000, text: "00:00", day: "2026-11-28" },
      { at: start + 900_000, text: "00:05", day: undefined },
      { at: start + 1_200_000, text: "00:10", day: undefined },
    ]);
    expect(timeTicks(start, start + 9 * 86_400_000, 6).map(({ text }) => text)[0]).toBe(
      "2026-11-29",
    );
  });

  test("never more than there is room for", () => {
    const span = fc.integer({ min: 1, max: 1e13 });
    fc.assert(fc.property(span, fc.integer({ min: 2, max: 12 }), (ms, most) => {
      expect(timeTicks(start, start + ms, most).length).toBeLessThanOrEqual(most);
    }));
  });
});

describe("history", () => {
  test("a long one keeps the peaks and its bound, in the order of time", () => {
    const history = new ChartHistory(2, 1000);
    for (let i = 0; i < 20_000; i++) {
      const value = i === 777 ? 1e6 : i === 15_001 ? -1e6 : i % 10;
      history.add(datumOf({ timeMs: start + (i ^ 3) * 1000, value }));
    }
    const [series] = history.series();
    const values = series?.points.map(({ value }) => value) ?? [];
    expect(series?.count).toBe(20_000);
    expect(values.length).toBeLessThanOrEqual(1000);
    expect([Math.max(...values), Math.min(...values)]).toEqual([1e6, -1e6]);
    const times = series?.points.map(({ timeMs }) => timeMs) ?? [];
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  test("what has no value or no time is left out, what has no room is counted", () => {
    const history = new ChartHistory(2);
    history.add(datumOf({ value: NaN }));
    history.add(datumOf({ timeMs: NaN }));
    for (const name of ["a", "b", "c", "d", "c"]) history.add(datumOf({ name }));
    expect([history.series().length, history.seriesLeft]).toEqual([2, 2]);
  });
});
