/**
 * Edge (processes, net, files). `tpctl pipeline` and RabbitMQ through the executable: agents side by
 * side on the queues of several brokers, one of them behind TLS with client certificates, messages of
 * both envelopes; and a queue that is there with other arguments.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { builtExecutable } from "../testing/executable.ts";
import { memberOf, startHttpFarEnd } from "../testing/faults/http_far_end.ts";
import { until } from "../testing/faults/life.ts";
import {
  Arrivals,
  bodiesOf,
  type Envelope,
  samplingBody,
} from "../testing/faults/notifications.ts";
import { type Program, startProgram } from "../testing/program.ts";
import { rabbitAdmin } from "../testing/rabbit_admin.ts";
import { type Rabbitmq, rabbitmqMissing, startRabbitmq } from "../testing/servers/rabbitmq.ts";
import { type TempFolder, tempFolder } from "../testing/servers/server.ts";

const missing = rabbitmqMissing();
if (missing !== undefined) console.error(`skipped: ${missing}`);

const testMs = 90_000;
const each = 300;
const exchanges = ["nova", "glance"];

describe.skipIf(missing !== undefined)("pipeline and RabbitMQ", () => {
  let plain: Rabbitmq;
  let guarded: Rabbitmq;
  let folder: TempFolder;
  let compiled = "";
  beforeAll(async () => {
    compiled = await builtExecutable();
    folder = await tempFolder("pipeline-rabbitmq");
    await mkdir(join(folder.path, "meters.d"));
    [plain, guarded] = await Promise.all([
      startRabbitmq(),
      startRabbitmq({ tls: "client_certificates" }),
    ]);
  }, testMs);
  afterAll(async () => {
    await plain?.remove();
    await guarded?.remove();
    await folder?.remove();
  });

  /** Starts an agent of that name, whose samples go to the URL. */
  async function start(name: string, publisher: string, notification: string): Promise<Program> {
    await writeFile(
      join(folder.path, `${name}.yaml`),
      `sources: [{name: s, meters: ["*"], sinks: [k]}]\n` +
        `sinks: [{name: k, publishers: ["${publisher}"]}]\n`,
    );
    await writeFile(
      join(folder.path, `${name}.conf`),
      `[DEFAULT]
transport_url = ${plain.url}
pipeline_cfg_file = ${name}.yaml
[notification]
pipelines = meter
${exchanges.map((exchange) => `notification_control_exchanges = ${exchange}`).join("\n")}
${notification}
[meter]
meter_definitions_dirs = ${join(folder.path, "meters.d")}
[tpctl]
listen =
state_dir = ${name}-state
`,
    );
    return startProgram(["pipeline", "--config-file", `${name}.conf`], {
      cwd: folder.path,
      argv: [compiled],
    });
  }

  async function fill(rabbit: Rabbitmq, from: number, envelope: Envelope): Promise<void> {
    const admin = await rabbitAdmin(rabbit);
    for (const [i, exchange] of exchanges.entries()) {
      const begin = from + i * each;
      const bodies = bodiesOf((n) => samplingBody(n, envelope), begin, begin + each);
      await admin.fill(exchange, "notifications.sample", [...bodies]);
    }
    await admin.close();
  }

  test(
    "two agents share the queues of two brokers: every message once, of both envelopes",
    async () => {
      const all = new Arrivals(4 * each);
      const shares = new Map<string, number>();
      const sink = await startHttpFarEnd({
        delayMs: 10,
        take: (sample, { url }) => {
          all.add(memberOf(sample, "resource_id"), memberOf(sample, "volume"));
          shares.set(url, (shares.get(url) ?? 0) + 1);
        },
      });
      const { certificate, clientCertificate } = guarded;
      const tls = `ssl=1&ssl_ca_file=${certificate?.certFile}` +
        `&ssl_cert_file=${clientCertificate?.certFile}&ssl_key_file=${clientCertificate?.keyFile}`;
      const brokers = `messaging_urls = ${plain.url}\n` +
        `messaging_urls = rabbit://guest:guest@127.0.0.1:${guarded.tlsPort}/?${tls}`;
      const agents = await Promise.all(
        ["one", "two"].map((name) => start(name, `http://127.0.0.1:${sink.port}/${name}`, brokers)),
      );
      await Promise.all(agents.map((agent) => agent.said(/Ready/)));
      await Promise.all([fill(plain, 0, "v1"), fill(guarded, 2 * each, "v2")]);
      await until("all have come", testMs, () => all.whole());
      for (const agent of agents) agent.kill("SIGTERM");
      expect(await Promise.all(agents.map((agent) => agent.exited))).toEqual([0, 0]);
      await sink.down();
      expect([`${all}`, all.strange]).toEqual([`${4 * each} of ${4 * each}, 0 repeated`, []]);
      expect(shares.size).toBe(2);
    },
    testMs,
  );

  test(
    "a queue that is there with other arguments: said once with the way out, read once it is gone",
    async () => {
      const admin = await rabbitAdmin(plain);
      await admin.channel.assertQueue("other.info", { durable: true });
      const agent = await start(
        "other",
        "test://",
        "[oslo_messaging_notifications]\ntopics = other",
      );
      await agent.said(
        /Cannot declare queue 'other\.info': it exists with durable = true, expected durable = false \(set \[oslo_messaging_rabbit\] amqp_durable_queues .*or delete the queue\)/,
      );
      await Bun.sleep(2_500);
      await admin.channel.deleteQueue("other.info");
      await agent.said(/ Ready$/);
      agent.kill("SIGTERM");
      expect(await agent.exited).toBe(0);
      expect(agent.stderr().match(/ (WARNING|ERROR) /g)).toHaveLength(1);
      await admin.close();
    },
    testMs,
  );
});
