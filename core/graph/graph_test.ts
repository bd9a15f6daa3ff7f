/**
 * Edge (processes). The three drawings of pipelines of every size: nothing over anything else, nothing
 * outside, no secret, texts that cannot break out; dot is read by Graphviz itself.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { PipelineFile } from "../pipeline/pipeline.ts";
import { readPipelineFile } from "../pipeline/pipeline_file.ts";
import { loadYaml } from "../yaml/load.ts";
import { graphDot } from "./dot.ts";
import { graphMermaid } from "./mermaid.ts";
import { type PipelineGraph, pipelineGraph } from "./pipeline_graph.ts";
import { graphSvg } from "./svg.ts";
import { layOut, type PlacedNode } from "./svg_layout.ts";
import { cutText } from "./text_width.ts";

const MIXED = `sources:
- {name: all, meters: ["*", "!disk.*"], sinks: [store]}
- {name: none, meters: ["!*"], sinks: [dead]}
sinks:
- name: store
  publishers: ["gnocchi://", "http://user:secret@host/x?token=secret", "gnocchi://"]
- {name: dead, publishers: ["file:///dead", "gnocchi://"]}
- {name: nobody, publishers: ["gnocchi://?archive_policy=high"]}
`;

function fileOf(yaml: string, name = "pipeline.yaml"): PipelineFile {
  const { root } = loadYaml(yaml, name);
  const read = root && readPipelineFile(root, { carries: "samples", file: name });
  if (read?.file === undefined) throw new Error(String(read?.problems));
  return read.file;
}

interface Shape {
  readonly sources: readonly { readonly name: string; readonly sinks: readonly number[] }[];
  readonly sinks: readonly (readonly number[])[];
}

/** A file of any shape; names may hold whatever YAML can quote. */
function yamlOf({ sources, sinks }: Shape): string {
  return JSON.stringify({
    sources: sources.map(({ name, sinks: to }, i) => ({
      name: `${name}${i}`,
      meters: [`${name}*`, "*x"],
      sinks: [...new Set(to.map((n) => `sink${n % sinks.length}`))],
    })),
    sinks: sinks.map((to, i) => ({
      name: `sink${i}`,
      publishers: to.map((n) => `http://user:secret@host${n}:80/${n}?a=secret`),
    })),
  });
}

const shapes: fc.Arbitrary<Shape> = fc.record({
  sources: fc.array(
    fc.record({
      name: fc.string({ minLength: 1, unit: "grapheme" }).map((text) => `*${text}`),
      sinks: fc.array(fc.nat(33), { minLength: 1, maxLength: 6 }),
    }),
    { minLength: 1, maxLength: 34 },
  ),
  sinks: fc.array(fc.array(fc.nat(33), { minLength: 1, maxLength: 6 }), {
    minLength: 1,
    maxLength: 33,
  }),
});

const mixed: PipelineGraph = pipelineGraph([fileOf(MIXED), fileOf(MIXED, "second.yaml")]);

function overlap(a: PlacedNode, b: PlacedNode): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height &&
    b.y < a.y + a.height;
}

describe("the graph", () => {
  test("says what is never reached and why", () => {
    const [lane] = mixed.lanes;
    const unreached = lane?.nodes.filter((node) => node.unreached !== undefined);
    expect(unreached?.map(({ title, unreached: why }) => [title, why])).toEqual([
      ["none", "'!*' excludes everything"],
      ["dead", "its sources take nothing"],
      ["nobody", "no source leads here"],
      ["file:///dead", "its sinks get nothing"],
      ["gnocchi://#2", "its sinks get nothing"],
    ]);
    expect(lane?.edges.map(({ count, isReached }) => [count, isReached])).toEqual([
      [1, true],
      [1, false],
      [2, true],
      [1, true],
      [1, false],
      [1, false],
      [1, false],
    ]);
  });

  test("shows no secret in any form", () => {
    for (const text of [graphDot(mixed), graphMermaid(mixed), graphSvg(mixed)]) {
      expect(text).not.toContain("secret");
      expect(text).toContain("second");
    }
  });
});

