/**
 * Edge (processes, files, net). Ceilometer's own notification agent (Debian's), the reference that
 * `tpctl pipeline` takes over from: the configuration that both are given, and the agent's start. What
 * it consumes, and where it publishes to, are the test's own.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { rabbitAdmin } from "../rabbit_admin.ts";
import type { Rabbitmq } from "./rabbitmq.ts";
import { findProgram, type ServerProcess, startServer } from "./server.ts";

const program = "/usr/bin/ceilometer-agent-notification";
const eventDefinitions =
  "/usr/lib/python3/dist-packages/ceilometer/pipeline/data/event_definitions.yaml";

/** Why there is no agent here, or undefined. */
export function ceilometerAgentMissing(): string | undefined {
  if (findProgram(program) !== undefined) return undefined;
  return `${program} is not installed (Debian package ceilometer-agent-notification)`;
}

/** What one configuration for the agent and for tpctl says. */
export interface AgentConfig {
  /** `rabbit://user:password@host:port/`. */
  readonly transportUrl: string;
  readonly exchanges: readonly string[];
  /** `notifications` if left out. */
  readonly topics?: readonly string[];
  /** Text of pipeline.yaml; undefined: samples are turned off. */
  readonly pipeline: string | undefined;
  /** Text of event_pipeline.yaml; undefined: events are turned off. */
  readonly eventPipeline: string | undefined;
  /** Further lines for the end of the file, sections included. */
  readonly more?: string;
}

/**
 * Writes ceilometer.conf and what it names into the folder; gives the path of ceilometer.conf. One
 * worker, the event definitions that the agent's package brings, the secret `secret`.
 */
export async function writeAgentConfig(folder: string, config: AgentConfig): Promise<string> {
  const { pipeline, eventPipeline, topics = ["notifications"] } = config;
  const at = (name: string): string => join(folder, name);
  await writeFile(at("pipeline.yaml"), pipeline ?? "sources: []\nsinks: []\n");
  await writeFile(at("event_pipeline.yaml"), eventPipeline ?? "sources: []\nsinks: []\n");
  const sides = [
    ...pipeline === undefined ? [] : ["meter"],
    ...eventPipeline === undefined ? [] : ["event"],
  ];
  const text = `[DEFAULT]
transport_url = ${config.transportUrl}
host = tphost
pipeline_cfg_file = ${at("pipeline.yaml")}
event_pipeline_cfg_file = ${at("event_pipeline.yaml")}

[notification]
workers = 1
${sides.map((side) => `pipelines = ${side}`).join("\n")}
${config.exchanges.map((name) => `notification_control_exchanges = ${name}`).join("\n")}

[oslo_messaging_notifications]
topics = ${topics.join(",")}

[event]
definitions_cfg_file = ${eventDefinitions}

[publisher]
telemetry_secret = secret

${config.more ?? ""}`;
  const file = at("ceilometer.conf");
  await writeFile(file, text);
  return file;
}

/** The command that runs the agent with this configuration in the foreground. */
export function agentArgv(configFile: string): readonly string[] {
  return [program, "--config-file", configFile];
}

/** What is started, and how its readiness shows. */
export interface AgentOptions {
  readonly rabbit: Rabbitmq;
  /** From `writeAgentConfig`. */
  readonly configFile: string;
  /** The queue whose consumer says that it is ready; `notifications.info` if left out. */
  readonly queue?: string;
}

/** Starts the agent; ready when it consumes (2 to 5 s). A killed one leaves its messages unsettled. */
export async function startCeilometerAgent(options: AgentOptions): Promise<ServerProcess> {
  const missing = ceilometerAgentMissing();
  if (missing !== undefined) throw new Error(missing);
  const { rabbit, configFile, queue = "notifications.info" } = options;
  const others = await consumersOf(rabbit, queue).catch(() => 0);
  return await startServer({
    name: "Ceilometer's agent",
    argv: agentArgv(configFile),
    ready: async () => await consumersOf(rabbit, queue) > others,
  });
}

/** Rejects where the queue is not there yet; asking for one that is missing closes the channel. */
async function consumersOf(rabbit: Rabbitmq, queue: string): Promise<number> {
  const admin = await rabbitAdmin(rabbit);
  try {
    return (await admin.channel.checkQueue(queue)).consumerCount;
  } finally {
    await admin.close();
  }
}
