/**
 * Edge (processes, net, files). `tpctl tail` beside a real Kafka: a reader that stands still costs data that
 * are counted and no memory; the lag of a group as a table, as JSON, and on a terminal.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { builtExecutable, runExecutable } from "../testing/executable.ts";
import { eventually, startProgram } from "../testing/program.ts";
import { type Kafka, kafkaMissing, sharedKafka } from "../testing/servers/kafka.ts";
import { type TempFolder, tempFolder } from "../testing/servers/server.ts";
import { sampleLine } from "../testing/tailing.ts";
import { startTerminal, terminalMissing } from "../testing/terminal.ts";

setDefaultTimeout(120_000);
const missing = kafkaMissing() ?? terminalMissing();
if (missing !== undefined) console.error(`skipped: tail beside Kafka: ${missing}`);

describe.skipIf(missing !== undefined)("beside Kafka", () => {
  let kafka: Kafka;
  let folder: TempFolder;
  beforeAll(async () => {
    kafka = await sharedKafka();
    folder = await tempFolder("tail-servers");
  });
  afterAll(() => folder?.remove());

  async function rssMb(pid: number): Promise<number> {
    const status = await Bun.file(`/proc/${pid}/status`).text();
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
  }

  test("a reader that stands still: data are dropped and counted, memory stays small", async () => {
    const topic = "tail-slow";
    await kafka.admin.createTopic(topic, { partitions: 2 });
    const tail = `${await builtExecutable()} tail kafka://${
      kafka.brokers[0]
    }/${topic} --format json`;
    const argv = ["bash", "-c", `mkfifo p; sleep 100 < p & exec ${tail} > p`];
    await using program = startProgram([], { cwd: folder.path, argv });
    await Bun.sleep(3000);
    const lines = Array.from(
      { length: 100_000 },
      (_, n) => sampleLine(n, { pad: "x".repeat(700) }),
    );
    await kafka.admin.produceLines(topic, lines);
    await program.said(/data were not shown: the reader of stdout is too slow/);
    await Bun.sleep(2000);
    expect(await rssMb(program.pid)).toBeLessThan(300);
    program.kill("SIGINT");
    await eventually(() => /In all, \d+ data were not shown/.exec(program.stderr()) ?? undefined);
    const dropped = Number(/In all, (\d+) data/.exec(program.stderr())?.[1]);
    expect(dropped).toBeGreaterThan(10_000);
    expect(dropped).toBeLessThan(100_000);
  });

  test("the lag of a group", async () => {
    const topic = "tail-lag";
    const group = "lagging";
    await kafka.admin.createTopic(topic, { partitions: 2 });
    await kafka.admin.produceLines(topic, ["a", "b", "c"], { partition: 1 });
    await kafka.admin.setCommittedOffset(group, topic, { partition: 1, offset: 1 });
    const source = `kafka://${kafka.brokers[0]}/${topic}?group=${group}`;
    const table = await runExecutable(["tail", "--lag", source], { cwd: folder.path });
    expect({ ...table, stdout: table.stdout.split("\n").map((line) => line.trimEnd()) }).toEqual({
      exitCode: 0,
      stderr: "",
      stdout: [
        "Group 'lagging' on topic 'tail-lag'",
        "PARTITION  POSITION  END  LAG  RATE  ARRIVING  CAUGHT UP IN",
        "        0      none    0    0     -       0/s           0 s",
        "        1         1    3    2   0/s       0/s         never",
        "      all         1    3    2   0/s       0/s         never",
        "",
      ],
    });
    const json = await runExecutable(["tail", "--lag", source, "--format", "json"], {
      cwd: folder.path,
    });
    const rows = json.stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
    expect(rows[1]).toEqual({
      ...{ topic, group, partition: 1, position: 1, end: 3, lag: 2, rate: 0, arriving: 0 },
    });
    const command = `${await builtExecutable()} tail --lag '${source}'; echo exit $?; sleep 60`;
    await using terminal = await startTerminal({
      ...{ command, cwd: folder.path, columns: 80, rows: 10 },
    });
    await terminal.until("shown", (screen) => screen.some((line) => /^ +1 +1 +3 +2/.test(line)));
    await kafka.admin.setCommittedOffset(group, topic, { partition: 1, offset: 3 });
    await terminal.until(
      "refreshed",
      (screen) => screen.some((line) => /^ +1 +3 +3 +0/.test(line)),
    );
    terminal.press("q");
    await terminal.until("ended", (screen) => screen.includes("exit 0"));
    expect(terminal.state()).toEqual({ alternate: false, cursor: true });
  });
});
