/**
 * Pure. A pipeline graph in Graphviz' language, left to right, a cluster per file.
 */
import type { GraphEdge, GraphLane, GraphNode, PipelineGraph } from "./pipeline_graph.ts";

const shapes = { source: "box", sink: "box", publisher: "cds" } as const;
const fills = { source: "#e8f1fb", sink: "#eef7ea", publisher: "#fdf3e1" } as const;

/** A digraph that `dot` reads. */
export function graphDot({ lanes }: PipelineGraph): string {
  return [
    "digraph pipelines {",
    "  rankdir=LR;",
    '  node [fontname="Helvetica", fontsize=11, style="filled,rounded", color="#5b6b7b"];',
    '  edge [color="#5b6b7b"];',
    ...lanes.flatMap(cluster),
    "}",
    "",
  ].join("\n");
}

function cluster({ id, file, carries, nodes, edges }: GraphLane): string[] {
  return [
    `  subgraph cluster_${id} {`,
    `    label=${quoted(`${file} (${carries})`)};`,
    ...nodes.map(nodeLine),
    ...edges.map(edgeLine),
    "  }",
  ];
}

function nodeLine({ id, column, title, details, unreached }: GraphNode): string {
  const label = [title, ...details, ...(unreached === undefined ? [] : [`(${unreached})`])];
  const look = unreached === undefined
    ? `fillcolor="${fills[column]}"`
    : 'style="dashed", color="#b3261e", fontcolor="#b3261e"';
  return `    ${id} [shape=${shapes[column]}, label=${quoted(label.join("\n"))}, ${look}];`;
}

function edgeLine({ from, to, count, isReached }: GraphEdge): string {
  const looks = [
    ...(count > 1 ? [`label="${count} times"`] : []),
    ...(isReached ? [] : ['style="dashed"', 'color="#b3261e"']),
  ];
  return `    ${from} -> ${to}${looks.length === 0 ? "" : ` [${looks.join(", ")}]`};`;
}

/** A backslash stands for itself, a line break for itself; HTML entities are none. */
function quoted(text: string): string {
  const escaped = text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("&", "&amp;")
    .replaceAll("\n", "\\n");
  return `"${escaped}"`;
}
