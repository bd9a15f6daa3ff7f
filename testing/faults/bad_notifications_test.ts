/**
 * Edge (processes, net, files). What can be wrong with notifications, definitions, pipelines and the
 * far ends of `tpctl pipeline`, through the executable: each gets one clear message, the rest goes on,
 * and nothing is lost.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { rabbitAdmin } from "../rabbit_admin.ts";
import { selfSignedCertificate } from "../servers/certificate.ts";
import { type Keystone, keystoneMissing, startKeystone } from "../servers/keystone.ts";
import { type Rabbitmq, rabbitmqMissing, startRabbitmq } from "../servers/rabbitmq.ts";
import { freePort, type TempFolder, tempFolder } from "../servers/server.ts";
import { eventually } from "../program.ts";
import { expectDecent, linesAt, readLetters, runBad, secret, startBad } from "./bad_run.ts";
import { arrivalsInFile } from "./file_arrivals.ts";
import { memberOf } from "./http_far_end.ts";
import { Arrivals, bodiesOf, samplingBody } from "./notifications.ts";
import { startMonascaApi } from "./monasca_api.ts";

const testMs = 60_000;
const config = ["--config-file", "ceilometer.conf"];
const fromFile = [...config, "--from", "in.ndjson", "--once"];

let folder: TempFolder;
beforeEach(async () => {
  folder = await tempFolder("bad-notifications");
  await mkdir(join(folder.path, "meters.d"));
  await write("in.ndjson", [...bodiesOf((n) => samplingBody(n), 0, 3)].join("\n") + "\n");
});
afterEach(() => folder.remove());

function write(name: string, data: string): Promise<number> {
  return Bun.write(join(folder.path, name), data);
}

function pipelineTo(kind: "meters" | "events", publishers: readonly string[]): string {
  return `sources: [{name: s, ${kind}: ["*"], sinks: [k]}]\n` +
    `sinks: [{name: k, publishers: ${JSON.stringify(publishers)}}]\n`;
}

/** Samples go to the file `out` and to these; `more` is behind `[tpctl]`, `first` in `[DEFAULT]`. */
async function configure(
  publishers: readonly string[],
  { first = "", more = "" }: { readonly first?: string; readonly more?: string } = {},
): Promise<void> {
  const file = `file://${join(folder.path, "out")}?json`;
  await write("pipeline.yaml", pipelineTo("meters", [file, ...publishers]));
  await write(
    "ceilometer.conf",
    `[DEFAULT]
pipeline_cfg_file = pipeline.yaml
${first}
[notification]
pipelines = meter
[meter]
meter_definitions_dirs = ${join(folder.path, "meters.d")}
[tpctl]
listen =
${more}
`,
  );
}

function out(count: number): Arrivals {
  return arrivalsInFile(join(folder.path, "out"), count);
}

/** The closing account. */
function accountOf(stderr: string): unknown {
  return JSON.parse(stderr.trimEnd().split("\n").at(-1) ?? "");
}

/** A message of version 2 with these members in place of its own. */
function bodyWith(members: Readonly<Record<string, unknown>>): string {
  const envelope = JSON.parse(samplingBody(0)) as Readonly<Record<string, string>>;
  const message = { ...JSON.parse(envelope["oslo.message"] ?? ""), ...members };
  return JSON.stringify({ ...envelope, "oslo.message": JSON.stringify(message) });
}

