/**
 * Edge (processes, net). The subjects of the persist benchmark, each a way to get the same load out of
 * Kafka or into InfluxDB; one function per subject, all measured by the same means.
 */
import { writeFile } from "node:fs/promises";
import { valueOf } from "./envelopes.ts";
import { join } from "node:path";
import { builtExecutable } from "../executable.ts";
import { type Figure, figureOf } from "./figure.ts";
import { measureCost } from "./process_cost.ts";
import {
  checkStored,
  type Ground,
  gzipFile,
  linesFile,
  type LoadCodec,
  topicOf,
} from "./ground.ts";
import { monascaPersister, persisterConf } from "./monasca_persister.ts";

const timeoutMs = 600_000;
/** The last batch of a load that the batch size does not divide waits this long. */
const maxWaitSeconds = 5;

/** A way to be measured. */
export interface Subject {
  /** `tpctl`, `tpctl-gzip`, ...: the codec of its topic behind the dash. */
  readonly name: string;
  /** Undefined: nothing is read from Kafka. */
  readonly codec: LoadCodec | undefined;
  readonly says: string;
  run(ground: Ground, runId: string): Promise<Figure>;
}

/** All subjects, in the order in which they take turns. */
export const subjects: readonly Subject[] = [
  { name: "tpctl", codec: "none", says: "tpctl persist into InfluxDB", run: runPersist("none") },
  { name: "loader", codec: "none", says: "ready-made lines into InfluxDB", run: runLoader },
  { name: "null", codec: "none", says: "tpctl persist into null:", run: runNull("none") },
  { name: "consumer", codec: "none", says: "same client, only counts", run: runConsumer("none") },
  { name: "monasca", codec: "none", says: "monasca-persister 9.0.0", run: runMonasca("none") },
  { name: "tpctl-gzip", codec: "gzip", says: "the same, gzip topic", run: runPersist("gzip") },
  { name: "null-gzip", codec: "gzip", says: "the same, gzip topic", run: runNull("gzip") },
  { name: "consumer-gzip", codec: "gzip", says: "the same, gzip topic", run: runConsumer("gzip") },
  { name: "monasca-gzip", codec: "gzip", says: "the same, gzip topic", run: runMonasca("gzip") },
  { name: "tail", codec: "none", says: "tpctl tail with --where", run: runTail("none") },
  { name: "tail-gzip", codec: "gzip", says: "the same, gzip topic", run: runTail("gzip") },
  { name: "replay", codec: undefined, says: "tpctl replay of a gzip file", run: runReplay },
  {
    name: "replay-null",
    codec: undefined,
    says: "tpctl replay of a gzip file into null:",
    run: runReplayNull,
  },
];

type Run = Subject["run"];

/** Gives `body` an empty database, checks what is in it afterwards, and takes it away again. */
async function withDatabase<T>(
  ground: Ground,
  database: string,
  body: () => Promise<T>,
): Promise<T> {
  await ground.influxdb.query(`CREATE DATABASE "${database}"`);
  try {
    const result = await body();
    await checkStored(ground, database);
    return result;
  } finally {
    await ground.influxdb.query(`DROP DATABASE "${database}"`);
  }
}

async function writeConf(ground: Ground, codec: LoadCodec, runId: string): Promise<string> {
  const file = join(ground.folder, `${runId}.conf`);
  const conf = persisterConf({
    broker: ground.kafka.brokers[0] ?? "",
    topic: topicOf(codec),
    group: runId,
    influxdbPort: ground.influxdb.port,
    database: runId,
    stateDir: join(ground.folder, runId),
    maxWaitSeconds,
  });
  await writeFile(file, conf);
  return file;
}

function runPersist(codec: LoadCodec): Run {
  return (ground, runId) =>
    withDatabase(ground, runId, async () => {
      const conf = await writeConf(ground, codec, runId);
      const argv = [await builtExecutable(), "persist", "--config-file", conf, "--once"];
      const cost = await measureCost({ argv, cwd: ground.folder, timeoutMs });
      return figureOf(ground.messages, cost);
    });
}

