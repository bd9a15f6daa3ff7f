/**
 * Pure. The picture: columns stand under each other, lines keep their width, names cannot harm.
 */
import { describe, expect, test } from "bun:test";
import { sparkline } from "../terminal/sparkline.ts";
import { type Picture, renderPicture } from "./picture.ts";
import type { MeasurementSummary } from "./reader.ts";

function summary(part: Partial<MeasurementSummary>): MeasurementSummary {
  return {
    database: "",
    measurement: "cpu.user_perc",
    tenant: "t1",
    series: 2,
    points: 1200,
    firstNs: 1_600_000_000_000_000_000n,
    lastNs: 1_600_003_600_000_000_000n,
    valued: 1200,
    min: 0.25,
    mean: 50,
    max: 99.987654,
    busiestSeries: 1,
    busiestPoints: 600,
    ...part,
  };
}

const picture: Picture = {
  store: "sqlite:metrics.db",
  summaries: [
    summary({}),
    summary({ tenant: "t2", points: 400, valued: 400, mean: 10, min: -3, busiestSeries: 2 }),
    summary({ measurement: "温度", points: 3, valued: 0, min: null, mean: null, max: null }),
  ],
  values: new Map([[1, Array.from({ length: 600 }, (_, i) => i)]]),
  documents: [{ index: "events-p-2026-01-01", documents: 1234 }],
};

describe("renderPicture", () => {
  test("wide, without colour", () => {
    expect(renderPicture(picture, { width: 120, color: false })).toBe(
      [
        "sqlite:metrics.db",
        "1,603 points in 6 series of 2 measurements, 2 tenants",
        "2020-09-13 12:26:40 to 2020-09-13 13:26:40 UTC",
        "",
        "measurement    series  points  first time           last time            min  mean    max  busiest series",
        "cpu.user_perc       4   1,600  2020-09-13 12:26:40  2020-09-13 13:26:40   -3    40  99.99  ▁▁▁▁▂▂▂▂▃▃▃▃▄▄▄▅",
        "温度                2       3  2020-09-13 12:26:40  2020-09-13 13:26:40    -     -      -  ▁▁▁▁▂▂▂▂▃▃▃▃▄▄▄▅",
        "",
        "documents  index",
        "    1,234  events-p-2026-01-01",
        "",
      ].join("\n").replace(/▁▁▁▁▂▂▂▂▃▃▃▃▄▄▄▅/g, sparkline([...Array(600).keys()], 29)),
    );
  });

  test("every line keeps to the width, whatever it is, and colour adds no columns", () => {
    for (const width of [20, 40, 60, 80, 100, 200]) {
      const plain = renderPicture(picture, { width, color: false });
      for (const line of plain.split("\n")) {
        expect(Bun.stringWidth(line)).toBeLessThanOrEqual(width);
      }
      expect(Bun.stripANSI(renderPicture(picture, { width, color: true }))).toBe(plain);
    }
  });

  test("escape sequences in names never reach the terminal", () => {
    const evil = { ...picture, summaries: [summary({ measurement: "a\x1b[2Jb\nc" })] };
    const text = renderPicture(evil, { width: 100, color: false });
    expect(text).not.toContain("\x1b");
    expect(text).toContain("a\ufffd[2Jb\ufffdc");
  });

  test("an empty store, and more measurements than are shown", () => {
    const empty = { ...picture, summaries: [], documents: [] };
    expect(renderPicture(empty, { width: 80, color: false })).toBe(
      "sqlite:metrics.db\n0 points in 0 series of 0 measurements, 0 tenants\n",
    );
    const many = {
      ...picture,
      summaries: Array.from({ length: 50 }, (_, i) => summary({ measurement: `m${i}` })),
    };
    const text = renderPicture(many, { width: 80, color: false });
    expect(text).toContain("... and 10 measurements more with 12,000 points\n");
  });
});
