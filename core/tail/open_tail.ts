/**
 * Edge (net, files). From a plan to its source. Each source's code is loaded only when it is used.
 */
import type { Clock } from "../clock.ts";
import { StoreError } from "../delivery/writer.ts";
import type { Log } from "../log/log.ts";
import { compileFnmatch } from "../pipeline/fnmatch.ts";
import type { Intake } from "./intake.ts";
import type { NameTest } from "./point_stores.ts";
import type { TailEvents, TailSource } from "./source.ts";
import type { TailPlan } from "./tail_plan.ts";

/** The name that brokers' logs and quotas know tail by. */
export const tailClientId = "tpctl-tail";

/** What any of the sources needs from outside. */
export interface OpenTailDeps extends TailEvents {
  readonly intake: Intake;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
}

/** Rejects with a ConfigError, RunError or StoreError that says why it cannot be looked at. */
export async function openTail(plan: TailPlan, deps: OpenTailDeps): Promise<TailSource> {
  const { endpoint, span, name } = plan;
  switch (endpoint.scheme) {
    case "kafka": {
      const [{ TopicReader }, { connectionOf }, { openKafkaTail }] = await Promise.all([
        import("../kafka/topic_reader.ts"),
        import("../kafka/endpoint_connection.ts"),
        import("./kafka_source.ts"),
      ]);
      if (endpoint.group !== undefined) {
        deps.onNote(`group '${endpoint.group}' is not joined: ${name} is read from outside of it`);
      }
      const options = { ...await connectionOf(endpoint, tailClientId), topic: endpoint.topic };
      const reader = new TopicReader(options, { ...deps, onState: deps.onTrouble });
      return openKafkaTail(reader, span, deps);
    }
    case "amqp": {
      const [{ openAmqpTail }, { transportOfAmqp }, { watchOptions }] = await Promise.all([
        import("./amqp_source.ts"),
        import("../config/read_messaging.ts"),
        import("./watch_options.ts"),
      ]);
      const { exchanges, topics } = endpoint;
      return openAmqpTail({
        transport: transportOfAmqp(endpoint),
        options: watchOptions(),
        exchanges,
        topics: topics.length > 0 ? topics : ["notifications"],
      }, deps);
    }
    case "file": {
      const { openFileTail } = await import("./file_source.ts");
      return await openFileTail(endpoint.path, span, deps);
    }
    default: {
      const [{ openInfluxdbStore, openSqliteStore }, { openStoreTail }] = await Promise.all([
        import("./point_stores.ts"),
        import("./store_source.ts"),
      ]);
      const isWanted = nameTest(plan);
      const store = endpoint.scheme === "sqlite"
        ? await openSqliteStore(endpoint, isWanted)
        : await openInfluxdbStore(endpoint, { clock: deps.clock, isWanted });
      // What a store refuses while it is looked at, it may give again once somebody has mended it.
      const isOutage = (error: unknown): boolean => error instanceof StoreError;
      return openStoreTail(store, span, { ...deps, isOutage });
    }
  }
}

/** Measurements that --meter leaves out are not asked for. */
function nameTest({ intake: { filter } }: TailPlan): NameTest {
  const { meters = [] } = filter;
  if (meters.length === 0) return () => true;
  const matchers = meters.map(compileFnmatch);
  return (name) => matchers.some((matches) => matches(name));
}
