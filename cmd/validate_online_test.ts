/**
 * Edge (processes, net, files). `tpctl validate --online` against real servers: what is right passes,
 * a wrong password, a missing topic or database and a closed port are said at their places, nothing is
 * changed anywhere, and no secret is shown.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startProgram } from "../testing/program.ts";
import { declaredOn } from "../testing/rabbit_admin.ts";
import { type Gnocchi, gnocchiMissing, startGnocchi } from "../testing/servers/gnocchi.ts";
import { type Influxdb, influxdbMissing, startInfluxdb } from "../testing/servers/influxdb.ts";
import { type Kafka, kafkaMissing, kafkaUsers, startKafka } from "../testing/servers/kafka.ts";
import { type Keystone, keystoneMissing, startKeystone } from "../testing/servers/keystone.ts";
import { opensearchMissing, startOpensearch } from "../testing/servers/opensearch.ts";
import { pushgatewayMissing, startPushgateway } from "../testing/servers/pushgateway.ts";
import { type Rabbitmq, rabbitmqMissing, startRabbitmq } from "../testing/servers/rabbitmq.ts";

setDefaultTimeout(120_000);

interface Found {
  readonly code: number;
  /** `line rule` of each finding of the area online, in order. */
  readonly online: readonly string[];
  readonly texts: string;
}

interface Reported {
  readonly findings: readonly {
    readonly file: string;
    readonly line: number;
    readonly rule: string;
    readonly message?: string;
    readonly text?: string;
  }[];
}

/** Nobody may read the files, so that nothing is said about their secrets. */
async function check(
  files: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
): Promise<Found> {
  const cwd = mkdtempSync(join(tmpdir(), "tpctl-online-"));
  try {
    for (const [name, text] of Object.entries(files)) await Bun.write(join(cwd, name), text);
    const args = ["validate", "--online", "--timeout", "20", "--format", "json"];
    await using program = startProgram([...args, ...Object.keys(files)], { cwd, env });
    const code = await program.exited;
    const report = JSON.parse(program.stdout()) as Reported;
    const online = report.findings.filter(({ rule }) => rule.startsWith("online/"));
    expect(program.stdout() + program.stderr()).not.toMatch(/s3cret|wrong-pw/);
    return {
      code,
      online: online.map(({ line, rule }) => `${line} ${rule}`),
      texts: JSON.stringify(online),
    };
  } finally {
    rmSync(cwd, { recursive: true });
  }
}

/** Metrics alone, from Kafka into a store. */
function persister(kafka: string, more: string): Readonly<Record<string, string>> {
  return {
    "persister.conf": `[kafka_metrics]
uri = ${kafka}
topic = metrics
[kafka_alarm_history]
enabled = false
${more}`,
  };
}

function pipeline(...publishers: readonly string[]): Readonly<Record<string, string>> {
  const list = publishers.map((url) => `  - "${url}"\n`).join("");
  return {
    "pipeline.yaml": `sources:
- {name: s, meters: ["*"], sinks: [k]}
sinks:
- name: k
  publishers:
${list}`,
  };
}

const closed = "127.0.0.1:1";

test("closed ports and unknown hosts are said at their places, in text without their secrets", async () => {
  const store = `[influxdb]\nip_address = 127.0.0.1\nport = 1\nuser = u\npassword = s3cret\n`;
  const files = persister(closed, store);
  expect(await check(files)).toMatchObject({
    code: 1,
    online: ["2 online/unreachable", "7 online/unreachable"],
  });
  const urls = pipeline(
    `tcp://${closed}`,
    "udp://nowhere.invalid:4952",
    `http://u:s3cret@${closed}/x?token=s3cret`,
    `prometheus://${closed}/metrics/job/x`,
    "gnocchi://",
    "file:///tmp/x",
  );
  expect((await check(urls)).online).toEqual([
    "6 online/unreachable",
    "7 online/unreachable",
    "8 online/unreachable",
    "9 online/unreachable",
    "10 online/not-looked-at",
  ]);
});

