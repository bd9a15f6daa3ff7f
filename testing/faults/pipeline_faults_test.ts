/**
 * Edge (processes, net). The delivery promise of `tpctl pipeline` under faults, between a real RabbitMQ
 * and a file and an HTTP server: whatever is killed, stopped or away, afterwards every sample is at
 * both, and what was settled is not lost.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Program, startProgram } from "../program.ts";
import { rabbitAdmin } from "../rabbit_admin.ts";
import { type Rabbitmq, rabbitmqMissing, startRabbitmq } from "../servers/rabbitmq.ts";
import { freePort, tempFolder } from "../servers/server.ts";
import { until } from "./life.ts";

const missing = rabbitmqMissing();
if (missing !== undefined) console.error(`skipped: ${missing}`);

const testMs = 120_000;
const count = 3000;
const waitMs = 45_000;

/** A far end that can go away; it keeps the ids of all samples that it has taken. */
class Sink {
  readonly port: number;
  readonly ids = new Map<string, number>();
  #server: ReturnType<typeof Bun.serve> | undefined;

  constructor(port: number) {
    this.port = port;
  }

  up(): void {
    this.#server ??= Bun.serve({
      port: this.port,
      hostname: "127.0.0.1",
      fetch: async (request) => {
        for (const { id } of await request.json() as { id: string }[]) {
          this.ids.set(id, (this.ids.get(id) ?? 0) + 1);
        }
        return new Response("");
      },
    });
  }

  async down(): Promise<void> {
    await this.#server?.stop(true);
    this.#server = undefined;
  }
}

function polling(n: number): string {
  const message = {
    message_id: `m${n}`,
    publisher_id: "h",
    event_type: "telemetry.polling",
    priority: "SAMPLE",
    timestamp: "2026-01-01 00:00:00",
    payload: {
      samples: [{
        counter_name: "cpu",
        counter_type: "gauge",
        counter_unit: "",
        counter_volume: n,
        resource_id: "r",
        project_id: "p",
        user_id: "u",
        source: "openstack",
        timestamp: "2026-01-01T00:00:00",
        resource_metadata: {},
        message_id: String(n),
      }],
    },
  };
  return JSON.stringify({ "oslo.version": "2.0", "oslo.message": JSON.stringify(message) });
}

/** Ids in the file, with how often; a torn line would fail here. */
function idsIn(path: string): Map<string, number> {
  const ids = new Map<string, number>();
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  for (const line of text.split("\n").filter((one) => one !== "")) {
    const { id } = JSON.parse(line) as { id: string };
    ids.set(id, (ids.get(id) ?? 0) + 1);
  }
  return ids;
}

interface Ground extends AsyncDisposable {
  readonly sink: Sink;
  readonly file: string;
  readonly stateDir: string;
  start(): Program;
}

async function layGround(rabbit: Rabbitmq, exchange: string, workers: number): Promise<Ground> {
  const folder = await tempFolder("pipeline-faults");
  const sink = new Sink(await freePort());
  const file = join(folder.path, "samples");
  await mkdir(join(folder.path, "meters.d"));
  await writeFile(
    join(folder.path, "pipeline.yaml"),
    `sources: [{name: s, meters: ["*"], sinks: [k]}]\nsinks: [{name: k, publishers: ` +
      `["file://${file}?json", "http://127.0.0.1:${sink.port}/"]}]\n`,
  );
  await writeFile(
    join(folder.path, "ceilometer.conf"),
    `[DEFAULT]\ntransport_url = ${rabbit.url}\npipeline_cfg_file = ${folder.path}/pipeline.yaml\n` +
      `[notification]\npipelines = meter\nworkers = ${workers}\n` +
      `notification_control_exchanges = ${exchange}\n` +
      "[oslo_messaging_rabbit]\namqp_durable_queues = true\nrabbit_retry_interval = 1\n" +
      "[tpctl]\nlisten =\n",
  );
  const running: Program[] = [];
  return {
    sink,
    file,
    stateDir: join(folder.path, "tpctl-state"),
    start: () => {
      const options = { cwd: folder.path };
      const program = startProgram(["pipeline", "--config-file", "ceilometer.conf"], options);
      running.push(program);
      return program;
    },
    async [Symbol.asyncDispose](): Promise<void> {
      for (const program of running) await program[Symbol.asyncDispose]();
      await sink.down();
      await folder[Symbol.asyncDispose]();
    },
  };
}

function allThere(ids: ReadonlyMap<string, number>): true | undefined {
  return ids.size === count ? true : undefined;
}

describe.skipIf(missing !== undefined)("pipeline under faults", () => {
  let rabbit: Rabbitmq;
  beforeAll(async () => {
    rabbit = await startRabbitmq();
  }, testMs);
  afterAll(() => rabbit?.remove());

  async function fill(exchange: string, from: number, to: number): Promise<void> {
    const admin = await rabbitAdmin(rabbit);
    const bodies = Array.from({ length: to - from }, (_, n) => polling(from + n));
    await admin.fill(exchange, "notifications.sample", bodies);
    await admin.close();
  }

  for (const workers of [1, 2]) {
    test(
      `kill -9, the broker restarted, the HTTP server away: ${workers} worker(s)`,
      async () => {
        const exchange = `nova${workers}`;
        await using ground = await layGround(rabbit, exchange, workers);
        const { sink, file, stateDir } = ground;
        sink.up();
        const first = ground.start();
        await first.said(/Ready/);
        await fill(exchange, 0, count / 2);
        await until("some samples", waitMs, () => sink.ids.size > 200 ? true : undefined);
        first.kill("SIGKILL");
        await first.exited;

        await sink.down();
        const second = ground.start();
        await fill(exchange, count / 2, count);
        await until("all samples in the file", waitMs, () => allThere(idsIn(file)));
        expect(sink.ids.size).toBeLessThan(count);
        second.kill("SIGKILL");
        await second.exited;

        sink.up();
        const third = ground.start();
        await rabbit.restart();
        await until("all samples at the server", waitMs, () => allThere(sink.ids));
        const ids = Array.from({ length: count }, (_, n) => String(n)).sort();
        expect([...sink.ids.keys()].sort()).toEqual(ids);
        expect([...idsIn(file).keys()].sort()).toEqual(ids);
        third.kill("SIGTERM");
        expect(await third.exited).toBe(0);
        const letters = join(stateDir, "dead-letters");
        expect(existsSync(letters) ? readdirSync(letters) : []).toEqual([]);
      },
      testMs,
    );
  }
});
