/**
 * Edge (processes, files). That Ceilometer's own agent starts with the configuration that tpctl is
 * given too, consumes a real RabbitMQ's queue, and makes samples and events of a notification.
 */
import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { rabbitAdmin } from "../rabbit_admin.ts";
import {
  ceilometerAgentMissing,
  startCeilometerAgent,
  writeAgentConfig,
} from "./ceilometer_agent.ts";
import { rabbitmqMissing, startRabbitmq } from "./rabbitmq.ts";
import { tempFolder } from "./server.ts";

const missing = ceilometerAgentMissing() ?? rabbitmqMissing();
if (missing !== undefined) console.error(`skipped: ${missing}`);

const waitMs = 30_000;
const message = {
  message_id: "8f2f2a54-5c1f-4a7e-9f8e-3d1f6b5c0001",
  publisher_id: "volume.node-1",
  event_type: "volume.exists",
  priority: "INFO",
  timestamp: "2026-01-02 03:04:05.000417",
  payload: { volume_id: "v", tenant_id: "t", user_id: "u", size: 7, status: "in-use" },
};

test.skipIf(missing !== undefined)("the agent makes samples and events", async () => {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await tempFolder("ceilometer"));
  const rabbit = stack.adopt(await startRabbitmq(), (one) => one.remove());
  const samples = join(folder.path, "samples");
  let events = "";
  // Version 19 has no file publisher for events.
  const receiver = stack.adopt(
    Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: async (request) => {
        const text = await request.text();
        events += text;
        return new Response();
      },
    }),
    (it) => it.stop(true),
  );
  const pipelineOf = (kind: string, url: string): string =>
    `sources: [{name: s, ${kind}: ["*"], sinks: [k]}]\n` +
    `sinks: [{name: k, publishers: ["${url}"]}]\n`;
  await mkdir(join(folder.path, "conf"));
  const configFile = await writeAgentConfig(join(folder.path, "conf"), {
    transportUrl: rabbit.url,
    exchanges: ["nova"],
    pipeline: pipelineOf("meters", `file://${samples}`),
    eventPipeline: pipelineOf("events", `http://127.0.0.1:${receiver.port}/`),
  });
  const agent = stack.adopt(await startCeilometerAgent({ rabbit, configFile }), (it) => it.kill());
  const admin = stack.adopt(await rabbitAdmin(rabbit), (one) => one.close());
  await admin.fill("nova", "notifications.info", [JSON.stringify(message)]);
  const made = (): string => existsSync(samples) ? readFileSync(samples, "utf8") : "";
  const isDone = (): boolean => made() !== "" && events !== "";
  const untilMs = performance.now() + waitMs;
  while (!isDone() && performance.now() < untilMs) await Bun.sleep(50);
  if (!isDone()) throw new Error(`Not all came of the agent:\n${agent.output().slice(-2000)}`);
  expect(made()).toContain("'name': 'volume.size'");
  expect(events).toContain("volume.exists");
}, 120_000);
