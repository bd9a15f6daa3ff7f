/**
 * Edge (processes, net). A real Prometheus Pushgateway (Debian's) on a free loopback port, that can be
 * stopped, killed, frozen and started again on the same port. What was pushed is lost with a kill.
 */
import { join } from "node:path";
import { findProgram, freePort, type Restartable, startRestartable, tempFolder } from "./server.ts";

/** A running Pushgateway. */
export interface Pushgateway extends Restartable {
  readonly port: number;
  readonly origin: string;
  /** What it serves to Prometheus, its own metrics among it. */
  metrics(): Promise<string>;
  /** Forgets everything pushed. */
  wipe(): Promise<void>;
  /** Kills and removes everything. Safe to call twice. */
  remove(): Promise<void>;
}

const program = "/usr/bin/prometheus-pushgateway";

/** Why there is no Pushgateway here, or undefined. */
export function pushgatewayMissing(): string | undefined {
  if (findProgram(program, "pushgateway") !== undefined) return undefined;
  return "prometheus-pushgateway is not installed (Debian package prometheus-pushgateway)";
}

/** Starts an empty one. */
export async function startPushgateway(): Promise<Pushgateway> {
  const found = findProgram(program, "pushgateway");
  if (found === undefined) throw new Error(pushgatewayMissing());
  const folder = await tempFolder("pushgateway");
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const server = await startRestartable({
    name: "Pushgateway",
    argv: [
      found,
      `--web.listen-address=127.0.0.1:${port}`,
      `--persistence.file=${join(folder.path, "pushed")}`,
      "--web.enable-admin-api",
    ],
    cwd: folder.path,
    ready: async () => (await fetch(`${origin}/-/ready`)).status === 200,
  });
  return {
    port,
    origin,
    metrics: async () => await (await fetch(`${origin}/metrics`)).text(),
    wipe: async () => {
      const { status } = await fetch(`${origin}/api/v1/admin/wipe`, { method: "PUT" });
      if (status !== 202) throw new Error(`Pushgateway: wipe: ${status}`);
    },
    ...server,
    remove: async () => {
      await server.kill();
      await folder.remove();
    },
  };
}
