/**
 * Edge (processes, net, files). Where `tpctl pipeline` is put under faults: a configuration whose one
 * sink has a publisher of each kind that promises something, their far ends, and the books they keep.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { builtExecutable } from "../executable.ts";
import { type Program, startProgram } from "../program.ts";
import { type Recorder, startUdpRecorder } from "../recorders.ts";
import { dictOf } from "../samples.ts";
import type { Keystone } from "../servers/keystone.ts";
import type { Rabbitmq } from "../servers/rabbitmq.ts";
import { tempFolder } from "../servers/server.ts";
import type { Value } from "../../core/notifications/value.ts";
import { arrivalsInFile, GrowingLines } from "./file_arrivals.ts";
import { type HttpFarEnd, memberOf, startHttpFarEnd } from "./http_far_end.ts";
import { type MonascaApi, startMonascaApi } from "./monasca_api.ts";
import { Arrivals } from "./notifications.ts";
import { readQueue } from "./queue_feed.ts";

/** What is fed and by how many workers it is taken. */
export interface GroundOptions {
  readonly rabbit: Rabbitmq;
  readonly keystone: Keystone;
  readonly user: { readonly name: string; readonly password: string };
  /** Also the topic of the notifier. */
  readonly exchange: string;
  readonly workers: number;
  readonly count: number;
}

/** The far ends' books; those of file and udp are made up anew at each call. */
export interface Books {
  readonly http: Arrivals;
  readonly notifier: Arrivals;
  readonly monasca: Arrivals;
  file(): Arrivals;
  /** Lines in the file, repeated ones too. */
  lines(): Promise<number>;
  udp(): Arrivals;
}

/** See above. */
export interface PipelineGround extends AsyncDisposable {
  readonly sink: HttpFarEnd;
  readonly monasca: MonascaApi;
  readonly books: Books;
  readonly stateDir: string;
  start(): Program;
  /** SIGKILL to what runs. */
  killAll(): Promise<void>;
}

/** Lays it; nothing is started but the far ends. */
export async function layPipelineGround(options: GroundOptions): Promise<PipelineGround> {
  const { rabbit, keystone, exchange, count } = options;
  const folder = await tempFolder("pipeline-faults");
  const [http, notifier, metrics] = [count, count, count].map((all) => new Arrivals(all)) as [
    Arrivals,
    Arrivals,
    Arrivals,
  ];
  const sink = await startHttpFarEnd({
    take: (sample) => http.add(memberOf(sample, "resource_id"), memberOf(sample, "volume")),
  });
  const udp = await startUdpRecorder();
  const monasca = await startMonascaApi(keystone, metrics);
  const reader = readQueue(rabbit, `${exchange}.sample`, (body) => {
    const envelope = JSON.parse(body) as Readonly<Record<string, string>>;
    const { payload } = JSON.parse(envelope["oslo.message"] ?? "") as { payload: unknown[] };
    for (const item of payload) {
      notifier.add(memberOf(item, "resource_id"), memberOf(item, "counter_volume"));
    }
  });
  const file = join(folder.path, "samples");
  const lines = new GrowingLines(file);
  await writeConfiguration(folder.path, options, [
    `file://${file}?json`,
    `http://127.0.0.1:${sink.port}/`,
    `udp://${udp.address}`,
    `notifier://?topic=${exchange}`,
    `monasca://http://127.0.0.1:${monasca.farEnd.port}/metrics/v2.0`,
  ]);
  const compiled = await builtExecutable();
  const running: Program[] = [];
  const killAll = async (): Promise<void> => {
    for (const program of running.splice(0)) await program[Symbol.asyncDispose]();
  };
  return {
    sink,
    monasca,
    books: {
      http,
      notifier,
      monasca: metrics,
      file: () => arrivalsInFile(file, count),
      lines: () => lines.read(),
      udp: () => udpArrivals(udp, count),
    },
    stateDir: join(folder.path, "tpctl-state"),
    start: () => {
      const args = ["pipeline", "--config-file", "ceilometer.conf"];
      const program = startProgram(args, { cwd: folder.path, argv: [compiled] });
      running.push(program);
      return program;
    },
    killAll,
    async [Symbol.asyncDispose](): Promise<void> {
      await killAll();
      await Promise.all([sink.down(), monasca.farEnd.down(), udp.stop(), reader.close()]);
      await folder[Symbol.asyncDispose]();
    },
  };
}

function udpArrivals({ records }: Recorder<Value>, count: number): Arrivals {
  const arrivals = new Arrivals(count);
  for (const message of records.map(dictOf)) {
    arrivals.add(message.resource_id, message.counter_volume);
  }
  return arrivals;
}

async function writeConfiguration(
  folder: string,
  { rabbit, keystone, user, exchange, workers }: GroundOptions,
  publishers: readonly string[],
): Promise<void> {
  await mkdir(join(folder, "meters.d"));
  await writeFile(
    join(folder, "pipeline.yaml"),
    `sources: [{name: s, meters: ["*"], sinks: [k]}]\n` +
      `sinks: [{name: k, publishers: ${JSON.stringify(publishers)}}]\n`,
  );
  await writeFile(
    join(folder, "fields.yaml"),
    "dimensions: [resource_id, project_id]\nmetadata: {common: [host]}\n",
  );
  await writeFile(
    join(folder, "ceilometer.conf"),
    `[DEFAULT]
transport_url = ${rabbit.url}
pipeline_cfg_file = ${folder}/pipeline.yaml
[notification]
pipelines = meter
workers = ${workers}
notification_control_exchanges = ${exchange}
[oslo_messaging_notifications]
topics = ${exchange}-notifications
[oslo_messaging_rabbit]
amqp_durable_queues = true
rabbit_retry_interval = 1
[monasca]
auth_section = service_credentials
monasca_mappings = ${folder}/fields.yaml
batch_timeout = 2
[service_credentials]
auth_type = password
auth_url = ${keystone.url}
username = ${user.name}
password = ${user.password}
project_name = service
user_domain_name = Default
project_domain_name = Default
[tpctl]
listen =
`,
  );
}
