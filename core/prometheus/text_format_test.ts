/**
 * Edge (files). The text of a push beside what an agent pushed; names, labels, groups.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { readFileSync } from "node:fs";
import { makeSample, sampleOfLine } from "../../testing/samples.ts";
import { PyFloat } from "../notifications/value.ts";
import { hasGrouping, resourceGroup } from "./grouping.ts";
import { metricName } from "./names.ts";
import { pushText, volumeProblem } from "./text_format.ts";

const captures = "testdata/captures/ceilometer-publishers-fixed";

describe("the text of a push", () => {
  test("is what an agent pushed, in UTF-8 and with the user that it has by now", () => {
    const samples = readFileSync(`${captures}/file-json.log`, "utf8").trimEnd().split("\n")
      .map(sampleOfLine);
    const [, body = ""] = readFileSync(`${captures}/prom-01.req`, "latin1").split("\r\n\r\n");
    expect(pushText(samples).replaceAll(/ user_id="[^"]*",/g, "")).toBe(body);
    expect(pushText(samples)).toContain('resource_id="node-1/port-é", user_id="user-1", pro');
  });

  test("escapes label values", () => {
    const sample = makeSample({ resource_id: 'a"b\\c\nd', user_id: null, project_id: "é\ud800" });
    expect(pushText([sample])).toBe(
      '# TYPE vcpus gauge\nvcpus{resource_id="a\\"b\\\\c\\nd", user_id="None", ' +
        'project_id="é\ufffd"} 1\n',
    );
  });

  test("holds each series once, with its last value", () => {
    const samples = [1, 2, 3].map((volume) =>
      makeSample({ volume, resource_id: volume === 2 ? "other" : "same" })
    );
    const lines = pushText(samples).split("\n");
    expect(lines.map((line) => line.replace(/\{.*same.*\}/, " same").replace(/\{.*\}/, " other")))
      .toEqual(["# TYPE vcpus gauge", "vcpus same 3", "vcpus other 2", ""]);
  });

  test.each([
    [5, "5"],
    [new PyFloat(5), "5.0"],
    [1e21, "1000000000000000000000"],
    ["12", "12"],
    ["-0.50", "-0.50"],
    ["1_0", "10.0"],
    [true, "1.0"],
    [new PyFloat(-Infinity), "-inf"],
  ])("volume %p", (volume, written) => {
    expect(volumeProblem(makeSample({ volume }))).toBeUndefined();
    expect(pushText([makeSample({ volume })])).toEndWith(`} ${written}\n`);
  });

  test.each([null, "x", ""])("volume %p is none", (volume) => {
    expect(volumeProblem(makeSample({ volume }))).toContain("sample of 'vcpus'");
  });
});

test("names are Prometheus' own", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (meter) => {
    expect(metricName(meter)).toMatch(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/);
  }));
  expect(["disk.root-size", "1m", "a b"].map(metricName)).toEqual(["disk_root_size", "_1m", "a_b"]);
});

test("a group is the operator's, or the resource's", () => {
  const paths = ["/metrics/job/a", "/metrics/job/a/", "", "/metrics", "/metrics/job/a/b/c"];
  expect(paths.map(hasGrouping)).toEqual([false, false, false, false, true]);
  const groups = ["a b", "x?y&z=%", "a/b", "..", "", "é(1)"]
    .map((id) => resourceGroup(id, "/metrics/job/a"));
  expect(resourceGroup("a/b", "/elsewhere")).toBe("/resource_id/a%2Fb");
  expect(groups).toEqual([
    "/resource_id/a%20b",
    "/resource_id/x%3Fy%26z%3D%25",
    "/resource_id@base64/YS9i",
    "/resource_id@base64/Li4",
    "/resource_id@base64/=",
    "/resource_id/%C3%A9%281%29",
  ]);
});