test("a server that says nothing is given up after the time limit", async () => {
  using silent = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => {} } });
  const cwd = mkdtempSync(join(tmpdir(), "tpctl-online-"));
  const files = pipeline(`http://127.0.0.1:${silent.port}/x`);
  await Bun.write(join(cwd, "pipeline.yaml"), files["pipeline.yaml"] ?? "");
  const args = ["validate", "--online", "--timeout", "0.3", "pipeline.yaml"];
  await using program = startProgram(args, { cwd });
  expect(await program.exited).toBe(1);
  expect(program.stdout()).toContain("[online/unreachable]");
  rmSync(cwd, { recursive: true });
});

test("an InfluxDB 2.x refuses a token, lacks a bucket, lacks an organization", async () => {
  const answers: Readonly<Record<string, readonly [number, string, string]>> = {
    good: [204, "", ""],
    bad: [401, "unauthorized", "unauthorized access"],
    poor: [403, "forbidden", "insufficient permissions for write"],
    new: [404, "not found", 'bucket "new" not found'],
    lost: [404, "not found", 'organization name "o" not found'],
  };
  await using server = Bun.serve({
    port: 0,
    fetch(request): Response {
      const bucket = new URL(request.url).searchParams.get("bucket") ?? "";
      const [status, code, message] = answers[bucket] ?? [500, "", ""];
      const body = status === 204 ? null : JSON.stringify({ code, message });
      return new Response(body, { status });
    },
  });
  const buckets = Object.keys(answers);
  const urls = buckets.map((bucket) => `influxdb2://127.0.0.1:${server.port}/${bucket}?org=o`);
  const found = await check(pipeline(...urls), { TPCTL_INFLUX_TOKEN: "s3cret" });
  expect(found.online).toEqual([
    "7 online/authentication",
    "8 online/permission",
    "9 online/not-yet-there",
    "10 online/missing",
  ]);
});

const noKafka = kafkaMissing();
if (noKafka !== undefined) console.error(`Kafka is not looked at online: ${noKafka}`);

describe.skipIf(noKafka !== undefined)("Kafka", () => {
  let kafka: Kafka;
  beforeAll(async () => {
    kafka = await startKafka({ security: true });
    await kafka.admin.createTopic("metrics");
  });
  afterAll(() => kafka?.stop());

  const sqlite = "[repositories]\nmetrics_driver = sqlite\n";
  const login = (password: string) =>
    `[kafka_security]\nsecurity_protocol = SASL_PLAINTEXT\nsasl_username = ` +
    `${kafkaUsers.plain.username}\nsasl_password = ${password}\n`;

  test("has the topic or has not; a look makes none", async () => {
    const [broker = ""] = kafka.brokers;
    expect(await check(persister(broker, sqlite))).toMatchObject({ code: 0, online: [] });
    const wrong = persister(broker, sqlite)["persister.conf"]?.replace("= metrics", "= metrcs");
    for (let i = 0; i < 2; i++) {
      const found = await check({ "persister.conf": wrong ?? "" });
      expect([found.code, found.online]).toEqual([1, ["3 online/missing"]]);
    }
    const urls = pipeline(`kafka://${broker}/metrics?format=monasca`, `kafka://${broker}/other`);
    expect((await check(urls)).online).toEqual(["7 online/missing"]);
  });

  test("lets in who it knows", async () => {
    const [broker = ""] = kafka.saslBrokers;
    const { password } = kafkaUsers.plain;
    expect((await check(persister(broker, sqlite + login(password)))).online).toEqual([]);
    const found = await check(persister(broker, sqlite + login("wrong-pw")));
    expect([found.code, found.online]).toEqual([1, ["11 online/authentication"]]);
  });
});

const noInfluxdb = influxdbMissing();
if (noInfluxdb !== undefined) console.error(`InfluxDB is not looked at online: ${noInfluxdb}`);

