/**
 * Pure. A pipeline graph as a Mermaid flowchart, which GitHub and GitLab draw in Markdown.
 */
import type { GraphEdge, GraphLane, GraphNode, PipelineGraph } from "./pipeline_graph.ts";

/** A flowchart, left to right, a subgraph per file. */
export function graphMermaid({ lanes }: PipelineGraph): string {
  return [
    "flowchart LR",
    ...lanes.flatMap(subgraph),
    "  classDef source fill:#e8f1fb,stroke:#5b6b7b,color:#1c2733",
    "  classDef sink fill:#eef7ea,stroke:#5b6b7b,color:#1c2733",
    "  classDef publisher fill:#fdf3e1,stroke:#5b6b7b,color:#1c2733",
    "  classDef unreached fill:#ffffff,stroke:#b3261e,color:#b3261e,stroke-dasharray:4 3",
    "",
  ].join("\n");
}

function subgraph({ id, file, carries, nodes, edges }: GraphLane): string[] {
  return [
    `  subgraph ${id} [${quoted([`${file} (${carries})`])}]`,
    "    direction LR",
    ...nodes.map(nodeLine),
    ...edges.map(edgeLine),
    "  end",
  ];
}

function nodeLine({ id, column, title, details, unreached }: GraphNode): string {
  const label = [title, ...details, ...(unreached === undefined ? [] : [`(${unreached})`])];
  const [open, close] = column === "publisher" ? ["([", "])"] : ["[", "]"];
  const look = unreached === undefined ? column : "unreached";
  return `    ${id}${open}${quoted(label)}${close}:::${look}`;
}

function edgeLine({ from, to, count, isReached }: GraphEdge): string {
  const label = count > 1 ? `|"${count} times"|` : "";
  return `    ${from} ${isReached ? "-->" : "-.->"}${label} ${to}`;
}

/** Everything that Mermaid or Markdown would read as more than a character becomes its number. */
function quoted(lines: readonly string[]): string {
  const escaped = lines.map((line) =>
    line.replace(/[^\p{L}\p{N} .,:/()[\]!?-]/gu, (character) => `#${character.codePointAt(0)};`)
  );
  return `"${escaped.join("<br/>")}"`;
}