/** Bodies that nothing can be made of, each with the class and the reason of its letter. */
const badBodies: readonly (readonly [body: string, letterClass: string, reason: RegExp])[] = [
  ["no message", "decode", /^Cannot read notification: .*expected/],
  ["[1, 2]", "decode", /^Cannot read notification: it is a list, expected an object$/],
  ['{"oslo.version": "2.0", "oslo.message": {}}', "decode", /'oslo\.message' is .*expected a text/],
  ['{"oslo.version": "2.0", "oslo.message": "[]"}', "decode", /'oslo\.message' holds .*expected/],
  ['{"oslo.version": "2.0", "oslo.message": "{"}', "decode", /^Cannot read notification: /],
  ['{"oslo.version": "9.0", "oslo.message": "{}"}', "decode", /"9\.0", expected 2\.0/],
  [`{"a": ${"[".repeat(100_000)}${"]".repeat(100_000)}}`, "decode", /nested too deeply/],
  [`{"a": "${"x".repeat(10_000_000)}`, "decode", /without an end/],
  [bodyWith({ priority: 5 }), "invalid", /'priority' is .*expected a text/],
  [
    bodyWith({ priority: "urgent" }),
    "invalid",
    /its priority 'urgent' is unknown, expected one of/,
  ],
  [bodyWith({ priority: "" }), "invalid", /it has no priority, expected one of/],
  [bodyWith({ event_type: null }), "invalid", /'event_type' is .*expected a text/],
  [bodyWith({ payload: { samples: [5] } }), "invalid", /^Cannot make samples/],
];

const noRabbit = rabbitmqMissing();
if (noRabbit !== undefined) console.error(`skipped: ${noRabbit}`);

describe.skipIf(noRabbit !== undefined)("from a queue", () => {
  let rabbit: Rabbitmq;
  beforeAll(async () => {
    rabbit = await startRabbitmq({ tls: true });
  }, testMs);
  afterAll(() => rabbit?.remove());

  test(
    "malformed envelopes and unknown priorities are dead letters, the rest goes on",
    async () => {
      await configure([], { first: `transport_url = ${rabbit.url}` });
      await write(
        "ceilometer.conf",
        readFileSync(join(folder.path, "ceilometer.conf"), "utf8")
          .replace("pipelines = meter", "pipelines = meter\nnotification_control_exchanges = nova"),
      );
      const args = [...config, "--once", "--idle", "1"];
      expect((await runBad(folder.path, args, "pipeline")).code).toBe(0);
      const admin = await rabbitAdmin(rabbit);
      const huge = bodyWith({ message_id: "huge", padding: "x".repeat(10_000_000) });
      const ignored = bodyWith({ priority: "debug" });
      const good = [...bodiesOf((n) => samplingBody(n), 0, 3)];
      await admin.fill("nova", "notifications.sample", [
        ...[good[0] ?? "", ...badBodies.map(([body]) => body), good[1] ?? ""],
        ...[ignored, huge, good[2] ?? ""],
      ]);
      const { code, stderr } = await runBad(folder.path, args, "pipeline");
      expect(code).toBe(0);
      expect(await admin.count("notifications.sample")).toBe(0);
      await admin.close();
      const letters = await readLetters(join(folder.path, "tpctl-state"));
      expect(letters.length).toBe(badBodies.length);
      for (const [body, letterClass, reason] of badBodies) {
        const letter = letters.find(({ payload }) => payload === body);
        expect(letter).toMatchObject({
          class: letterClass,
          source: { exchange: "nova", routing_key: "notifications.sample" },
        });
        expect(letter?.reason).toMatch(reason);
      }
      // Number 0 twice: the huge one has its sample too.
      expect(`${out(3)}`).toBe("3 of 3, 1 repeated");
      expect(accountOf(stderr)).toMatchObject({
        complete: true,
        received: badBodies.length + 5,
        acknowledged: 5,
        dead_lettered: badBodies.length,
      });
      expect(linesAt(stderr, "WARNING").map((line) => line.replace(/reason=.*/, ""))).toEqual([
        "Messages that cannot be stored, kept as dead letters topic=nova/notifications.sample class=decode count=1 ",
        "Messages that cannot be stored, kept as dead letters topic=nova/notifications.sample class=invalid count=1 ",
      ]);
    },
    testMs,
  );

  test(
    "a broker whose certificate does not verify is waited for, not ready, said once",
    async () => {
      const port = await freePort();
      await configure([], {
        first: `transport_url = rabbit://guest:${secret}@127.0.0.1:${rabbit.tlsPort}/?ssl=1`,
      });
      const text = readFileSync(join(folder.path, "ceilometer.conf"), "utf8");
      await write("ceilometer.conf", text.replace("listen =", `listen = 127.0.0.1:${port}`));
      await using program = await startBad(folder.path, config, "pipeline");
      const ready = (): Promise<Response> => fetch(`http://127.0.0.1:${port}/readyz`);
      const said = await eventually(async () => {
        const now = await ready().then((answer) => answer.text(), () => "");
        return now.includes("TLS") ? now : undefined;
      });
      expect(said).toContain(
        `Cannot open a TLS connection to RabbitMQ '127.0.0.1:${rabbit.tlsPort}'`,
      );
      await Bun.sleep(2_500);
      expect((await ready()).status).toBe(503);
      program.kill("SIGTERM");
      expect(await program.exited).toBe(0);
      expectDecent(program);
      const loud = [...linesAt(program.stderr(), "WARNING"), ...linesAt(program.stderr(), "ERROR")];
      expect(loud).toEqual([
        expect.stringMatching(
          /self.signed certificate.*expected a TLS port whose certificate verifies .*ssl_ca_file/,
        ),
      ]);
    },
    testMs,
  );
});