describe.skipIf(noInfluxdb !== undefined)("InfluxDB 1.x", () => {
  const admin = { user: "root", password: "root-s3cret" };
  let server: Influxdb;
  beforeAll(async () => {
    server = await startInfluxdb({ auth: true, admin });
    const { user, password } = admin;
    await server.query(`CREATE USER "${user}" WITH PASSWORD '${password}' WITH ALL PRIVILEGES`);
    await server.query("CREATE DATABASE mon");
    for (const name of ["writer", "reader"]) {
      await server.query(`CREATE USER "${name}" WITH PASSWORD '${name}-s3cret'`);
    }
    await server.query("GRANT ALL ON mon TO writer");
    await server.query("GRANT READ ON mon TO reader");
  });
  afterAll(() => server?.remove());

  const url = (user: string, database: string) =>
    `influxdb://${user}@127.0.0.1:${server.port}/${database}`;

  test("lets in who may write, and says what others lack; a look makes nothing", async () => {
    const found = await check(pipeline(
      url("root:root-s3cret", "mon"),
      url("writer:writer-s3cret", "mon"),
      url("writer:wrong-pw", "mon"),
      url("reader:reader-s3cret", "mon"),
      url("writer:writer-s3cret", "new"),
      url("root:root-s3cret", "new"),
    ));
    expect([found.code, found.online]).toEqual([1, [
      "8 online/authentication",
      "9 online/permission",
      "10 online/missing",
      "11 online/not-yet-there",
    ]]);
    expect((await server.query("SHOW DATABASES")).map(({ name }) => name)).not.toContain("new");
  });

  test("is looked at as persister.conf has it, at the options concerned", async () => {
    const store = (password: string, more = "") =>
      `[influxdb]\nip_address = 127.0.0.1\nport = ${server.port}\nuser = writer\n` +
      `password = ${password}\n${more}`;
    const online = async (more: string) => (await check(persister(closed, more))).online.slice(1);
    expect(await online(store("writer-s3cret"))).toEqual([]);
    expect(await online(store("wrong-pw"))).toEqual(["10 online/authentication"]);
    expect(await online(store("writer-s3cret", "database_name = new\n"))).toEqual([
      "11 online/missing",
    ]);
    expect(await online(store("writer-s3cret", "db_per_tenant = true\n"))).toEqual([
      "10 online/permission",
    ]);
  });
});

const noRabbitmq = rabbitmqMissing();
if (noRabbitmq !== undefined) console.error(`RabbitMQ is not looked at online: ${noRabbitmq}`);

describe.skipIf(noRabbitmq !== undefined)("RabbitMQ", () => {
  let rabbit: Rabbitmq;
  beforeAll(async () => {
    rabbit = await startRabbitmq();
  });
  afterAll(() => rabbit?.remove());

  const conf = (url: string) => ({
    "ceilometer.conf": `[DEFAULT]
transport_url = ${url}
pipeline_cfg_file = pipeline.yaml
[notification]
pipelines = meter
`,
    ...pipeline("notifier://"),
  });
  const at = (user: string, vhost = "") => `rabbit://${user}@127.0.0.1:${rabbit.port}/${vhost}`;

  test("is logged on to, and keeps what it has", async () => {
    const found = await check(conf(at("guest:guest")));
    // Exchanges and queues of the bus, the exchange of notifier://, which are made at start.
    expect(found.code).toBe(0);
    expect(found.online).toEqual(["2 online/not-yet-there", "6 online/not-yet-there"]);
    expect(found.texts).toContain("exchange 'nova', no exchange 'glance'");
    expect(found.texts).toContain("queue 'notifications.info'");
    const { exchanges, queues } = await declaredOn(rabbit, "/");
    expect(JSON.stringify([exchanges, queues])).not.toMatch(/nova|notifications/);
  });

  test("refuses a password and a virtual host", async () => {
    const refused = await check(conf(at("guest:wrong-pw")));
    expect(refused.online).toEqual(["2 online/authentication", "6 online/authentication"]);
    const lost = await check(conf(at("guest:guest", "lost")));
    expect(lost.online).toEqual(["2 online/missing", "6 online/missing"]);
  });
});

