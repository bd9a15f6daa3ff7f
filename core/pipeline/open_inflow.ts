/**
 * Edge (net, files). Opens what a configuration reads notifications from. A source's code is loaded
 * only when it is used.
 */
import type { Clock } from "../clock.ts";
import type {
  KafkaTransport,
  NotificationInput,
  PipelineConfig,
  RabbitTransport,
} from "../config/pipeline_config.ts";
import type { Log } from "../log/log.ts";
import type { Registry } from "../observe/registry.ts";
import { gatherInflow } from "./gather_inflow.ts";
import type { Inflow, InflowEvents } from "./inflow.ts";
import { mergeInflows } from "./merge_inflows.ts";
import { openRecordsInflow } from "./records_inflow.ts";

/** The name that brokers' logs and quotas know pipeline by. */
const clientId = "tpctl-pipeline";
/** Priorities that samples or events are made of; each has a Kafka topic of its own. */
const usedPriorities = ["info", "error", "sample"] as const;

/** What a source needs from outside. */
export interface OpenInflowDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Registry;
  readonly random: () => number;
}

/** How to read. */
export interface OpenInflowOptions {
  /** Undefined: for ever; else ends at the end of the input, for queues after so long without one. */
  readonly once: { readonly idleMs: number } | undefined;
}

type NamedEventsDeps = OpenInflowDeps & {
  readonly eventsOf: (source: string) => InflowEvents;
};

/** `eventsOf` gives each source's events, by its name. */
export async function openInflow(
  config: Pick<PipelineConfig, "input" | "drainMs">,
  options: OpenInflowOptions,
  deps: NamedEventsDeps,
): Promise<Inflow> {
  return gatherInflow(await openSources(config, options, deps), config.input.batch, deps.clock);
}

async function openSources(
  { input, drainMs }: Pick<PipelineConfig, "input" | "drainMs">,
  options: OpenInflowOptions,
  deps: NamedEventsDeps,
): Promise<Inflow> {
  const { file, transports } = input;
  const common = { ...deps, drainMs };
  if (file !== undefined) {
    const { openLinesConsumer } = await import("../files/lines_consumer.ts");
    const { path } = file;
    const name = path === "-" ? "stdin" : path;
    return await openRecordsInflow({
      ...common,
      name,
      events: deps.eventsOf(name),
      open: (events) => openLinesConsumer({ paths: [path] }, { ...deps, events }),
    });
  }
  const rabbits = transports.filter((one): one is RabbitTransport => one.driver === "rabbit");
  const kafkas = transports.filter((one): one is KafkaTransport => one.driver === "kafka");
  const inflows: Inflow[] = [];
  if (rabbits.length > 0) inflows.push(await openRabbit(rabbits, input, { ...options, ...deps }));
  for (const transport of kafkas) {
    const name = `kafka://${
      transport.brokers.map(({ host, port }) => `${host}:${port}`).join(",")
    }`;
    const events = deps.eventsOf(name);
    const open = (given: Parameters<Parameters<typeof openRecordsInflow>[0]["open"]>[0]) =>
      openKafka(transport, input, { ...options, ...deps, events: given });
    inflows.push(await openRecordsInflow({ ...common, name, events, open }));
  }
  return mergeInflows(inflows);
}

async function openRabbit(
  transports: readonly RabbitTransport[],
  { exchanges, topics, rabbit }: NotificationInput,
  deps: OpenInflowOptions & NamedEventsDeps,
): Promise<Inflow> {
  const { openAmqpInflow } = await import("./amqp_inflow.ts");
  const { once } = deps;
  return openAmqpInflow(
    { transports, exchanges, topics, rabbit, ...(once === undefined ? {} : { once }) },
    deps.eventsOf("rabbitmq"),
    deps,
  );
}

async function openKafka(
  { brokers, security, topic }: KafkaTransport,
  { topics, kafka }: NotificationInput,
  deps: OpenInflowOptions & OpenInflowDeps & {
    readonly events: Parameters<Parameters<typeof openRecordsInflow>[0]["open"]>[0];
  },
): Promise<Awaited<ReturnType<Parameters<typeof openRecordsInflow>[0]["open"]>>> {
  const [{ createKafkaConsumer }, { connectionOf }] = await Promise.all([
    import("../kafka/consumer.ts"),
    import("../kafka/endpoint_connection.ts"),
  ]);
  return createKafkaConsumer(
    {
      ...await connectionOf({ brokers, security }, clientId),
      topics: topic === undefined
        ? topics.flatMap((one) => usedPriorities.map((priority) => `${one}.${priority}`))
        : [topic],
      groupId: kafka.group,
      // A priority's topic comes into being with the first notification of that priority.
      topicsMayLack: topic === undefined,
      partitionBytesMax: kafka.fetchBytesMax,
      outOfRange: "earliest",
      once: deps.once !== undefined,
    },
    deps,
  );
}