describe("definitions", () => {
  test("a meter with a bad JSONPath is said with its place, the others are made", async () => {
    await configure([]);
    await write(
      "meters.d/some.yaml",
      `metric:
  - name: good
    event_type: some.thing
    type: gauge
    unit: x
    volume: $.payload.n
    resource_id: $.payload.id
  - name: bad
    event_type: some.thing
    type: gauge
    unit: x
    volume: $.payload[?(@.n
    resource_id: $.payload.id
`,
    );
    const body = bodyWith({
      event_type: "some.thing",
      priority: "INFO",
      payload: { n: 7, id: "7" },
    });
    await write("in.ndjson", `${body}\n`);
    const { code, stderr } = await runBad(folder.path, fromFile, "pipeline");
    expect(code).toBe(0);
    expect(`${out(8)}`).toBe("1 of 8, 0 repeated");
    expect(linesAt(stderr, "WARNING")).toEqual([
      expect.stringMatching(/JSONPath '\$\.payload\[\?\(@\.n' .*file=.*some\.yaml line=12/),
    ]);
  }, testMs);

  test("an event with a bad JSONPath is a configuration error with its place", async () => {
    await configure([]);
    await write("event_pipeline.yaml", pipelineTo("events", ["test://"]));
    await write(
      "event_definitions.yaml",
      "- event_type: some.*\n  traits:\n    id:\n      fields: payload.[[id\n",
    );
    const more = ["--event-pipeline", "event_pipeline.yaml"];
    const text = readFileSync(join(folder.path, "ceilometer.conf"), "utf8");
    await write(
      "ceilometer.conf",
      text.replace(
        "pipelines = meter",
        "pipelines = meter\npipelines = event\n[event]\n" +
          "definitions_cfg_file = event_definitions.yaml",
      ),
    );
    const { code, stderr } = await runBad(folder.path, [...fromFile, ...more], "pipeline");
    expect(code).toBe(2);
    expect(stderr).toMatch(/event_definitions\.yaml:4:\d+: .*JSONPath 'payload\.\[\[id'/);
    expect(existsSync(join(folder.path, "out"))).toBe(false);
  }, testMs);
});

