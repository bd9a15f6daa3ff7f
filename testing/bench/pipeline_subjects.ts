/**
 * Edge (processes, net, files). The subjects of the pipeline benchmark: the same notifications out of
 * the same RabbitMQ through tpctl and through Ceilometer's own agent, by the same configuration files,
 * to the same far ends. A run is over when the far ends have everything.
 */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { builtExecutable } from "../executable.ts";
import {
  agentArgv,
  ceilometerAgentMissing,
  writeAgentConfig,
} from "../servers/ceilometer_agent.ts";
import { type Counted, countHttp, countLines, countUdp } from "./far_ends.ts";
import { exchange, type PipelineGround } from "./pipeline_ground.ts";
import { measureCost } from "./process_cost.ts";
import { type Figure, figureOf } from "./figure.ts";

const timeoutMs = 600_000;

/** Who does the work. */
export const programs = ["pipeline", "agent"] as const;
type Program = (typeof programs)[number];

/** Where samples and events go; version 19 of the agent has no file publisher for events. */
export const destinations = ["file", "udp", "http", "both", "files"] as const;
type Destination = (typeof destinations)[number];

const says: Readonly<Record<Destination, string>> = {
  file: "samples to a file, as JSON",
  udp: "samples by udp",
  http: "samples by http, a request for each notification",
  both: "samples to a file, events by http",
  files: "samples and events to two files",
};

/** A way to be measured. */
export interface PipelineSubject {
  readonly name: string;
  readonly says: string;
  run(ground: PipelineGround, runId: string): Promise<Figure>;
}

/** All subjects, in the order in which they take turns. */
export const pipelineSubjects: readonly PipelineSubject[] = destinations.flatMap((destination) =>
  programs
    .filter((program) => program === "pipeline" || destination !== "files")
    .map((program) => ({
      name: `${program}-${destination}`,
      says: program === "agent" ? "Ceilometer's agent 19" : `tpctl pipeline, ${says[destination]}`,
      run: (ground: PipelineGround, runId: string) =>
        runOne(ground, { program, destination, runId }),
    }))
);

interface Run {
  readonly program: Program;
  readonly destination: Destination;
  readonly runId: string;
}

async function runOne(ground: PipelineGround, run: Run): Promise<Figure> {
  const missing = run.program === "agent" ? ceilometerAgentMissing() : undefined;
  if (missing !== undefined) throw new Error(`Cannot measure '${run.runId}': ${missing}`);
  const folder = join(ground.folder, run.runId);
  await mkdir(folder);
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const far = await openFarEnds(run.destination, folder, stack);
  const configFile = await writeAgentConfig(folder, {
    transportUrl: ground.rabbit.url,
    exchanges: [exchange],
    pipeline: pipelineTo("meters", far.samples.url),
    eventPipeline: far.events && pipelineTo("events", far.events.url),
    more: `[tpctl]\nlisten =\nstate_dir = ${join(folder, "state")}\n`,
  });
  await ground.fill();
  const argv = run.program === "agent"
    ? agentArgv(configFile)
    : [await builtExecutable(), "pipeline", "--config-file", configFile];
  const done = async (): Promise<boolean> =>
    await far.samples.counted.count() >= ground.samples &&
    (far.events === undefined || await far.events.counted.count() >= ground.events);
  const cost = await measureCost({ argv, cwd: folder, done, timeoutMs });
  return figureOf(ground.notifications, cost);
}

interface FarEnd {
  readonly url: string;
  readonly counted: Counted;
}

/** One of a sample's members, and one of an event's: each stands once in every item. */
const sampleMark = '"monotonic_time": ';
const eventMark = '"generated": ';

async function openFarEnds(
  destination: Destination,
  folder: string,
  stack: AsyncDisposableStack,
): Promise<{ readonly samples: FarEnd; readonly events: FarEnd | undefined }> {
  const file = (name: string): FarEnd => {
    const path = join(folder, name);
    return { url: `file://${path}?json`, counted: countLines(path) };
  };
  const http = (mark: string): FarEnd => {
    const counted = stack.use(countHttp(mark));
    return { url: counted.url, counted };
  };
  switch (destination) {
    case "file":
      return { samples: file("samples"), events: undefined };
    case "udp": {
      const counted = stack.use(await countUdp());
      return { samples: { url: `udp://127.0.0.1:${counted.port}`, counted }, events: undefined };
    }
    case "http":
      return { samples: http(sampleMark), events: undefined };
    case "both":
      return { samples: file("samples"), events: http(eventMark) };
    case "files":
      return { samples: file("samples"), events: file("events") };
  }
}

function pipelineTo(kind: "meters" | "events", url: string): string {
  return `sources: [{name: all, ${kind}: ["*"], sinks: [far]}]\n` +
    `sinks: [{name: far, publishers: ["${url}"]}]\n`;
}
