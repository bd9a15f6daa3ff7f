/**
 * Edge (net). The port that monitoring asks, on real sockets.
 */
import { afterEach, expect, test } from "bun:test";
import { RunError } from "../errors.ts";
import { type Log, silentLog } from "../log/log.ts";
import { createMetrics } from "./metrics.ts";
import { expositionType, formatExposition } from "./exposition.ts";
import { createReadiness } from "./readiness.ts";
import { type ObserveServer, startObserveServer } from "./server.ts";

const started: ObserveServer[] = [];
afterEach(async () => {
  for (const server of started.splice(0)) await server.stop();
});

const metrics = createMetrics();
metrics.counter("a_total", "A.").add(2);
const readiness = createReadiness();
const deps = {
  metrics: () => formatExposition(metrics.snapshot()),
  readiness: () => readiness.state(),
  log: silentLog,
};

function start(host: string, port = 0): string {
  const server = startObserveServer({ host, port, given: true }, deps);
  if (server === undefined) throw new Error("did not start");
  started.push(server);
  const name = host.includes(":") ? `[${host}]` : host;
  return `http://${name}:${server.address.port}`;
}

test("answers /metrics, /healthz and /readyz, and nothing else", async () => {
  const base = start("127.0.0.1");
  const exposition = await fetch(`${base}/metrics`);
  expect(exposition.headers.get("content-type")).toBe(expositionType);
  expect(await exposition.text()).toBe("# HELP a_total A.\n# TYPE a_total counter\na_total 2\n");
  expect(await (await fetch(`${base}/healthz?x=1`)).text()).toBe("ok\n");
  expect((await fetch(`${base}/metrics`, { method: "HEAD" })).status).toBe(200);
  expect((await fetch(`${base}/metrics`, { method: "POST" })).status).toBe(405);
  expect((await fetch(`${base}/`)).status).toBe(404);
});

test("/readyz says every reason until all parts are ready", async () => {
  const base = start("127.0.0.1");
  expect(await text(`${base}/readyz`)).toEqual([503, "not ready\nstarting\n"]);
  expect(readiness.set("kafka metrics", { ready: false, reason: "joining" })).toBe(true);
  expect(readiness.set("kafka metrics", { ready: false, reason: "joining" })).toBe(false);
  readiness.set("influxdb://127.0.0.1:8086/mon", { ready: false, reason: "refused" });
  expect(await text(`${base}/readyz`)).toEqual([
    503,
    "not ready\nkafka metrics: joining\ninfluxdb://127.0.0.1:8086/mon: refused\n",
  ]);
  readiness.set("kafka metrics", { ready: true });
  readiness.remove("influxdb://127.0.0.1:8086/mon");
  expect(await text(`${base}/readyz`)).toEqual([200, "ready\n"]);
});

test("listens on IPv6", async () => {
  const base = start("::1");
  expect(await text(`${base}/healthz`)).toEqual([200, "ok\n"]);
});

test("a taken port is an error where it was configured, a warning where it is the default", () => {
  const port = Number(new URL(start("127.0.0.1")).port);
  const again = () => startObserveServer({ host: "127.0.0.1", port, given: true }, deps);
  expect(again).toThrow(RunError);
  expect(again).toThrow(`Cannot listen on '127.0.0.1:${port}': the port is taken`);
  const warnings: string[] = [];
  const log: Log = { ...silentLog, warning: (message) => warnings.push(message) };
  const listen = { host: "127.0.0.1", port, given: false };
  expect(startObserveServer(listen, { ...deps, log })).toBeUndefined();
  expect(warnings).toHaveLength(1);
  expect(() => startObserveServer({ host: "10.254.254.254", port: 0, given: true }, deps))
    .toThrow("this machine has no such address");
});

async function text(url: string): Promise<[number, string]> {
  const response = await fetch(url);
  return [response.status, await response.text()];
}
