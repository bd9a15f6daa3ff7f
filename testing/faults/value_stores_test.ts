/**
 * Edge (processes, net, files). `tpctl pipeline` from a real RabbitMQ to far ends that keep values and
 * not messages: a Pushgateway that is away for a while, whose series end with the last value sent; and
 * Gnocchi behind a Keystone whose tokens end during the run, with kill -9 in between, which has counted
 * every distinct measure.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { builtExecutable } from "../executable.ts";
import { type Program, startProgram } from "../program.ts";
import { type Gnocchi, gnocchiMissing, startGnocchi } from "../servers/gnocchi.ts";
import { type Keystone, keystoneMissing, startKeystone } from "../servers/keystone.ts";
import { pushgatewayMissing, startPushgateway } from "../servers/pushgateway.ts";
import { type Rabbitmq, rabbitmqMissing, startRabbitmq } from "../servers/rabbitmq.ts";
import { type TempFolder, tempFolder } from "../servers/server.ts";
import { memberOf } from "./http_far_end.ts";
import { until } from "./life.ts";
import { bodiesOf, type PolledSample, pollingBody } from "./notifications.ts";
import { feedQueue } from "./queue_feed.ts";

const missing = rabbitmqMissing() ?? pushgatewayMissing() ?? keystoneMissing() ?? gnocchiMissing();
if (missing !== undefined) console.error(`skipped: ${missing}`);

const testMs = 240_000;
const waitMs = 90_000;
const count = 3_000;

describe.skipIf(missing !== undefined)("pipeline to stores of values", () => {
  let rabbit: Rabbitmq;
  let folder: TempFolder;
  let compiled = "";
  const running: Program[] = [];
  beforeAll(async () => {
    compiled = await builtExecutable();
    folder = await tempFolder("value-stores");
    await mkdir(join(folder.path, "meters.d"));
    rabbit = await startRabbitmq();
  }, testMs);
  afterAll(async () => {
    for (const program of running) await program[Symbol.asyncDispose]();
    await rabbit?.remove();
    await folder?.remove();
  });

  /** An agent that reads the exchange and topic `name`. */
  async function configure(name: string, publisher: string, more: string): Promise<void> {
    await writeFile(
      join(folder.path, `${name}.yaml`),
      `sources: [{name: s, meters: ["*"], sinks: [k]}]\n` +
        `sinks: [{name: k, publishers: ["${publisher}"]}]\n`,
    );
    await writeFile(
      join(folder.path, `${name}.conf`),
      `[DEFAULT]
transport_url = ${rabbit.url}
pipeline_cfg_file = ${name}.yaml
[oslo_messaging_notifications]
topics = ${name}
[oslo_messaging_rabbit]
amqp_durable_queues = true
[notification]
pipelines = meter
notification_control_exchanges = ${name}
[meter]
meter_definitions_dirs = ${join(folder.path, "meters.d")}
[tpctl]
listen =
state_dir = ${name}-state
${more}
`,
    );
  }

  async function start(name: string): Promise<Program> {
    const args = ["pipeline", "--config-file", `${name}.conf`];
    const program = startProgram(args, { cwd: folder.path, argv: [compiled] });
    running.push(program);
    await program.said(/ Ready/);
    return program;
  }

  function feed(name: string, bodies: Iterable<string>): Promise<void> {
    return feedQueue(rabbit, { exchange: name, routingKey: `${name}.sample` }, bodies);
  }

  /** Nothing waits in the queue, and nothing is out of it unacknowledged. */
  async function emptied(name: string, agent: Program): Promise<void> {
    await until(`queue ${name}.sample is empty`, waitMs, async () => {
      const rows = JSON.parse(
        await rabbit.ctl("list_queues", "--formatter", "json", "name", "messages"),
      ) as { name: string; messages: number }[];
      return rows.some((row) => row.name === `${name}.sample` && row.messages === 0) || undefined;
    }).catch((error: unknown) => {
      throw new Error(`${error}\n${agent.stderr()}`);
    });
  }

  async function end(program: Program): Promise<void> {
    program.kill("SIGTERM");
    expect(await program.exited).toBe(0);
  }

  test("a Pushgateway that was away: each series ends with the last value sent", async () => {
    const gateway = await startPushgateway();
    try {
      const url = `prometheus://127.0.0.1:${gateway.port}/metrics/job/ceilometer?timeout=2`;
      await configure("push", url, "");
      const agent = await start("push");
      const last = new Map<string, number>();
      const body = (n: number): string => {
        const [name, resource] = [n % 2 === 0 ? "cpu" : "memory.usage", `vm-${n % 30}`];
        last.set(`${name.replace(".", "_")} ${resource}`, n);
        return pollingBody(n, [{ name, resource, volume: n }]);
      };
      await feed("push", bodiesOf(body, 0, count / 3));
      await gateway.stop();
      await feed("push", bodiesOf(body, count / 3, count * 2 / 3));
      await emptied("push", agent);
      await gateway.start();
      await feed("push", bodiesOf(body, count * 2 / 3, count));
      await emptied("push", agent);
      const seen = async (): Promise<Map<string, number>> =>
        new Map(
          [...(await gateway.metrics()).matchAll(
            /^(\w+)\{[^}]*resource_id="(vm-\d+)"[^}]*\} (\S+)$/gm,
          )].flatMap(([, name = "", resource, value]) =>
            name.startsWith("push_") ? [] : [[`${name} ${resource}`, Number(value)]]
          ),
        );
      await until("the last values", waitMs, async () => {
        const now = await seen();
        return [...last].every(([series, value]) => now.get(series) === value) || undefined;
      }).catch(() => undefined);
      expect(new Map([...await seen()].sort())).toEqual(new Map([...last].sort()));
      expect(agent.stderr()).toContain("The far end answers again");
      await end(agent);
    } finally {
      await gateway.remove();
    }
  }, testMs);

  describe("Gnocchi behind Keystone", () => {
    const user = { name: "ceilometer", password: "Sesame" };
    const tokenSeconds = 12;
    let keystone: Keystone;
    let gnocchi: Gnocchi;
    beforeAll(async () => {
      keystone = await startKeystone({ tokenSeconds });
      for (const [name, password] of [["gnocchi", "gnocchipw"], [user.name, user.password]]) {
        const given = { name: name ?? "", password: password ?? "" };
        await keystone.createUser({ ...given, project: "service", role: "admin" });
      }
      gnocchi = await startGnocchi({ keystone });
      await keystone.createService({ type: "metric", name: "gnocchi", url: gnocchi.url });
    }, testMs);
    afterAll(async () => {
      await gnocchi?.remove();
      await keystone?.remove();
    });

    let held = { token: "", untilMs: 0 };
    async function ask(method: string, path: string, body?: unknown): Promise<unknown> {
      if (held.untilMs < performance.now()) {
        const untilMs = performance.now() + tokenSeconds * 500;
        held = { token: await keystone.tokenOf({ ...user, project: "service" }), untilMs };
      }
      const { token } = held;
      const answer = await gnocchi.request(method, path, { body, token });
      if (answer.status >= 400) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
      return answer.json;
    }

    test("3,000 notifications while tokens end: every distinct measure counted once", async () => {
      await ask("POST", "/v1/archive_policy", {
        name: "counted",
        aggregation_methods: ["count"],
        definition: [{ granularity: "1d", timespan: "365d" }],
      });
      await configure(
        "gnocchi",
        "gnocchi://?archive_policy=counted&timeout=60",
        `gnocchi_create_resource_types = true
[service_credentials]
auth_type = password
auth_url = ${keystone.url}
username = ${user.name}
password = ${user.password}
project_name = service
user_domain_name = Default
project_domain_name = Default
`,
      );
      const distinct = new Set<string>();
      const body = (n: number): string => {
        const samples = serverSamples(n);
        for (const { name, resource, timestamp } of samples) {
          distinct.add(`${resource} ${name} ${timestamp}`);
        }
        return pollingBody(n, samples);
      };
      const first = await start("gnocchi");
      await feed("gnocchi", bodiesOf(body, 0, count / 3));
      await emptied("gnocchi", first);
      await Bun.sleep((tokenSeconds + 1) * 1000);
      await feed("gnocchi", bodiesOf(body, count / 3, count * 2 / 3));
      first.kill("SIGKILL");
      await first.exited;
      const second = await start("gnocchi");
      await Bun.sleep((tokenSeconds + 1) * 1000);
      await feed("gnocchi", bodiesOf(body, count * 2 / 3, count));
      await emptied("gnocchi", second);
      await end(second);
      const resources = await ask("GET", "/v1/resource/instance?limit=1000") as unknown[];
      let counted = 0;
      for (
        const metric of resources.flatMap((one) => Object.values(memberOf(one, "metrics") ?? {}))
      ) {
        const path = `/v1/metric/${metric}/measures?aggregation=count&refresh=true`;
        for (const [, , n] of await ask("GET", path) as [string, number, number][]) counted += n;
      }
      console.error(`Gnocchi: ${counted} counted of ${distinct.size} distinct measures`);
      expect(counted).toBe(distinct.size);
    }, testMs);
  });
});

/** Two samples of one of 10 servers; every tenth notification comes twice. */
function serverSamples(n: number): PolledSample[] {
  const at = n % 10 === 9 ? n - 1 : n;
  const timestamp = new Date(Date.UTC(2026, 0, 2) + at * 1000).toISOString().slice(0, 19);
  const metadata = {
    host: "h",
    display_name: "vm",
    instance_flavor_id: "1",
    instance_type: "tiny",
  };
  return ["vcpus", "memory"].map((name) => (
    { name, resource: `server-${at % 10}`, volume: at, timestamp, metadata }
  ));
}