describe("the drawing", () => {
  test("puts no box over another or outside, with 1 to 100 boxes in a lane", () => {
    fc.assert(
      fc.property(fc.array(shapes, { minLength: 1, maxLength: 2 }), (files) => {
        const graph = pipelineGraph(files.map((shape) => fileOf(yamlOf(shape))));
        const { width, height, lanes } = layOut(graph);
        const boxes = lanes.flatMap(({ nodes }) => nodes);
        expect(boxes.length).toBe(graph.lanes.flatMap(({ nodes }) => nodes).length);
        boxes.forEach((box, i) => {
          expect(boxes.slice(i + 1).filter((other) => overlap(box, other))).toEqual([]);
          expect(box.x >= 0 && box.x + box.width <= width).toBe(true);
          expect(box.y >= 0 && box.y + box.height <= height).toBe(true);
        });
        for (const lane of lanes) {
          expect(lane.edges.every(({ from, to }) => from[0] < to[0])).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });

  test("is well-formed whatever the names, with every element closed", () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const svg = graphSvg(pipelineGraph([fileOf(yamlOf(shape))]));
        const open: string[] = [];
        for (const [, close, name, empty] of svg.matchAll(/<(\/?)([a-z]+)[^<>]*?(\/?)>/g)) {
          if (close === "/") expect(open.pop()).toBe(name);
          else if (empty !== "/") open.push(name ?? "");
        }
        expect(open).toEqual([]);
        expect(svg.replace(/<\/?[a-z]+(?: [a-zA-Z-]+="[^"<]*")*\/?>/g, "")).not.toMatch(/[<>]/);
        expect(svg.replace(/&(amp|lt|gt|quot|#9|#10);/g, "")).not.toContain("&");
      }),
      { numRuns: 60 },
    );
  });

  test("shortens what is too long, and keeps the whole as a tooltip", () => {
    const long = `meter.${"very.".repeat(40)}long`;
    const svg = graphSvg(pipelineGraph([fileOf(
      `sources: [{name: s, meters: [${long}], sinks: [k]}]\n` +
        "sinks: [{name: k, publishers: ['udp://h:1']}]\n",
    )]));
    expect(svg).toContain(`<title>s&#10;${long}</title>`);
    expect(svg).toMatch(/>meter\.[^<]*…[^<]*long<\/text>/);
  });
});

test("a name of a million characters is cut in one pass", () => {
  expect(cutText("i".repeat(1_000_000), 14, 316)).toMatch(/^i{27}…i{26}$/);
  expect(cutText(`m${"i".repeat(20)}m`, 10, 60)).toBe("miiii…iiim");
}, 3000);

describe("mermaid", () => {
  const line = new RegExp(
    [
      "flowchart LR",
      '  subgraph lane\\d \\["[^"]*"\\]',
      "    direction LR",
      '    \\w+(\\["[^"]*"\\]|\\(\\["[^"]*"\\]\\)):::(source|sink|publisher|unreached)',
      '    \\w+ (-->|-\\.->)(\\|"\\d+ times"\\|)? \\w+',
      "  end",
      "  classDef \\w+ [a-z0-9:#, -]+",
      "",
    ].map((part) => `^${part}$`).join("|"),
  );

  test("has only lines of the flowchart's grammar, whatever the names", () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const text = graphMermaid(pipelineGraph([fileOf(yamlOf(shape))]));
        expect(text.split("\n").filter((one) => !line.test(one))).toEqual([]);
      }),
      { numRuns: 60 },
    );
    expect(graphMermaid(mixed)).toContain('lane1_sink1 -->|"2 times"| lane1_publisher1');
  });
});

const dot = Bun.which("dot");
if (dot === null) console.error("Graphviz is not installed: its reading of dot is not tested");

describe.skipIf(dot === null)("dot", () => {
  test("is read by Graphviz, which finds the same boxes and arrows", () => {
    const odd = fileOf(
      JSON.stringify({
        sources: [{ name: 'a"b\\n<i>&amp;\\', meters: ["*"], sinks: ["k"] }],
        sinks: [{ name: "k", publishers: ["udp://h:1"] }],
      }),
    );
    for (const graph of [mixed, pipelineGraph([odd])]) {
      const child = Bun.spawnSync([dot ?? "", "-Tplain"], {
        stdin: Buffer.from(graphDot(graph)),
      });
      expect(child.stderr.toString()).toBe("");
      const lines = child.stdout.toString().replaceAll("\\\n", "").split("\n");
      const count = (word: string) => lines.filter((one) => one.startsWith(`${word} `)).length;
      expect(count("node")).toBe(graph.lanes.flatMap(({ nodes }) => nodes).length);
      expect(count("edge")).toBe(graph.lanes.flatMap(({ edges }) => edges).length);
    }
  });
});
