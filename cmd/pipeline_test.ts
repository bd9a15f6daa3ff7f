/**
 * Edge (processes, files, net). `tpctl pipeline` from the command line to its exit code: files to files
 * and HTTP, wrong configurations, and a reload while it reads.
 */
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { childrenOf, eventually, startProgram } from "../testing/program.ts";
import { startHttpRecorder } from "../testing/recorders.ts";
import { freePort, tempFolder } from "../testing/servers/server.ts";

const testMs = 60_000;

function polling(n: number): string {
  const sample = {
    counter_name: n % 2 === 0 ? "even" : "odd",
    counter_type: "gauge",
    counter_unit: "",
    counter_volume: n,
    resource_id: "r",
    project_id: "p",
    user_id: "u",
    source: "openstack",
    timestamp: "2026-01-01T00:00:00",
    resource_metadata: {},
    message_id: String(n),
  };
  return JSON.stringify({
    message_id: `m${n}`,
    publisher_id: "h",
    event_type: "telemetry.polling",
    priority: "SAMPLE",
    timestamp: "2026-01-01 00:00:00",
    payload: { samples: [sample] },
  }) + "\n";
}

function pipelineTo(publishers: readonly string[]): string {
  return `sources: [{name: s, meters: ["*"], sinks: [k]}]\n` +
    `sinks: [{name: k, publishers: ${JSON.stringify(publishers)}}]\n`;
}

/** A folder with a configuration for meters alone. */
async function layOut(publishers: readonly string[], more = ""): Promise<
  { readonly path: string } & AsyncDisposable
> {
  const folder = await tempFolder("pipeline");
  await mkdir(join(folder.path, "meters.d"));
  await writeFile(join(folder.path, "pipeline.yaml"), pipelineTo(publishers));
  await writeFile(
    join(folder.path, "ceilometer.conf"),
    `[DEFAULT]\npipeline_cfg_file = ${folder.path}/pipeline.yaml\n` +
      `[meter]\nmeter_definitions_dirs = ${folder.path}/meters.d\n` +
      `[notification]\npipelines = meter\n[tpctl]\nlisten =\n${more}`,
  );
  return folder;
}

const once = ["pipeline", "--config-file", "ceilometer.conf", "--once", "--from"];

function idsIn(path: string): string[] {
  return readFileSync(path, "utf8").split("\n").filter((line) => line !== "")
    .map((line) => (JSON.parse(line) as { id: string }).id);
}

function accountOf(stderr: string): Record<string, unknown> {
  return JSON.parse(stderr.trimEnd().split("\n").at(-1) ?? "") as Record<string, unknown>;
}

