/**
 * Pure. A pipeline graph as a drawing: one SVG file that stands alone, on a light ground, with the
 * whole of every shortened text as a tooltip.
 */
import { escapeXml } from "../xml/escape.ts";
import type { GraphColumn, PipelineGraph } from "./pipeline_graph.ts";
import { layOut, type PlacedEdge, type PlacedLane, type PlacedNode, sizes } from "./svg_layout.ts";

const fills: Readonly<Record<GraphColumn, string>> = {
  source: "#e6f0fa",
  sink: "#e9f5e6",
  publisher: "#fcf0dc",
};

const strokes: Readonly<Record<GraphColumn, string>> = {
  source: "#2f6aa3",
  sink: "#3d7d3a",
  publisher: "#a06a12",
};

/** Arrows out of one box have one of these, in turn, so that the eye can follow them. */
const arrows = [
  "#2f6aa3",
  "#3d7d3a",
  "#8a3f8f",
  "#a06a12",
  "#1f7a7a",
  "#5a56a8",
  "#9b4a2f",
  "#566573",
];

const warning = "#b3261e";
const ink = "#1c2733";
const faint = "#566573";
const fonts = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif";
const arrowHead = 7;

/** The file's text. */
export function graphSvg(graph: PipelineGraph): string {
  const { width, height, lanes } = layOut(graph);
  const [w, h] = [Math.ceil(width), Math.ceil(height)];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}" ` +
    `viewBox="0 0 ${w} ${h}" font-family="${fonts}">`,
    `<title>${escapeXml(titleOf(lanes))}</title>`,
    `<rect width="${w}" height="${h}" fill="#ffffff"/>`,
    ...lanes.flatMap(drawLane),
    "</svg>",
    "",
  ].join("\n");
}

function titleOf(lanes: readonly PlacedLane[]): string {
  return lanes.map(({ lane }) => `${lane.file} (${lane.carries})`).join(", ");
}

function drawLane(placed: PlacedLane): string[] {
  const { lane, x, width, height, headings, nodes, edges } = placed;
  const left = x + sizes.lanePadding;
  const colors = new Map(nodes.map(({ node }, i) => [node.id, arrows[i % arrows.length] ?? ink]));
  return [
    `<rect x="${x}" y="${sizes.margin}" width="${round(width)}" height="${round(height)}" ` +
    `rx="10" fill="#f8fafc" stroke="#d5dde5"/>`,
    text(`${lane.file} (${lane.carries})`, [left, sizes.margin + 30], {
      size: sizes.titleFont + 2,
      bold: true,
    }),
    ...headings.map((heading) =>
      text(heading.text, [heading.x, sizes.margin + 60], { size: sizes.lineFont, color: faint })
    ),
    ...edges.map((edge) => drawEdge(edge, colors.get(edge.edge.from) ?? ink)),
    ...nodes.flatMap(drawNode),
    // Over the boxes' edges, so that no arrow covers a number.
    ...edges.flatMap((edge) => edge.edge.count > 1 ? [drawCount(edge)] : []),
  ];
}

function drawNode({ node, x, y, width, height, ...texts }: PlacedNode): string[] {
  const isReached = node.unreached === undefined;
  const look = isReached
    ? `fill="${fills[node.column]}" stroke="${strokes[node.column]}"`
    : `fill="#ffffff" stroke="${warning}" stroke-dasharray="5 4"`;
  const radius = node.column === "publisher" ? 14 : 6;
  const left = x + sizes.boxPadding;
  const first = y + sizes.boxPadding + 11;
  const small = { size: sizes.lineFont, color: isReached ? ink : warning };
  const whole = [node.title, ...node.details, ...(isReached ? [] : [node.unreached])];
  return [
    `<g><title>${escapeXml(whole.join("\n"))}</title>`,
    `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" ` +
    `rx="${radius}" ${look} stroke-width="1.3"/>`,
    text(texts.title, [left, first], {
      size: sizes.titleFont,
      bold: node.column !== "publisher",
      color: small.color,
    }),
    ...texts.lines.map((line, i) =>
      text(line, [left, first + (i + 1) * sizes.lineHeight], { ...small, color: faint })
    ),
    ...(texts.remark === undefined ? [] : [
      text(texts.remark, [left, first + (texts.lines.length + 1) * sizes.lineHeight], {
        ...small,
        italic: true,
      }),
    ]),
    "</g>",
  ];
}

function drawEdge({ edge, from, to }: PlacedEdge, color: string): string {
  const [x1, y1] = from;
  const x2 = to[0] - arrowHead;
  const y2 = to[1];
  const bend = (x2 - x1) * 0.5;
  const look = edge.isReached
    ? `stroke="${color}" stroke-width="1.5"`
    : `stroke="${warning}" stroke-width="1.3" stroke-dasharray="5 4"`;
  const path = `M${round(x1)} ${round(y1)} C${round(x1 + bend)} ${round(y1)} ` +
    `${round(x2 - bend)} ${round(y2)} ${round(x2)} ${round(y2)}`;
  const head = `M${round(x2)} ${round(y2 - 4)} L${round(to[0])} ${round(y2)} ` +
    `L${round(x2)} ${round(y2 + 4)} Z`;
  return `<path d="${path}" fill="none" ${look}/>` +
    `<path d="${head}" fill="${edge.isReached ? color : warning}"/>`;
}

/** How often a sink names the publisher, in the middle of the arrow. */
function drawCount({ edge, from, to }: PlacedEdge): string {
  const [x, y] = [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2];
  return `<circle cx="${round(x)}" cy="${round(y)}" r="11" fill="#ffffff" stroke="${faint}"/>` +
    `<text x="${round(x)}" y="${round(y + 4)}" font-size="11" text-anchor="middle" ` +
    `fill="${ink}">×${edge.count}</text>`;
}

interface TextLook {
  readonly size: number;
  readonly bold?: boolean;
  readonly italic?: boolean;
  readonly color?: string;
}

function text(content: string, [x, y]: readonly [number, number], look: TextLook): string {
  const weight = look.bold === true ? ' font-weight="600"' : "";
  const style = look.italic === true ? ' font-style="italic"' : "";
  return `<text x="${round(x)}" y="${round(y)}" font-size="${look.size}"${weight}${style} ` +
    `fill="${look.color ?? ink}">${escapeXml(content)}</text>`;
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}
