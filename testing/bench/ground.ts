/**
 * Edge (processes, net, files). What all subjects of the benchmark stand on: one Kafka with the load
 * in 12 partitions, once as it is and once gzipped, one InfluxDB 1.x, the lines ready-made; and the
 * check that a database holds exactly the load.
 */
import { createWriteStream, existsSync } from "node:fs";
import { join } from "node:path";
import { writeFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { type Influxdb, startInfluxdb } from "../servers/influxdb.ts";
import { type Kafka, startKafka } from "../servers/kafka.ts";
import { tempFolder } from "../servers/server.ts";
import { builtExecutable } from "../executable.ts";
import { envelope } from "./envelopes.ts";

const partitions = 12;
const samples = 200;
const chunkCharsMax = 1_000_000;
/** InfluxDB's own default. */
const bodyBytesMax = 25_000_000;

/** The codecs that the load is produced with; each has a topic of its own. */
export const codecs = ["none", "gzip"] as const;
/** One of them. */
export type LoadCodec = (typeof codecs)[number];

/** The started servers with the load. */
export interface Ground extends AsyncDisposable {
  readonly kafka: Kafka;
  readonly influxdb: Influxdb;
  readonly folder: string;
  readonly messages: number;
}

/** The topic that holds the load in this codec. */
export function topicOf(codec: LoadCodec): string {
  return `metrics-${codec}`;
}

/** Starts the servers and lays the load down; says on stderr how far it is. */
export async function prepareGround(
  messages: number,
  wanted: readonly LoadCodec[],
): Promise<Ground> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await tempFolder("bench"));
  const kafka = stack.adopt(await startKafka(), (started) => started.stop());
  const influxdb = stack.adopt(
    await startInfluxdb({ maxBodySize: bodyBytesMax }),
    (started) => started.remove(),
  );
  for (const codec of wanted) {
    console.error(`Producing ${messages} envelopes, codec ${codec} ...`);
    await kafka.admin.createTopic(topicOf(codec), { partitions });
    await kafka.admin.produceLines(topicOf(codec), envelopes(messages), { codec });
    const ends = await kafka.admin.endOffsets(topicOf(codec));
    const held = [...ends.values()].reduce((sum, end) => sum + end, 0);
    if (held !== messages) throw new Error(`Cannot use the topic: it holds ${held} of ${messages}`);
  }
  const kept = stack.move();
  return {
    kafka,
    influxdb,
    folder: folder.path,
    messages,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

function* envelopes(count: number): Generator<string> {
  for (let i = 0; i < count; i++) yield envelope(i);
}

/**
 * A file with the load as the lines that tpctl makes of it, made on first use; whether they are right
 * is said by the check of the database that they went into.
 */
export async function linesFile({ folder, messages }: Ground): Promise<string> {
  const file = join(folder, "lines.txt");
  if (existsSync(file)) return file;
  console.error("Making the lines for the bare loader ...");
  const source = join(folder, "envelopes.ndjson");
  const writer = Bun.file(source).writer();
  for (const text of envelopes(messages)) writer.write(`${text}\n`);
  await writer.end();
  const config = join(folder, "lines.conf");
  await writeFile(config, `[tpctl]\nlisten =\nstate_dir = ${join(folder, "lines-state")}\n`);
  const argv = [await builtExecutable(), "persist", "--config-file", config, "--from", source];
  const child = Bun.spawn([...argv, "--kind", "metrics", "--to", `line:${file}`, "--once"], {
    cwd: folder,
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  const complained = await child.stderr.text();
  if (await child.exited !== 0) throw new Error(`Cannot make the lines:\n${complained}`);
  return file;
}

/** A gzip file with the load, one envelope per line; made on first use. */
export async function gzipFile({ folder, messages }: Ground): Promise<string> {
  const file = join(folder, "envelopes.ndjson.gz");
  if (existsSync(file)) return file;
  console.error(`Writing ${messages} envelopes into a gzip file ...`);
  const source = Readable.from(textChunks(messages), { objectMode: false });
  await pipeline(source, createGzip({ level: 1 }), createWriteStream(file));
  return file;
}

function* textChunks(count: number): Generator<string> {
  let chunk = "";
  for (const text of envelopes(count)) {
    chunk += `${text}\n`;
    if (chunk.length < chunkCharsMax) continue;
    yield chunk;
    chunk = "";
  }
  yield chunk;
}

/** Rejects unless the database holds as many values as there are messages, and the right ones. */
export async function checkStored(ground: Ground, database: string): Promise<void> {
  let stored = 0;
  for (const { name } of await ground.influxdb.query("SHOW MEASUREMENTS", database)) {
    const rows = await ground.influxdb.query(`SELECT count(value) FROM "${name}"`, database);
    stored += Number(rows[0]?.count ?? 0);
  }
  if (stored !== ground.messages) {
    throw new Error(`Cannot trust '${database}': it holds ${stored} of ${ground.messages} values`);
  }
  const step = Math.max(1, Math.floor(ground.messages / samples));
  for (let i = 0; i < ground.messages; i += step) await checkOne(ground.influxdb, database, i);
}

interface Envelope {
  readonly metric: {
    readonly name: string;
    readonly dimensions: Readonly<Record<string, string>>;
    readonly timestamp: number;
    readonly value: number;
    readonly value_meta: Readonly<Record<string, string>>;
  };
  readonly meta: { readonly tenantId: string; readonly region: string };
}

async function checkOne(influxdb: Influxdb, database: string, i: number): Promise<void> {
  const { metric, meta } = JSON.parse(envelope(i)) as Envelope;
  const tags = { ...metric.dimensions, _tenant_id: meta.tenantId, _region: meta.region };
  const where = Object.entries(tags).map(([name, value]) => `"${name}" = '${value}'`).join(" AND ");
  const query = `SELECT value, value_meta FROM "${metric.name}" ` +
    `WHERE ${where} AND time = ${metric.timestamp}ms`;
  const rows = await influxdb.query(query, database);
  const said: unknown = JSON.parse(String(rows[0]?.value_meta ?? "{}"));
  const right = rows.length === 1 && rows[0]?.value === metric.value &&
    Bun.deepEquals(said, metric.value_meta);
  if (!right) {
    throw new Error(
      `Cannot trust '${database}': envelope ${i} is there as ${JSON.stringify(rows)}`,
    );
  }
}
