/**
 * Edge (processes, net, files). What a broker can do to `tpctl persist`: be away, refuse the password,
 * lack the topic, serve broken batches and messages that are too large. Each gets one clear message and
 * the right exit code or dead letter.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { eventually, type Program } from "../program.ts";
import { type Influxdb, influxdbMissing, startInfluxdb } from "../servers/influxdb.ts";
import { type Kafka, kafkaMissing, kafkaUsers, startKafka } from "../servers/kafka.ts";
import { freePort, type TempFolder, tempFolder } from "../servers/server.ts";
import {
  badMessages,
  expectDecent,
  linesAt,
  metricText,
  readLetters,
  runBad,
  secret,
  startBad,
} from "./bad_run.ts";

const missing = kafkaMissing() ?? influxdbMissing();
if (missing !== undefined) console.error(`skipped: ${missing}`);

const testMs = 60_000;
const bodyBytesMax = 1_000_000;

describe.skipIf(missing !== undefined)("persist and a bad bus", () => {
  let kafka: Kafka;
  let influxdb: Influxdb;
  let folder: TempFolder;
  beforeAll(async () => {
    folder = await tempFolder("bad-bus");
    kafka = await startKafka({ security: true });
    influxdb = await startInfluxdb({ maxBodySize: bodyBytesMax });
  }, testMs);
  afterAll(async () => {
    await kafka?.stop();
    await influxdb?.remove();
    await folder.remove();
  });

  /** Topic, group and state folder all carry the name; `more` adds sections, or to `[tpctl]`. */
  async function configFile(name: string, uri: string, more = ""): Promise<string[]> {
    const text = `[kafka_metrics]
uri = ${uri}
topic = ${name}
group_id = ${name}
[kafka_alarm_history]
enabled = false
[influxdb]
ip_address = 127.0.0.1
port = ${influxdb.port}
password = ${secret}-influx
[repositories]
metrics_driver = influxdb
[tpctl]
state_dir = ${name}-state
${more}
`;
    await Bun.write(join(folder.path, `${name}.conf`), text);
    return ["--config-file", `${name}.conf`];
  }

  async function readiness(port: number): Promise<string> {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    return `${answer?.status} ${await answer?.text()}`;
  }

  /** Waits for what /readyz says, then ends it, which must go well. */
  async function expectWaiting(program: Program, port: number, said: RegExp): Promise<void> {
    const text = await eventually(async () => {
      const now = await readiness(port);
      return said.test(now) ? now : undefined;
    });
    expect(text).toStartWith("503 ");
    await Bun.sleep(2000);
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
    program.kill("SIGTERM");
    expect(await program.exited).toBe(0);
    expectDecent(program);
  }

  /** Warnings and errors: this one, once. */
  function expectOnly(program: Program, level: "WARNING" | "ERROR", said: RegExp): void {
    const lines = [...linesAt(program.stderr(), "WARNING"), ...linesAt(program.stderr(), "ERROR")];
    expect(lines.length).toBe(1);
    expect(linesAt(program.stderr(), level)[0]).toMatch(said);
  }

  test("an unreachable broker at start is waited for, not ready, said once", async () => {
    const [broker, port] = [await freePort(), await freePort()];
    const uri = `127.0.0.1:${broker}`;
    await using program = await startBad(
      folder.path,
      await configFile("away", uri, `listen = 127.0.0.1:${port}`),
    );
    await expectWaiting(program, port, /metrics: Cannot connect to Kafka broker/);
    expectOnly(
      program,
      "WARNING",
      new RegExp(`Cannot connect to Kafka broker '${uri}': .*ECONNREFUSED.*, expected a listening`),
    );
  }, testMs);

  test("with fail_fast_seconds it ends with 3", async () => {
    const uri = `127.0.0.1:${await freePort()}`;
    const args = await configFile("fast", uri, "listen =\nfail_fast_seconds = 1");
    const { code, stderr } = await runBad(folder.path, args);
    expect(code).toBe(3);
    expect(stderr.trimEnd().split("\n").at(-1)).toMatch(
      new RegExp(`^tpctl: Cannot go on without 'kafka://${uri}/fast': away for 1 s`),
    );
  }, testMs);

  test("a wrong SASL password is waited for, not ready, said once", async () => {
    const port = await freePort();
    const security = `listen = 127.0.0.1:${port}
[kafka_security]
security_protocol = SASL_PLAINTEXT
sasl_mechanism = SCRAM-SHA-256
sasl_username = ${kafkaUsers.scram.username}
sasl_password = ${secret}-kafka`;
    const args = await configFile("password", kafka.saslBrokers.join(","), security);
    await using program = await startBad(folder.path, args);
    await expectWaiting(program, port, /Cannot log on to Kafka broker/);
    expectOnly(
      program,
      "ERROR",
      /Cannot log on to Kafka broker '[^']+' as 'carol': .*, expected a user and password/,
    );
  }, testMs);

  test("an unknown topic is waited for, not ready, said once; read when it is made", async () => {
    const port = await freePort();
    const listen = `listen = 127.0.0.1:${port}`;
    const args = await configFile("unknown", kafka.brokers.join(","), listen);
    await using program = await startBad(folder.path, args);
    await eventually(async () =>
      /503 .*metrics: Cannot read topic 'unknown': it does not exist/s.test(
        await readiness(port),
      ) ||
      undefined
    );
    await kafka.admin.createTopic("unknown");
    await eventually(async () => (await readiness(port)).startsWith("200") || undefined);
    program.kill("SIGTERM");
    expect(await program.exited).toBe(0);
    expectDecent(program);
    expectOnly(program, "WARNING", /^Cannot read topic 'unknown': it does not exist, expected/);
  }, testMs);

  test("a corrupt record batch is a dead letter, the others are stored", async () => {
    const topic = "corrupt";
    await kafka.admin.createTopic(topic);
    for (const value of ["1.5", "2.5", "3.5"]) {
      const later = metricText({ value }).replace("1735689600000", `17356896${value[0]}0000`);
      await kafka.admin.produce(topic, [{ value: later }]);
    }
    const [node] = kafka.nodes;
    await node?.stop();
    const file = join(node?.dataFolder ?? "", `${topic}-0`, "00000000000000000000.log");
    const log = await readFile(file);
    log.writeUInt8(33, log.indexOf("2.5"));
    await writeFile(file, log);
    await node?.start();
    const args = await configFile(topic, kafka.brokers.join(","), "listen =");
    const { code, stderr } = await runBad(folder.path, [...args, "--once"]);
    expect(code).toBe(0);
    expect(JSON.parse(stderr.trimEnd().split("\n").at(-1) ?? "")).toMatchObject({
      received: 3,
      written: 2,
      dead_lettered: 1,
    });
    const reason = "Cannot read the record batch at offsets 1 to 1 of topic 'corrupt', partition 0";
    const letters = await readLetters(join(folder.path, `${topic}-state`));
    expect(letters.map(({ source }) => source.offset)).toEqual([1]);
    expect(letters[0]).toMatchObject({ class: "decode" });
    expect(letters[0]?.reason).toStartWith(`${reason}: its checksum is `);
    expect(linesAt(stderr, "ERROR").join("\n")).toStartWith(reason);
  }, testMs);

  test(
    "bad messages are dead letters at their offsets, and too large ones by the store's word",
    async () => {
      const topic = "messages";
      await kafka.admin.createTopic(topic, { config: { "max.message.bytes": "12000000" } });
      const large = metricText({ meta: `{"m": "${"x".repeat(10_000_000)}"}` });
      const values = [metricText(), ...badMessages.map(({ bytes }) => bytes), large];
      for (const value of values) await kafka.admin.produce(topic, [{ value }]);
      await kafka.admin.produce(topic, [{ value: null }, { value: metricText() }]);
      const args = await configFile(topic, kafka.brokers.join(","), "listen =");
      const { code, stderr } = await runBad(folder.path, [...args, "--once"]);
      expect(code).toBe(0);
      const letters = await readLetters(join(folder.path, `${topic}-state`));
      const expected = badMessages.map((message, i) => [i + 1, message.class]);
      expect(letters.map(({ source, class: letterClass }) => [source.offset, letterClass])).toEqual(
        [
          ...expected,
          [values.length - 1, "too_large"],
          [values.length, "decode"],
        ],
      );
      for (const [i, { reason }] of badMessages.entries()) {
        expect(letters[i]?.reason).toMatch(reason);
      }
      expect(letters.at(-2)?.reason).toMatch(/413/);
      expect(linesAt(stderr, "ERROR")).toEqual([]);
      expect(linesAt(stderr, "WARNING").length).toBe(3);
    },
    testMs,
  );
});
