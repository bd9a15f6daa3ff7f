/**
 * Pure. Where the boxes and arrows of a pipeline graph stand: a lane per file, three columns in each,
 * every box beside what leads to it as far as there is room, none over another.
 */
import type { GraphColumn, GraphEdge, GraphLane, GraphNode } from "./pipeline_graph.ts";
import type { PipelineGraph } from "./pipeline_graph.ts";
import { cutText, textWidth } from "./text_width.ts";

/** A box with its texts as they fit. */
export interface PlacedNode {
  readonly node: GraphNode;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly title: string;
  readonly lines: readonly string[];
  /** The reason why it is not reached, as it fits. */
  readonly remark: string | undefined;
}

/** An arrow from the right side of one box to the left side of another. */
export interface PlacedEdge {
  readonly edge: GraphEdge;
  readonly from: readonly [x: number, y: number];
  readonly to: readonly [x: number, y: number];
}

/** A heading over a column. */
export interface PlacedHeading {
  readonly x: number;
  readonly text: string;
}

/** One file's part of the drawing. */
export interface PlacedLane {
  readonly lane: GraphLane;
  readonly x: number;
  readonly width: number;
  readonly height: number;
  readonly headings: readonly PlacedHeading[];
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
}

/** The whole drawing, in pixels. */
export interface PlacedGraph {
  readonly width: number;
  readonly height: number;
  readonly lanes: readonly PlacedLane[];
}

/** Sizes of the drawing, in pixels; the renderer takes its own from here too. */
export const sizes = {
  margin: 24,
  laneGap: 32,
  lanePadding: 20,
  /** Above the first box: the file's name and the headings of the columns. */
  laneHead: 76,
  columnGap: 84,
  boxGap: 18,
  boxPadding: 12,
  titleFont: 14,
  lineFont: 12,
  lineHeight: 18,
  boxWidthMin: 130,
  boxWidthMax: 340,
  /** Room for each arrow at the side of a box, as long as the box stays below the bound. */
  portGap: 7,
  portsHeightMax: 140,
  /** Patterns of a source that are shown before the rest is counted, and where sources are many. */
  linesMax: 8,
  linesMaxOfMany: 3,
  manySources: 12,
  /** What a column's gap grows by for each arrow that has to find its way, and up to. */
  gapPerEdge: 2,
  gapMax: 220,
} as const;

const columns: readonly GraphColumn[] = ["source", "sink", "publisher"];
const headings = { source: "Sources", sink: "Sinks", publisher: "Publishers" } as const;

/** Places everything. */
export function layOut({ lanes }: PipelineGraph): PlacedGraph {
  const placed: PlacedLane[] = [];
  let x: number = sizes.margin;
  for (const lane of lanes) {
    const one = placeLane(lane, x);
    placed.push(one);
    x += one.width + sizes.laneGap;
  }
  const height = Math.max(0, ...placed.map((lane) => lane.height));
  return {
    width: x - sizes.laneGap + sizes.margin,
    height: height + 2 * sizes.margin,
    lanes: placed,
  };
}

/** A box with its size, not yet placed. */
type Sized = Omit<PlacedNode, "x" | "y">;

function placeLane(lane: GraphLane, x: number): PlacedLane {
  const sources = lane.nodes.filter(({ column }) => column === "source").length;
  const linesMax = sources > sizes.manySources ? sizes.linesMaxOfMany : sizes.linesMax;
  const sized = columns.map((column) =>
    lane.nodes.filter((node) => node.column === column)
      .map((node) => sizeOf(node, portsOf(node, lane.edges), linesMax))
  );
  const tallest = Math.max(0, ...sized.map(stackHeight));
  const top = sizes.margin + sizes.laneHead;
  const placed = new Map<string, PlacedNode>();
  const heads: PlacedHeading[] = [];
  let left = x + sizes.lanePadding;
  let right = left;
  sized.forEach((boxes, i) => {
    const width = Math.max(sizes.boxWidthMin, ...boxes.map((box) => box.width));
    const column = columns[i] ?? "source";
    heads.push({ x: left, text: `${headings[column]} (${boxes.length})` });
    const ys = i === 0
      ? stack(boxes, top + (tallest - stackHeight(boxes)) / 2)
      : beside(boxes, lane.edges, { placed, top });
    for (const { box, y } of ys) placed.set(box.node.id, { ...box, width, x: left, y });
    right = left + width;
    left = right + gapAfter(lane, column);
  });
  const highest = Math.min(...[...placed.values()].map(({ y }) => y));
  const nodes = [...placed.values()].map((node) => ({ ...node, y: node.y - highest + top }));
  const bottom = Math.max(top, ...nodes.map(({ y, height }) => y + height));
  const title = textWidth(`${lane.file} (${lane.carries})`, sizes.titleFont + 2);
  return {
    lane,
    x,
    width: Math.max(right - x, title + sizes.lanePadding) + sizes.lanePadding,
    height: bottom - sizes.margin + sizes.lanePadding,
    headings: heads,
    nodes,
    edges: placeEdges(lane.edges, new Map(nodes.map((node) => [node.node.id, node]))),
  };
}

