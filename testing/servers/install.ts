/**
 * Edge (processes, files). Brings the Debian packages that the real servers of the tests come from.
 * It acts only as root on a machine with apt, and only for what is missing; anywhere else it says
 * what is missing and leaves the matter to the tests, which skip with the reason.
 */
import { chmod, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { findProgram } from "./server.ts";

/** A program that the tests look for, and the Debian package that has it. */
interface Needed {
  readonly debianPackage: string;
  /** Any of these will do: absolute paths, or names looked up in PATH. */
  readonly programs: readonly string[];
}

const needed: readonly Needed[] = [
  { debianPackage: "default-jdk-headless", programs: ["java"] },
  { debianPackage: "maven", programs: ["mvn"] },
  { debianPackage: "influxdb", programs: ["influxd", "/usr/bin/influxd"] },
  {
    debianPackage: "victoria-metrics",
    programs: ["victoria-metrics", "/usr/bin/victoria-metrics"],
  },
  { debianPackage: "kcat", programs: ["kcat"] },
  {
    debianPackage: "rabbitmq-server",
    programs: ["/usr/lib/rabbitmq/bin/rabbitmq-server", "rabbitmq-server"],
  },
  { debianPackage: "keystone", programs: ["/usr/bin/keystone-wsgi-public"] },
  { debianPackage: "sqlite3", programs: ["/usr/bin/sqlite3"] },
  { debianPackage: "postgresql-15", programs: ["/usr/lib/postgresql/15/bin/postgres"] },
  { debianPackage: "gnocchi-api", programs: ["/usr/share/gnocchi-common/api-paste.ini"] },
  { debianPackage: "uwsgi-core", programs: ["/usr/bin/uwsgi"] },
  {
    debianPackage: "uwsgi-plugin-python3",
    programs: ["/usr/lib/uwsgi/plugins/python3_plugin.so"],
  },
  {
    debianPackage: "ceilometer-agent-notification",
    programs: ["/usr/bin/ceilometer-agent-notification"],
  },
  { debianPackage: "prometheus-pushgateway", programs: ["/usr/bin/prometheus-pushgateway"] },
  { debianPackage: "openssl", programs: ["openssl"] },
  { debianPackage: "graphviz", programs: ["dot"] },
  { debianPackage: "tmux", programs: ["tmux"] },
  { debianPackage: "zsh", programs: ["zsh"] },
  { debianPackage: "fish", programs: ["fish"] },
  { debianPackage: "librsvg2-bin", programs: ["rsvg-convert"] },
  { debianPackage: "systemd", programs: ["systemd-analyze", "/usr/bin/systemd-analyze"] },
];

/** Keeps Debian's packages from starting their servers on every interface of the machine. */
const policyFile = "/usr/sbin/policy-rc.d";

function run(...argv: readonly string[]): void {
  const child = Bun.spawnSync([...argv], {
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  if (!child.success) {
    throw new Error(`Cannot run '${argv.join(" ")}': exit ${child.exitCode}\n${child.stderr}`);
  }
}

async function install(packages: readonly string[]): Promise<void> {
  const guarded = existsSync(policyFile);
  if (!guarded) {
    await writeFile(policyFile, "#!/bin/sh\nexit 101\n");
    await chmod(policyFile, 0o755);
  }
  try {
    run("apt-get", "update", "-q");
    run("apt-get", "install", "-y", "-q", "--no-install-recommends", ...packages);
  } finally {
    if (!guarded) await rm(policyFile, { force: true });
  }
}

async function main(): Promise<number> {
  const missing = needed.filter((each) => findProgram(...each.programs) === undefined)
    .map((each) => each.debianPackage);
  if (missing.length === 0) {
    console.log("All programs that the tests start are there.");
    return 0;
  }
  if (process.getuid?.() !== 0 || Bun.which("apt-get") === null) {
    console.log(`Missing: ${missing.join(" ")}. Not root with apt here, so their tests will skip.`);
    return 0;
  }
  console.log(`Installing ${missing.join(" ")} ...`);
  try {
    await install(missing);
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

process.exitCode = await main();
