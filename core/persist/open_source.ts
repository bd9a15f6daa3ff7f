/**
 * Edge (net, files). From an input's source to its Consumer. Each source's code is loaded only when it
 * is used.
 */
import type { Clock } from "../clock.ts";
import type { PersistConfig, PersistInput } from "../config/persist_config.ts";
import type { Consumer, ConsumerEvents } from "../delivery/consumer.ts";
import type { Log } from "../log/log.ts";

/** The name that brokers' logs and quotas know persist by. */
const clientId = "tpctl-persist";

/** What any of the sources needs from outside. */
export interface SourceDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly events: ConsumerEvents;
}

/** How the source is to be read. */
export interface SourceOptions {
  /** Ends at the end of the input (Kafka: the end offsets at start). */
  readonly once: boolean;
  readonly offsetOutOfRange: PersistConfig["offsetOutOfRange"];
}

/** Before anything starts: rejects with a ConfigError where a file is not there to be read. */
export async function checkSource({ source }: PersistInput): Promise<void> {
  if (source.scheme !== "file") return;
  const { checkFile } = await import("../files/lines_consumer.ts");
  await checkFile(source.path);
}

/** Rejects with a ConfigError where the source cannot be used; a bus that is away is waited for. */
export async function openSource(
  { source }: PersistInput,
  options: SourceOptions,
  deps: SourceDeps,
): Promise<Consumer> {
  if (source.scheme === "file") {
    const { openLinesConsumer } = await import("../files/lines_consumer.ts");
    return await openLinesConsumer({ paths: [source.path] }, deps);
  }
  const [{ createKafkaConsumer }, { connectionOf }] = await Promise.all([
    import("../kafka/consumer.ts"),
    import("../kafka/endpoint_connection.ts"),
  ]);
  const { once, offsetOutOfRange } = options;
  return createKafkaConsumer(
    {
      ...await connectionOf(source, clientId),
      topics: [source.topic],
      groupId: source.group ?? "",
      outOfRange: offsetOutOfRange,
      once,
    },
    deps,
  );
}