function gapAfter({ nodes, edges }: GraphLane, column: GraphColumn): number {
  const ids = new Set(nodes.filter((node) => node.column === column).map(({ id }) => id));
  const count = edges.filter(({ from }) => ids.has(from)).length;
  return Math.min(sizes.gapMax, sizes.columnGap + count * sizes.gapPerEdge);
}

/** Arrows at the side of the box that has more of them. */
function portsOf({ id }: GraphNode, edges: readonly GraphEdge[]): number {
  const out = edges.filter(({ from }) => from === id).length;
  return Math.max(out, edges.filter(({ to }) => to === id).length);
}

function sizeOf(node: GraphNode, ports: number, linesMax: number): Sized {
  const { boxPadding, titleFont, lineFont, lineHeight, boxWidthMax } = sizes;
  const inner = boxWidthMax - 2 * boxPadding;
  const more = node.details.length - linesMax + 1;
  const shown = more <= 1
    ? node.details
    : [...node.details.slice(0, linesMax - 1), `and ${more} more`];
  const title = cutText(node.title, titleFont, inner);
  const lines = shown.map((line) => cutText(line, lineFont, inner));
  const remark = node.unreached === undefined
    ? undefined
    : cutText(node.unreached, lineFont, inner);
  const small = [...lines, ...(remark === undefined ? [] : [remark])];
  const width = Math.max(
    textWidth(title, titleFont),
    ...small.map((line) => textWidth(line, lineFont)),
  );
  return {
    node,
    width: Math.min(boxWidthMax, Math.ceil(width) + 2 * boxPadding),
    height: Math.max(
      2 * boxPadding + lineHeight * (1 + small.length) - 4,
      Math.min(sizes.portsHeightMax, sizes.portGap * (ports + 1)),
    ),
    title,
    lines,
    remark,
  };
}

function stackHeight(boxes: readonly Sized[]): number {
  const heights = boxes.reduce((sum, { height }) => sum + height, 0);
  return heights + Math.max(0, boxes.length - 1) * sizes.boxGap;
}

interface Stacked {
  readonly box: Sized;
  readonly y: number;
}

function stack(boxes: readonly Sized[], top: number): Stacked[] {
  let y = top;
  return boxes.map((box) => {
    const at = y;
    y += box.height + sizes.boxGap;
    return { box, y: at };
  });
}

interface Standing {
  readonly placed: ReadonlyMap<string, PlacedNode>;
  readonly top: number;
}

/** Each box as near as may be to the middle of what leads to it, unreached ones at the end. */
function beside(
  boxes: readonly Sized[],
  edges: readonly GraphEdge[],
  { placed, top }: Standing,
): Stacked[] {
  const wishes = boxes.map((box) => {
    const middles = edges.filter(({ to }) => to === box.node.id).flatMap(({ from }) => {
      const node = placed.get(from);
      return node === undefined ? [] : [node.y + node.height / 2];
    });
    const mean = middles.reduce((sum, y) => sum + y, 0) / middles.length;
    return { box, wish: middles.length === 0 ? Infinity : mean };
  }).toSorted((a, b) => a.wish === b.wish ? 0 : a.wish - b.wish);
  let free = top;
  const ys = wishes.map(({ box, wish }) => {
    const wanted = wish === Infinity ? free : wish - box.height / 2;
    const y = Math.max(free, wanted);
    free = y + box.height + sizes.boxGap;
    return { box, y, over: wish === Infinity ? undefined : y - wanted };
  });
  return pulledUp(ys, top);
}

/** What was pushed down by its neighbours above takes half of that back, as long as there is room. */
function pulledUp(
  boxes: readonly (Stacked & { readonly over: number | undefined })[],
  top: number,
): Stacked[] {
  const overs = boxes.flatMap(({ over }) => over ?? []);
  const mean = overs.reduce((sum, over) => sum + over, 0) / Math.max(1, overs.length);
  let free = top;
  return boxes.map(({ box, y }) => {
    const at = Math.max(free, y - mean);
    free = at + box.height + sizes.boxGap;
    return { box, y: at };
  });
}

/** Arrows leave and reach a box spread over its side, in the order of their other ends. */
function placeEdges(
  edges: readonly GraphEdge[],
  placed: ReadonlyMap<string, PlacedNode>,
): PlacedEdge[] {
  const yOf = (id: string): number => {
    const node = placed.get(id);
    return node === undefined ? 0 : node.y + node.height / 2;
  };
  const port = (edge: GraphEdge, own: "from" | "to"): number => {
    const other = own === "from" ? "to" : "from";
    const beside = edges.filter((one) => one[own] === edge[own])
      .toSorted((a, b) => yOf(a[other]) - yOf(b[other]));
    const node = placed.get(edge[own]);
    const share = (beside.indexOf(edge) + 1) / (beside.length + 1);
    return node === undefined ? 0 : node.y + node.height * share;
  };
  return edges.flatMap((edge) => {
    const [from, to] = [placed.get(edge.from), placed.get(edge.to)];
    if (from === undefined || to === undefined) return [];
    return [{
      edge,
      from: [from.x + from.width, port(edge, "from")],
      to: [to.x, port(edge, "to")],
    }];
  });
}