const noOpenStack = keystoneMissing() ?? gnocchiMissing();
if (noOpenStack !== undefined) console.error(`OpenStack is not looked at online: ${noOpenStack}`);

describe.skipIf(noOpenStack !== undefined)("Keystone and Gnocchi", () => {
  let keystone: Keystone;
  let gnocchi: Gnocchi;
  beforeAll(async () => {
    keystone = await startKeystone();
    const role = { project: "service", role: "admin" };
    await keystone.createUser({ name: "gnocchi", password: "gnocchipw", ...role });
    gnocchi = await startGnocchi({ keystone });
    await keystone.createService({ type: "metric", name: "gnocchi", url: gnocchi.url });
  });
  afterAll(async () => {
    await gnocchi?.remove();
    await keystone?.remove();
  });

  const conf = (password: string, publisher: string, authUrl = keystone.url) => ({
    "ceilometer.conf": `[DEFAULT]
transport_url = rabbit://guest:guest@${closed}/
pipeline_cfg_file = pipeline.yaml
[notification]
pipelines = meter
[service_credentials]
auth_url = ${authUrl}
username = gnocchi
password = ${password}
project_name = service
user_domain_name = Default
project_domain_name = Default
`,
    ...pipeline(publisher),
  });
  const online = async (files: Readonly<Record<string, string>>) =>
    (await check(files)).online.filter((one) => !one.startsWith("2 "));

  test("give a token, have the service, answer", async () => {
    expect(await online(conf("gnocchipw", "gnocchi://"))).toEqual([]);
    expect(await online(conf("wrong-pw", "gnocchi://"))).toEqual(["6 online/authentication"]);
    expect(await online(conf("gnocchipw", "zaqar://?queue=q"))).toEqual(["6 online/missing"]);
    const away = conf("gnocchipw", "gnocchi://", `http://${closed}/v3`);
    expect(await online(away)).toEqual(["6 online/unreachable"]);
    expect(await gnocchi.request("GET", "/v1/resource/generic").then(({ status }) => status))
      .toBe(401);
  });
});

const noPushgateway = pushgatewayMissing();
if (noPushgateway !== undefined) console.error(`Not looked at online: ${noPushgateway}`);

test.skipIf(noPushgateway !== undefined)("a Pushgateway is reached and told nothing", async () => {
  const server = await startPushgateway();
  try {
    const { port } = server;
    const url = `prometheus://127.0.0.1:${port}/metrics/job/ceilometer`;
    expect((await check(pipeline(url))).online).toEqual([]);
    expect(await server.metrics()).not.toContain('job="ceilometer"');
  } finally {
    await server.remove();
  }
});

const noSearch = opensearchMissing();
if (noSearch !== undefined) console.error(`OpenSearch is not looked at online: ${noSearch}`);

test.skipIf(noSearch !== undefined)("OpenSearch answers, node by node", async () => {
  const server = await startOpensearch();
  try {
    const files = (hosts: string) => ({
      "persister.conf": `[kafka_metrics]
enabled = false
[kafka_alarm_history]
enabled = false
[kafka_events]
enabled = true
uri = ${closed}
[elasticsearch]
hosts = ${hosts}
`,
    });
    const good = `127.0.0.1:${server.port}`;
    const online = async (hosts: string) => (await check(files(hosts))).online.slice(1);
    expect(await online(good)).toEqual([]);
    expect(await online(`${good},${closed}`)).toEqual(["9 online/unreachable"]);
    const indices = await server.ask("GET", "/_cat/indices?format=json");
    expect(indices.json).toEqual([]);
  } finally {
    await server.remove();
  }
});
