/**
 * Edge (files, net). The dead-letter box that a configuration asks for: files, or a topic on the
 * brokers that are read from, with the files behind it.
 */
import { hostname } from "node:os";
import { join } from "node:path";
import type { KafkaEndpoint } from "../config/endpoint.ts";
import type { DaemonConfig, PersistInput } from "../config/persist_config.ts";
import type { DeadLetterBox } from "../delivery/dead_letter.ts";
import { type DeadLetterFilesDeps, openDeadLetterFiles } from "../delivery/dead_letter_files.ts";
import { ConfigError } from "../errors.ts";

/** Who writes the letters. */
export interface DeadLetterWriter {
  /** The subcommand. */
  readonly command: string;
  readonly pid: number;
}

/** What the configuration of either daemon says of them. */
export interface DeadLetterConfig
  extends Pick<DaemonConfig, "stateDir" | "deadLetterBytesMax" | "deadLetterTopic"> {
  /** What is read, for the brokers of a topic. */
  readonly inputs: readonly Pick<PersistInput, "source">[];
}

/** Where operators find the letters: the folder, or `topic <name>`. */
export function deadLetterPlace(config: DeadLetterConfig): string {
  const { deadLetterTopic: topic } = config;
  return topic === undefined ? folderOf(config) : `topic ${topic}`;
}

function folderOf({ stateDir }: DeadLetterConfig): string {
  return join(stateDir, "dead-letters");
}

/**
 * Rejects with a ConfigError where the folder cannot be written, or where a topic is asked for and no
 * Kafka is read.
 */
export async function openDeadLetters(
  config: DeadLetterConfig,
  writer: DeadLetterWriter,
  deps: DeadLetterFilesDeps,
): Promise<DeadLetterBox> {
  const files = await openDeadLetterFiles(
    {
      ...writer,
      folder: folderOf(config),
      host: hostname(),
      bytesMax: config.deadLetterBytesMax,
    },
    deps,
  );
  const topic = config.deadLetterTopic;
  return topic === undefined
    ? files
    : await openTopic(topic, config, { ...deps, command: writer.command, files });
}

async function openTopic(
  topic: string,
  config: DeadLetterConfig,
  deps: DeadLetterFilesDeps & { readonly command: string; readonly files: DeadLetterBox },
): Promise<DeadLetterBox> {
  const { command, files } = deps;
  const sources = config.inputs.map(({ source }) => source);
  const source = sources.find((one): one is KafkaEndpoint => one.scheme === "kafka");
  if (source === undefined) {
    throw new ConfigError(
      `Cannot use [tpctl] dead_letter_topic '${topic}': nothing is read from Kafka, expected a ` +
        "Kafka source, whose brokers take the topic",
    );
  }
  const [{ createDeadLetterTopic }, { createKafkaProducer }, { connectionOf }] = await Promise.all([
    import("../delivery/dead_letter_topic.ts"),
    import("../kafka/producer.ts"),
    import("../kafka/endpoint_connection.ts"),
  ]);
  const producer = createKafkaProducer(await connectionOf(source, `tpctl-${command}`), deps);
  const box = createDeadLetterTopic({ topic, command }, { ...deps, producer, overflow: files });
  return {
    ...box,
    async close(): Promise<void> {
      await box.close();
      await files.close();
    },
  };
}
