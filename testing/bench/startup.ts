/**
 * Edge (processes). How long the executable takes to say its version, beside what Node and an empty
 * program take in the same minute, and what `persist` holds resident when nothing happens.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { builtExecutable } from "../executable.ts";
import { startKafka } from "../servers/kafka.ts";
import { tempFolder } from "../servers/server.ts";
import { residentMb } from "./process_cost.ts";
import { median } from "./table.ts";

const runs = 31;
const idleMs = 8000;

/** Medians in ms, from spawn to exit. */
export interface StartTimes {
  readonly versionMs: number;
  readonly nodeMs: number;
  readonly trueMs: number;
}

/** Runs the three in turn, so that whatever else the machine does meets all of them. */
export async function measureStart(): Promise<StartTimes> {
  const commands = {
    versionMs: [await builtExecutable(), "--version"],
    nodeMs: ["node", "-e", "0"],
    trueMs: ["true"],
  };
  const times = { versionMs: [0], nodeMs: [0], trueMs: [0] };
  const names = Object.keys(commands) as (keyof StartTimes)[];
  for (let i = 0; i <= runs; i++) {
    for (const name of names) {
      const started = performance.now();
      const { success } = Bun.spawnSync(commands[name], { stdout: "ignore", stderr: "ignore" });
      if (!success) throw new Error(`Cannot run '${commands[name].join(" ")}'`);
      // The first turn only warms the page cache.
      if (i === 0) times[name] = [];
      else times[name].push(performance.now() - started);
    }
  }
  return {
    versionMs: median(times.versionMs),
    nodeMs: median(times.nodeMs),
    trueMs: median(times.trueMs),
  };
}

/** Resident memory (MB) of an idle `persist` with the default topics, all joined and empty. */
export async function measureIdle(): Promise<number> {
  await using folder = await tempFolder("idle");
  const kafka = await startKafka();
  try {
    const broker = kafka.brokers[0];
    for (const topic of ["metrics", "alarm-state-transitions"]) {
      await kafka.admin.createTopic(topic);
    }
    const sections = ["kafka_metrics", "kafka_alarm_history"]
      .map((section) => `[${section}]\nuri = ${broker}\n`).join("\n");
    const conf = join(folder.path, "persister.conf");
    await writeFile(conf, `${sections}\n[influxdb]\nip_address = 127.0.0.1\n`);
    const child = Bun.spawn([await builtExecutable(), "persist", "--config-file", conf], {
      cwd: folder.path,
      stdin: "ignore",
      stdout: "ignore",
      stderr: "pipe",
    });
    const said = child.stderr.text();
    await Bun.sleep(idleMs);
    if (child.exitCode !== null) throw new Error(`persist ended early:\n${await said}`);
    const resident = residentMb(child.pid);
    child.kill("SIGTERM");
    await child.exited;
    return resident;
  } finally {
    await kafka.stop();
  }
}
