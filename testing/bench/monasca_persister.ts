/**
 * Edge (processes, files). Monasca Persister itself, as the benchmark's yardstick: its release from
 * PyPI in a virtual environment that is made once and kept with the other downloads, and the
 * persister.conf that it and tpctl are both given.
 */
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder, findProgram } from "../servers/server.ts";

const version = "9.0.0";
const packages = [
  `monasca-persister==${version}`,
  "influxdb==5.3.2",
  "confluent-kafka==2.16.1",
];

/** Made for this release, so that another one gets a folder of its own. */
const home = join(cacheFolder, `monasca-persister-${version}`);

/** Its dependencies lag behind the newest Pythons, hence the order. */
const pythons = ["python3.10", "python3.11", "python3.12", "/usr/bin/python3", "python3"];

/** The path of the `monasca-persister` program; installs it on first use (a minute). */
export async function monascaPersister(): Promise<string> {
  const program = join(home, "bin", "monasca-persister");
  if (existsSync(program)) return program;
  const python = findPython();
  // Scripts hold the path of their environment, so it is made where it stays.
  await mkdir(cacheFolder, { recursive: true });
  await rm(home, { recursive: true, force: true });
  try {
    run([python, "-m", "venv", home]);
    run([join(home, "bin/pip"), "install", "-q", ...packages]);
  } catch (error) {
    await rename(home, `${home}.broken`).catch(() => {});
    throw error;
  }
  return program;
}

/** A Python that runs and can make environments: what stands in PATH may only stand for one. */
function findPython(): string {
  for (const name of pythons) {
    const path = findProgram(name);
    if (path === undefined) continue;
    const child = Bun.spawnSync([path, "-c", "import ensurepip, venv"], {
      stdin: "ignore",
      stdout: "ignore",
      stderr: "ignore",
    });
    if (child.success) return path;
  }
  throw new Error(
    `Cannot install monasca-persister: none of ${pythons.join(", ")} runs and has venv, ` +
      "expected a Python 3 with it",
  );
}

function run(argv: readonly string[]): void {
  const child = Bun.spawnSync([...argv], { stdin: "ignore", stdout: "ignore", stderr: "pipe" });
  if (!child.success) throw new Error(`Cannot run '${argv.join(" ")}':\n${child.stderr}`);
}

/** What the configuration names. */
export interface PersisterConfig {
  /** host:port of a broker. */
  readonly broker: string;
  readonly topic: string;
  readonly group: string;
  /** port of an InfluxDB on this machine. */
  readonly influxdbPort: number;
  readonly database: string;
  /** Folder for what tpctl keeps. */
  readonly stateDir: string;
  /** Upper bound of a wait for a full batch. */
  readonly maxWaitSeconds: number;
}

/** A persister.conf for metrics only; Monasca Persister leaves the section [tpctl] alone. */
export function persisterConf(config: PersisterConfig): string {
  const repositories = "monasca_persister.repositories.influxdb";
  return `[DEFAULT]
log_file =

[repositories]
metrics_driver = ${repositories}.metrics_repository:MetricInfluxdbRepository
alarm_state_history_driver = ${repositories}.alarm_state_history_repository:AlarmStateHistInfluxdbRepository

[kafka]
max_wait_time_seconds = ${config.maxWaitSeconds}

[kafka_metrics]
uri = ${config.broker}
group_id = ${config.group}
topic = ${config.topic}

[kafka_alarm_history]
enabled = False

[kafka_events]
enabled = False

[influxdb]
ip_address = 127.0.0.1
port = ${config.influxdbPort}
database_name = ${config.database}

[tpctl]
listen =
state_dir = ${config.stateDir}
`;
}