describe("tpctl pipeline", () => {
  test("files are read by one process, however many workers there are to be", async () => {
    await using folder = await layOut([], "[notification]\nworkers = 2\n");
    const out = join(folder.path, "out");
    await writeFile(join(folder.path, "pipeline.yaml"), pipelineTo([`file://${out}?json`]));
    await writeFile(join(folder.path, "in.ndjson"), polling(0) + polling(1));
    const argv = ["pipeline", "--config-file", "ceilometer.conf", "--from", "in.ndjson"];
    await using program = startProgram(argv, { cwd: folder.path });
    expect(await program.exited).toBe(0);
    expect(idsIn(out)).toEqual(["0", "1"]);
  }, testMs);

  test(
    "takes a file to a file and an HTTP server, refuses what is none, and accounts for it",
    async () => {
      const recorder = await startHttpRecorder();
      await using folder = await layOut(["file://OUT?json", `http://${recorder.address}/x`]);
      const out = join(folder.path, "out");
      const pipeline = pipelineTo([`file://${out}?json`, `http://${recorder.address}/x`]);
      await writeFile(join(folder.path, "pipeline.yaml"), pipeline);
      const lines = [polling(0), "no JSON\n", polling(1)];
      await writeFile(join(folder.path, "in.ndjson"), lines.join(""));
      await using program = startProgram([...once, "in.ndjson"], { cwd: folder.path });
      expect(await program.exited).toBe(0);
      await recorder.stop();
      expect(idsIn(out)).toEqual(["0", "1"]);
      expect(recorder.records.map(({ body }) => (JSON.parse(body) as { id: string }[])[0]?.id))
        .toEqual(["0", "1"]);
      expect(accountOf(program.stderr())).toMatchObject({
        complete: true,
        received: 3,
        acknowledged: 2,
        dead_lettered: 1,
        in_flight: 0,
      });
    },
    testMs,
  );

  test("says everything that is wrong at once, with places, and ends with 2", async () => {
    await using folder = await layOut(["htpp://x", "file://", "udp://h:1?timeout=5"]);
    await using program = startProgram([...once, "-"], { cwd: folder.path });
    expect(await program.exited).toBe(2);
    const said = program.stderr();
    expect(said).toContain("the scheme 'htpp' is unknown");
    expect(said).toContain("Cannot use the option 'timeout' of 'udp://h:1'");
    expect(said).toMatch(/pipeline\.yaml:2:\d+: /);
  }, testMs);

  const twoWorkers = "[DEFAULT]\ntransport_url = rabbit://127.0.0.1:1\n" +
    "[notification]\nworkers = 2\n";
  const config = ["pipeline", "--config-file", "ceilometer.conf"];

  test("what ends both workers is said once", async () => {
    await using folder = await layOut(
      ["gnocchi://?resources_definition_file=none.yaml"],
      twoWorkers,
    );
    await using program = startProgram(config, { cwd: folder.path });
    expect(await program.exited).toBe(2);
    const said = program.stderr().split("\n").filter((line) => line.startsWith("tpctl: "));
    expect(said).toEqual([
      expect.stringMatching(
        /^tpctl: .*pipeline\.yaml:2:32: Cannot read the resource definitions 'none\.yaml': there/,
      ),
    ]);
  }, testMs);

  test("a worker that dies starts again when the configuration is good again", async () => {
    await using folder = await layOut(["test://"], twoWorkers);
    const file = join(folder.path, "pipeline.yaml");
    await using program = startProgram(config, { cwd: folder.path });
    const [first] = await eventually(() => {
      const found = childrenOf(program.pid);
      return found.length === 2 ? found : undefined;
    });
    await program.said(/worker=1/);
    await program.said(/worker=2/);
    await writeFile(file, "sources: broken\n");
    process.kill(first ?? 0, "SIGKILL");
    await program.said(/started again: exit code 2 .*the field 'sinks' is missing/);
    await writeFile(file, pipelineTo(["test://"]));
    await eventually(() => childrenOf(program.pid).length === 2 ? true : undefined);
    program.kill("SIGTERM");
    expect(await program.exited).toBe(0);
  }, testMs);

  test("a configured port that is taken ends it with 3 before anything is read", async () => {
    const taken = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response("") });
    const listen = `127.0.0.1:${taken.port}`;
    await using folder = await layOut(["test://"]);
    await writeFile(join(folder.path, "in.ndjson"), polling(0));
    await using program = startProgram([...once, "in.ndjson"], {
      cwd: folder.path,
      env: { OS_TPCTL__LISTEN: listen },
    });
    expect(await program.exited).toBe(3);
    await taken.stop(true);
    expect(program.stderr()).toContain(`Cannot listen on '${listen}': the port is taken`);
    expect(existsSync(join(folder.path, "tpctl-state"))).toBe(false);
  }, testMs);

  test(
    "keeps in the spool what a far end does not take, ends with 3, and delivers it later",
    async () => {
      const port = await freePort();
      await using folder = await layOut([`http://127.0.0.1:${port}/x`]);
      await writeFile(join(folder.path, "in.ndjson"), [0, 1, 2].map(polling).join(""));
      await writeFile(join(folder.path, "none.ndjson"), "");
      await using first = startProgram([...once, "in.ndjson"], { cwd: folder.path });
      expect(await first.exited).toBe(3);
      const ids: string[] = [];
      const server = Bun.serve({
        port,
        hostname: "127.0.0.1",
        fetch: async (request) => {
          ids.push(...(await request.json() as { id: string }[]).map(({ id }) => id));
          return new Response("");
        },
      });
      await using second = startProgram([...once, "none.ndjson"], { cwd: folder.path });
      expect(await second.exited).toBe(0);
      await server.stop(true);
      expect(ids).toEqual(["0", "1", "2"]);
    },
    testMs,
  );

  test(
    "batch_size gathers notifications into one request, batch_timeout ends the wait",
    async () => {
      const recorder = await startHttpRecorder();
      const batches = "[notification]\nbatch_size = 2\nbatch_timeout = 3600\n";
      await using folder = await layOut([`otlphttp://${recorder.address}/v1/metrics`], batches);
      await using program = startProgram([...once, "-"], { cwd: folder.path, input: true });
      await program.said(/Ready/);
      for (const n of [0, 1, 2]) {
        program.write(polling(n));
        // Long enough to be handled, were it not to wait.
        await Bun.sleep(300);
      }
      program.endInput();
      expect(await program.exited).toBe(0);
      await recorder.stop();
      expect(recorder.records.map(({ body }) => body.match(/"asInt":"\d"/g))).toEqual([
        ['"asInt":"0"', '"asInt":"1"'],
        ['"asInt":"2"'],
      ]);
    },
    testMs,
  );

  test("takes over other pipelines on SIGHUP and loses nothing meanwhile", async () => {
    await using folder = await layOut([]);
    const [a, b] = [join(folder.path, "a"), join(folder.path, "b")];
    const file = join(folder.path, "pipeline.yaml");
    await writeFile(file, pipelineTo([`file://${a}?json`]));
    await using program = startProgram([...once, "-"], { cwd: folder.path, input: true });
    await program.said(/Ready/);
    for (let n = 0; n < 500; n++) program.write(polling(n));
    await writeFile(file, pipelineTo([`file://${b}?json`]));
    program.kill("SIGHUP");
    await program.said(/read again/);
    await writeFile(file, "sources: broken\n");
    program.kill("SIGHUP");
    await program.said(/going on with the old/);
    for (let n = 500; n < 1000; n++) program.write(polling(n));
    program.endInput();
    expect(await program.exited).toBe(0);
    expect(idsIn(b)).toContain("999");
    const all = [...idsIn(a), ...idsIn(b)].map(Number).sort((x, y) => x - y);
    expect(all).toEqual(Array.from({ length: 1000 }, (_, n) => n));
  }, testMs);
});
