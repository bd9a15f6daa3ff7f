/**
 * Edge (processes, files, net). `tpctl pipeline` to Gnocchi where a notification ends a resource that
 * its own samples make: as with the reference's agent the end comes first and finds nothing, whatever
 * the API is doing meanwhile.
 */
import { expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startProgram } from "../testing/program.ts";
import { tempFolder } from "../testing/servers/server.ts";
import {
  type ScriptedAnswer,
  type ScriptedRequest,
  startScriptedHttp,
} from "../testing/scripted_http.ts";

const count = 20;

function deletion(n: number): string {
  return JSON.stringify({
    message_id: `m${n}`,
    publisher_id: "compute.h",
    event_type: "compute.instance.delete.start",
    priority: "INFO",
    timestamp: "2026-01-01 00:00:00",
    payload: {
      ...{ instance_id: `vm-${n}`, tenant_id: "p", user_id: "u", host: "h", display_name: "vm" },
      ...{ vcpus: 1, memory_mb: 512, disk_gb: 1, root_gb: 1, ephemeral_gb: 0 },
      ...{ instance_flavor_id: "1", instance_type: "tiny", state: "active" },
    },
  }) + "\n";
}

/** Knows which resources there are and which have ended; answers 503 to the first requests. */
class ScriptedGnocchi {
  readonly known = new Set<string>();
  readonly ended = new Set<string>();
  readonly measured = new Set<string>();
  #failures: number;

  constructor(failures: number) {
    this.#failures = failures;
  }

  answer({ method, path, text }: ScriptedRequest): ScriptedAnswer {
    if (this.#failures-- > 0) return { status: 503, body: "not now" };
    if (path.startsWith("/v1/search")) return { status: 200, body: "[]" };
    if (path.startsWith("/v1/batch")) return this.#measure(Object.keys(JSON.parse(text)));
    const id = path.split("/")[4];
    if (method === "PATCH" && id !== undefined) return this.#patch(id, text);
    if (method !== "POST") return { status: 200, body: "[]" };
    if (path.startsWith("/v1/resource/")) this.known.add((JSON.parse(text) as { id: string }).id);
    return { status: 201, body: "{}" };
  }

  #measure(ids: readonly string[]): ScriptedAnswer {
    const unknown = ids.filter((id) => !this.known.has(id));
    for (const id of ids) this.measured.add(id);
    if (unknown.length === 0) return { status: 202 };
    const detail = unknown.map((id) => ({ resource_id: id, original_resource_id: id }));
    const description = { cause: "Unknown resources", detail };
    return { status: 400, body: JSON.stringify({ description }) };
  }

  #patch(id: string, text: string): ScriptedAnswer {
    if (!this.known.has(id)) return { status: 404, body: "{}" };
    if (text.includes("ended_at")) this.ended.add(id);
    return { status: 200, body: "{}" };
  }
}

test.each([
  ["that answers", "gnocchi://", 0],
  ["that is away for a while", "gnocchi://", 4],
  ["with an archive policy for the samples alone", "gnocchi://?archive_policy=high", 4],
])("an end does not fall on what the same notification makes: Gnocchi %s", async (_, url, away) => {
  const gnocchi = new ScriptedGnocchi(away);
  const server = await startScriptedHttp({ otherwise: (request) => gnocchi.answer(request) });
  await using folder = await tempFolder("gnocchi");
  const write = (name: string, text: string) => writeFile(join(folder.path, name), text);
  const pipeline = (what: string, publisher: string): string =>
    `sources: [{name: s, ${what}: ["*"], sinks: [k]}]\n` +
    `sinks: [{name: k, publishers: ["${publisher}"]}]\n`;
  await write("pipeline.yaml", pipeline("meters", url));
  await write("event_pipeline.yaml", pipeline("events", "gnocchi://"));
  await write(
    "ceilometer.conf",
    `[DEFAULT]\npipeline_cfg_file = ${folder.path}/pipeline.yaml\n` +
      `event_pipeline_cfg_file = ${folder.path}/event_pipeline.yaml\n[tpctl]\nlisten =\n` +
      `[service_credentials]\nauth_type = gnocchi-basic\nuser = admin\nendpoint = ${server.origin}\n`,
  );
  await write("in.ndjson", Array.from({ length: count }, (_, n) => deletion(n)).join(""));
  const flags = ["--config-file", "ceilometer.conf", "--once", "--from", "in.ndjson"];
  await using program = startProgram(["pipeline", ...flags], { cwd: folder.path });
  const code = await program.exited;
  await server.stop();
  expect([code, program.stderr()]).toEqual([0, expect.any(String)]);
  expect(gnocchi.measured.size).toBe(count);
  expect(gnocchi.known.size).toBe(count);
  expect([...gnocchi.ended]).toEqual([]);
}, 60_000);
