/**
 * Edge (net, files). From the stores of a run to one Writer. Each store's code is loaded only when it is
 * used.
 */
import { endpointName, type KafkaEndpoint } from "../config/endpoint.ts";
import type { Writer } from "../delivery/writer.ts";
import { UsageError } from "../errors.ts";
import type { MessageEncoder } from "../persist/encoder.ts";
import { openStore, type StoreDeps } from "../persist/open_store.ts";
import { createKafkaEncoder } from "./kafka_encoder.ts";
import { createReplayEncoder, type ReplayEncoderOptions } from "./replay_encoder.ts";
import { routeWriters } from "./routed_writer.ts";
import { type ReplayStores, storesDocuments } from "./targets.ts";

const clientId = "tpctl-replay";

/** Rejects with a ConfigError where a store cannot be used. */
export async function openTarget(
  { stores, events }: ReplayStores,
  deps: StoreDeps,
): Promise<Writer> {
  const writers: Writer[] = [];
  for (const store of stores) {
    writers.push(
      store.scheme === "kafka" ? await openKafka(store, deps) : await openStore(store, deps),
    );
  }
  const [only] = writers;
  if (writers.length === 1 && only !== undefined) return only;
  const documents = stores.findIndex((store) => store === events && storesDocuments(store));
  const first = writers[Math.max(0, documents)];
  if (first === undefined) throw new Error("a run has at least one store");
  return routeWriters(writers, first);
}

async function openKafka(store: KafkaEndpoint, deps: StoreDeps): Promise<Writer> {
  const [{ createKafkaWriter }, { createKafkaProducer }, { connectionOf }] = await Promise.all([
    import("./kafka_writer.ts"),
    import("../kafka/producer.ts"),
    import("../kafka/endpoint_connection.ts"),
  ]);
  return createKafkaWriter(store, createKafkaProducer(await connectionOf(store, clientId), deps));
}

/** The encoder that goes with the stores. Throws UsageError for a format that it cannot write. */
export function encoderFor(options: ReplayEncoderOptions): MessageEncoder {
  const [store] = options.stores.stores;
  if (store?.scheme !== "kafka") return createReplayEncoder(options);
  const { topic, format } = store;
  if (format === undefined || format === "sample" || format === "event") {
    const { shiftMs, linePrecision } = options;
    return createKafkaEncoder({ topic, format, shiftMs, linePrecision });
  }
  throw new UsageError(
    `Cannot use format '${format}' of '${
      endpointName(store)
    }': replay writes messages as they are, ` +
      "or as sample or event; expected one of these, or --pipeline with such a publisher",
  );
}