test("publishers with bad options are all said at once, with their places", async () => {
  await configure([
    "http://h/?timeout=soon",
    "udp://h:1?timeout=5",
    "notifier://h/?policy=maybe",
    "gnocchi://?archive_polcy=low",
  ]);
  const { code, stderr } = await runBad(folder.path, fromFile, "pipeline");
  expect(code).toBe(2);
  for (
    const said of [
      /pipeline\.yaml:2:\d+: .*'timeout'.*'http:\/\/h\/?'.*'soon'.*expected/,
      /pipeline\.yaml:2:\d+: .*'timeout'.*'udp:\/\/h:1'/,
      /pipeline\.yaml:2:\d+: .*'policy'.*'maybe'.*expected default or drop or queue/,
      /pipeline\.yaml:2:\d+: .*'archive_polcy'.*archive_policy/,
    ]
  ) expect(stderr).toMatch(said);
  expect(existsSync(join(folder.path, "out"))).toBe(false);
}, testMs);

test(
  "a server whose certificate does not verify: said once, kept, and sent when it does",
  async () => {
    const { cert, key, certFile } = await selfSignedCertificate(folder.path);
    const took = new Arrivals(3);
    const server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      tls: { cert, key },
      fetch: async (request) => {
        for (const item of await request.json() as unknown[]) {
          took.add(memberOf(item, "resource_id"));
        }
        return new Response("");
      },
    });
    const url = `https://127.0.0.1:${server.port}/`;
    await configure([url]);
    const first = await runBad(folder.path, fromFile, "pipeline");
    expect(first.code).toBe(3);
    expect(`${out(3)}`).toBe("3 of 3, 0 repeated");
    expect(took.distinct).toBe(0);
    const loud = [...linesAt(first.stderr, "WARNING"), ...linesAt(first.stderr, "ERROR")];
    expect(loud[0]).toMatch(/The far end takes nothing.*certificate/);
    expect(accountOf(first.stderr)).toMatchObject({ acknowledged: 3, complete: false });
    await write("in.ndjson", "");
    await configure([`${url}?verify_ssl=${certFile}`]);
    const second = await runBad(folder.path, fromFile, "pipeline");
    expect([second.code, `${took}`]).toEqual([0, "3 of 3, 0 repeated"]);
    await server.stop(true);
  },
  testMs,
);

const noKeystone = keystoneMissing();
if (noKeystone !== undefined) console.error(`skipped: ${noKeystone}`);

describe.skipIf(noKeystone !== undefined)("a Keystone", () => {
  let keystone: Keystone;
  const password = `${secret} of ceilometer`;
  beforeAll(async () => {
    keystone = await startKeystone();
    const user = { name: "ceilometer", password, project: "service", role: "member" };
    await keystone.createUser(user);
  }, testMs);
  afterAll(() => keystone?.remove());

  test(
    "that refuses: said once without the password, kept, and sent when it is put right",
    async () => {
      const took = new Arrivals(3);
      const api = await startMonascaApi(keystone, took);
      const url = `monasca://http://127.0.0.1:${api.farEnd.port}/v2.0`;
      const credentials = (given: string): string =>
        `[monasca]
auth_section = service_credentials
batch_timeout = 1
monasca_mappings = ${join(folder.path, "fields.yaml")}
[service_credentials]
auth_type = password
auth_url = ${keystone.url}
username = ceilometer
password = ${given}
project_name = service
user_domain_name = Default
project_domain_name = Default
`;
      await write("fields.yaml", "dimensions: [resource_id]\nmetadata: {common: [host]}\n");
      await configure([url], { more: credentials(`${secret}, but wrong`) });
      const first = await runBad(folder.path, fromFile, "pipeline");
      expect([first.code, took.distinct, `${out(3)}`]).toEqual([3, 0, "3 of 3, 0 repeated"]);
      const loud = [...linesAt(first.stderr, "WARNING"), ...linesAt(first.stderr, "ERROR")];
      expect(loud[0]).toMatch(/The far end takes nothing.*Cannot get a token.*401.*\[service_cred/);
      await write("in.ndjson", "");
      await configure([url], { more: credentials(password) });
      const second = await runBad(folder.path, fromFile, "pipeline");
      expect([second.code, `${took}`]).toEqual([0, "3 of 3, 0 repeated"]);
      await api.farEnd.down();
    },
    testMs,
  );
});
