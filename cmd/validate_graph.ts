/**
 * Edge (files, stdout). `tpctl validate --graph FORMAT`: the pipelines drawn.
 */
import { graphDot } from "../core/graph/dot.ts";
import { graphMermaid } from "../core/graph/mermaid.ts";
import { pipelineGraph } from "../core/graph/pipeline_graph.ts";
import { graphSvg } from "../core/graph/svg.ts";
import { print } from "./print.ts";
import type { ValidateFlags } from "./validate_flags.ts";
import { checkFormat, readPipelines } from "./validate_input.ts";

const drawings = { dot: graphDot, mermaid: graphMermaid, svg: graphSvg } as const;

/** Rejects with UsageError or ConfigErrors. */
export async function showGraph(flags: ValidateFlags): Promise<void> {
  if (flags.graph === undefined) return;
  checkFormat(flags.format, { mode: "--graph", able: ["text"] });
  const { samples, events } = await readPipelines(flags);
  const files = [samples, events].flatMap((side) => side === undefined ? [] : [side.file]);
  await print(drawings[flags.graph](pipelineGraph(files)));
}
