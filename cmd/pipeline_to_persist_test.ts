/**
 * Edge (processes, net, files). Notifications by `tpctl pipeline` to Kafka as Monasca's envelopes, and
 * from there by `tpctl persist` to InfluxDB: counted and summed one by one.
 */
import { expect, setDefaultTimeout, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startProgram } from "../testing/program.ts";
import { influxdbMissing, startInfluxdb } from "../testing/servers/influxdb.ts";
import { kafkaMissing, sharedKafka } from "../testing/servers/kafka.ts";
import { tempFolder } from "../testing/servers/server.ts";

setDefaultTimeout(180_000);
const missing = kafkaMissing() ?? influxdbMissing();
if (missing !== undefined) console.error(`pipeline to persist skipped: ${missing}`);

const topic = "pipeline-to-persist";
const notificationCount = 1000;
const meters = ["cpu", "memory.usage", "disk.root.size"];

function notification(n: number): string {
  const samples = meters.map((counter_name, k) => ({
    counter_name,
    counter_type: "gauge",
    counter_unit: "B",
    counter_volume: n + k / 4,
    user_id: "user",
    project_id: `project-${n % 5}`,
    resource_id: `resource-${n % 50}`,
    timestamp: new Date(1_767_323_045_000 + n * 1000).toISOString(),
    resource_metadata: { host: "compute-1" },
    source: "openstack",
    message_id: `sample-${n}-${k}`,
    monotonic_time: null,
  }));
  return JSON.stringify({
    message_id: `message-${n}`,
    publisher_id: "polling",
    event_type: "telemetry.polling",
    priority: "SAMPLE",
    timestamp: "2026-01-02 03:04:05",
    payload: { samples },
  });
}

async function run(cwd: string, ...args: readonly string[]): Promise<void> {
  await using program = startProgram(args, { cwd });
  const code = await program.exited;
  if (code !== 0) throw new Error(`tpctl ${args.join(" ")}: exit ${code}\n${program.stderr()}`);
}

test.skipIf(missing !== undefined)("every sample of a pipeline is stored by persist", async () => {
  const folder = await tempFolder("pipeline-to-persist");
  const [kafka, influxdb] = await Promise.all([sharedKafka(), startInfluxdb()]);
  try {
    await kafka.admin.createTopic(topic, { partitions: 4 });
    const [broker = ""] = kafka.brokers;
    const lines = Array.from({ length: notificationCount }, (_, n) => `${notification(n)}\n`);
    await writeFile(join(folder.path, "notifications.ndjson"), lines.join(""));
    await writeFile(
      join(folder.path, "ceilometer.conf"),
      "[DEFAULT]\npipeline_cfg_file = pipeline.yaml\n[notification]\npipelines = meter\n" +
        "[tpctl]\nlisten =\n",
    );
    await writeFile(
      join(folder.path, "pipeline.yaml"),
      'sources:\n  - {name: all, meters: ["*"], sinks: [kafka]}\nsinks:\n  - name: kafka\n' +
        `    publishers: ["kafka://${broker}/${topic}?format=monasca&region=RegionOne"]\n`,
    );
    const from = ["--from", "notifications.ndjson", "--once"];
    await run(folder.path, "pipeline", "--config-file", "ceilometer.conf", ...from);
    const source = ["--from", `kafka://${broker}/${topic}?group=stored`, "--kind", "metrics"];
    const store = ["--to", `influxdb://127.0.0.1:${influxdb.port}/mon`, "--once"];
    await run(folder.path, "persist", ...source, ...store);
    for (const [k, meter] of meters.entries()) {
      const query = `SELECT count(value), sum(value) FROM "${meter}"`;
      const sum = notificationCount * (notificationCount - 1) / 2 + notificationCount * k / 4;
      expect(await influxdb.query(query, "mon")).toEqual([
        { time: 0, count: notificationCount, sum },
      ]);
    }
    const [row] = await influxdb.query("SELECT * FROM cpu LIMIT 1", "mon");
    expect(row).toMatchObject({
      time: 1_767_323_045_000,
      _region: "RegionOne",
      _tenant_id: "project-0",
      resource_id: "resource-0",
      value: 0,
    });
  } finally {
    await influxdb.remove();
    await folder.remove();
  }
});