function runNull(codec: LoadCodec): Run {
  return async (ground, runId) => {
    const conf = await writeConf(ground, codec, runId);
    const source = `kafka://${ground.kafka.brokers[0]}/${topicOf(codec)}?group=${runId}`;
    const argv = [await builtExecutable(), "persist", "--config-file", conf, "--from", source];
    argv.push("--kind", "metrics", "--to", "null:", "--once");
    const cost = await measureCost({ argv, cwd: ground.folder, timeoutMs });
    return figureOf(ground.messages, cost);
  };
}

function runReplay(ground: Ground, runId: string): Promise<Figure> {
  return withDatabase(
    ground,
    runId,
    () => replayTo(`influxdb://127.0.0.1:${ground.influxdb.port}/${runId}`, ground),
  );
}

function runReplayNull(ground: Ground): Promise<Figure> {
  return replayTo("null:", ground);
}

async function replayTo(target: string, ground: Ground): Promise<Figure> {
  const argv = [await builtExecutable(), "replay", await gzipFile(ground), "--to", target];
  const cost = await measureCost({ argv, cwd: ground.folder, timeoutMs });
  return figureOf(ground.messages, cost);
}

/** Values that few envelopes have. */
const tailLimit = 1_020_000;

/** A whole topic, of which an expression lets one in a thousand through. */
function runTail(codec: LoadCodec): Run {
  return async (ground) => {
    const source = `kafka://${ground.kafka.brokers[0]}/${topicOf(codec)}`;
    const argv = [await builtExecutable(), "tail", source, "-n", "all", "--no-follow"];
    const where = `value > ${tailLimit} and metric.dimensions.hostname != null`;
    argv.push("--where", where, "--format", "json");
    const cost = await measureCost({ argv, cwd: ground.folder, timeoutMs });
    const shown = cost.stdout.split("\n").length - 1;
    let expected = 0;
    for (let i = 0; i < ground.messages; i++) if (valueOf(i) > tailLimit) expected++;
    if (shown !== expected) throw new Error(`tail showed ${shown} of ${expected}`);
    return figureOf(ground.messages, cost);
  };
}

function runConsumer(codec: LoadCodec): Run {
  return async (ground, runId) => {
    const script = join(import.meta.dir, "bare_consumer.ts");
    const broker = ground.kafka.brokers[0] ?? "";
    const argv = [process.execPath, script, broker, topicOf(codec), runId];
    const cost = await measureCost({ argv, cwd: ground.folder, timeoutMs });
    const counted = Number(cost.stdout);
    if (counted !== ground.messages) throw new Error(`The bare consumer counted ${counted}`);
    return figureOf(ground.messages, cost);
  };
}

function runLoader(ground: Ground, runId: string): Promise<Figure> {
  return withDatabase(ground, runId, async () => {
    const script = join(import.meta.dir, "bare_loader.ts");
    const url = `${ground.influxdb.origin}/write?db=${runId}&precision=ms`;
    const argv = [process.execPath, script, await linesFile(ground), url];
    const cost = await measureCost({ argv, cwd: ground.folder, timeoutMs });
    const posting = JSON.parse(cost.stdout) as { seconds: number; cpuSeconds: number };
    const own = { ...cost, wallSeconds: posting.seconds, cpuSeconds: posting.cpuSeconds };
    return figureOf(ground.messages, own);
  });
}

function runMonasca(codec: LoadCodec): Run {
  return async (ground, runId) => {
    const program = await monascaPersister();
    return await withDatabase(ground, runId, async () => {
      const conf = await writeConf(ground, codec, runId);
      const done = async (): Promise<boolean> => {
        const offsets = await ground.kafka.admin.committedOffsets(runId, topicOf(codec));
        const committed = [...offsets.values()].reduce((sum, offset) => sum + offset, 0);
        return committed >= ground.messages;
      };
      const argv = [program, "--config-file", conf];
      const cost = await measureCost({ argv, cwd: ground.folder, done, timeoutMs });
      return figureOf(ground.messages, cost);
    });
  };
}
