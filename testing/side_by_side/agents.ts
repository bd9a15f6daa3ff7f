/**
 * Edge (processes, net, files). The two that are compared: Ceilometer's agent and `tpctl pipeline`, with
 * the same configuration but for the topic and where they publish to. The agent has the services' topic,
 * tpctl that of a trial, whose queues the broker copies every notification into (README, "Moving over").
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Value } from "../../core/notifications/value.ts";
import { startProgram } from "../program.ts";
import {
  type RecordedRequest,
  type Recorder,
  startHttpRecorder,
  startUdpRecorder,
} from "../recorders.ts";
import { startCeilometerAgent, writeAgentConfig } from "../servers/ceilometer_agent.ts";
import type { Rabbitmq } from "../servers/rabbitmq.ts";

/** Where one publishes to, with its name. */
interface Ends {
  readonly name: keyof typeof topics;
  /** What its file publishers write to. */
  readonly folder: string;
  readonly http: Recorder<RecordedRequest>;
  readonly udp: Recorder<Value>;
}

/** One that consumes and publishes. */
export interface Subject extends Ends {
  /** SIGTERM; resolves when it has ended. Safe to call twice. */
  stop(): Promise<void>;
  /** Kills it and its far ends. */
  remove(): Promise<void>;
}

/** Whose definitions both go by: those of Debian's package. */
const meterDefinitions = "/usr/lib/python3/dist-packages/ceilometer/data/meters.d";

/** Where the services put notifications, with `<topic>.<priority>` as the routing key. */
export const exchange = "nova";
/** Who consumes which topic; the first one is the services'. */
export const topics = { ceilometer: "notifications", tpctl: "trial" } as const;

/** What the notifier publishers send by, each with its subject's name and `-` before it. */
export const notifierTopics = ["samples", "events"] as const;

/** Starts one; ready when it consumes. */
export async function startSubject(
  name: Subject["name"],
  rabbit: Rabbitmq,
  parent: string,
): Promise<Subject> {
  const folder = join(parent, name);
  await mkdir(folder);
  const [http, udp] = [await startHttpRecorder(), await startUdpRecorder()];
  const ends = { name, folder, http, udp };
  const configFile = await writeAgentConfig(folder, {
    transportUrl: rabbit.url,
    exchanges: [exchange],
    topics: [topics[name]],
    pipeline: pipelineText(ends),
    eventPipeline: eventPipelineText(ends),
    more: `[meter]\nmeter_definitions_dirs = ${meterDefinitions}\n[tpctl]\nlisten =\n`,
  });
  const end = name === "tpctl"
    ? await startTpctl(configFile, folder)
    : await startAgent(rabbit, configFile, `${topics[name]}.info`);
  return {
    ...ends,
    stop: () => end("SIGTERM"),
    remove: async () => {
      await end("SIGKILL");
      await http.stop();
      await udp.stop();
    },
  };
}

type End = (signal: "SIGTERM" | "SIGKILL") => Promise<void>;

async function startAgent(rabbit: Rabbitmq, configFile: string, queue: string): Promise<End> {
  const agent = await startCeilometerAgent({ rabbit, configFile, queue });
  return (signal) => signal === "SIGTERM" ? agent.stop() : agent.kill();
}

async function startTpctl(configFile: string, cwd: string): Promise<End> {
  const program = startProgram(["pipeline", "--config-file", configFile], { cwd });
  await program.said(/Ready/);
  return async (signal) => {
    program.kill(signal);
    await program.exited;
  };
}

/** Several sources and sinks, by names, wildcards and exclusions, to publishers that both have. */
function pipelineText({ name, folder, http, udp }: Ends): string {
  return `sources:
  - {name: all, meters: ["*"], sinks: [files, http]}
  - {name: some, meters: ["compute.node.*", "image.size", "volume*", "unusual*"], sinks: [some]}
  - {name: others, meters: ["!disk.*", "!memory*", "!port"], sinks: [others]}
sinks:
  - {name: files, publishers: ["file://${folder}/samples?json", "file://${folder}/samples.repr"]}
  - {name: http, publishers: ["http://${http.address}/samples"]}
  - {name: some, publishers: ["file://${folder}/some?json", "udp://${udp.address}"]}
  - name: others
    publishers: ["file://${folder}/others?json", "notifier://?topic=${name}-samples"]
`;
}

/** Version 19 has no files for events. */
function eventPipelineText({ name, http }: Ends): string {
  return `sources:
  - {name: all, events: ["*"], sinks: [all]}
  - {name: some, events: ["compute.instance.*", "*.create.end"], sinks: [some]}
  - {name: others, events: ["!compute.*", "!identity.*"], sinks: [others]}
sinks:
  - {name: all, publishers: ["http://${http.address}/events"]}
  - {name: some, publishers: ["http://${http.address}/some-events"]}
  - name: others
    publishers: ["http://${http.address}/other-events", "notifier://?topic=${name}-events"]
`;
}
