/**
 * Edge (net, files). `gnocchi://` against a scripted Gnocchi: requests as the reference sent them to a
 * real one, and answers that a real one does not give on demand.
 */
import { afterEach, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PartialWriteError, StoreError } from "../core/delivery/writer.ts";
import type { Publisher } from "../core/pipeline/publisher.ts";
import type { Sample } from "../core/pipeline/sample.ts";
import {
  basicCredentials,
  gnocchiPublisher,
  type GnocchiPublisherOptions,
  passwordCredentials,
  writtenLog,
} from "../testing/gnocchi_publisher.ts";
import { makeEvent, makeSample, sampleOfLine } from "../testing/samples.ts";
import {
  type ScriptedAnswer,
  type ScriptedHttp,
  type ScriptedRequest,
  startScriptedHttp,
} from "../testing/scripted_http.ts";
import { tempFolder } from "../testing/servers/server.ts";
import { storeErrorOf } from "../testing/writer_conformance.ts";
import { defaultResources } from "../core/gnocchi/default_resources.ts";

const captures = join(import.meta.dir, "../testdata/captures");
const never = new AbortController().signal;

let server: ScriptedHttp | undefined;
let publisher: Publisher | undefined;

afterEach(async () => {
  await publisher?.close();
  await server?.stop();
  server = undefined;
  publisher = undefined;
});

/** Answers archive policies by itself; the rest as `answer` says. */
async function start(
  answer: (request: ScriptedRequest) => ScriptedAnswer,
  options: GnocchiPublisherOptions = {},
): Promise<{ readonly server: ScriptedHttp; readonly publisher: Publisher }> {
  server = await startScriptedHttp({
    otherwise: (request) =>
      request.path === "/v1/archive_policy/" ? { status: 409, body: "{}" } : answer(request),
  });
  publisher = gnocchiPublisher(basicCredentials(server.origin), options);
  return { server, publisher };
}

interface Captured {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

function capturedRequest(name: string): Captured {
  const [head = "", body = ""] = readFileSync(join(captures, `${name}.req`), "utf8")
    .split("\r\n\r\n");
  const [method = "", path = ""] = head.split(" ");
  return { method, path, body: JSON.parse(body) };
}

function capturedAnswer(name: string): ScriptedAnswer {
  const [head = "", body = ""] = readFileSync(join(captures, `${name}.resp`), "utf8")
    .split("\r\n\r\n");
  return { status: Number(head.split(" ")[1]), body };
}

function shown({ method, path, query, text }: ScriptedRequest): Captured {
  const asked = query.size === 0 ? path : `${path}?${query}`;
  return { method, path: asked, body: JSON.parse(text) };
}

function linesOf(folder: string): Sample[] {
  const lines = readFileSync(join(captures, folder, "file-json.log"), "utf8").trimEnd();
  return lines.split("\n").map(sampleOfLine);
}

/** Resources of the reference's 19 that its master no longer has. */
const switchPort = "\n  - resource_type: switch_port\n    metrics: [switch.port]\n";

test("five samples: unknown resources are made, refused ones named, the rest is stored", async () => {
  await using folder = await tempFolder("gnocchi");
  const file = join(folder.path, "gnocchi_resources.yaml");
  await writeFile(file, defaultResources.text + switchPort);
  const at = "ceilometer-publishers-fixed/gnocchi-";
  let batches = 0;
  const { server, publisher } = await start(({ method, path }) => {
    if (path.startsWith("/v1/batch")) return capturedAnswer(`${at}0${batches++ === 0 ? 6 : 9}`);
    if (method === "PATCH") return capturedAnswer(`${at}10`);
    return capturedAnswer(`${at}0${path.endsWith("instance") ? 7 : 8}`);
  }, { searchFolders: [folder.path] });
  const error = await storeErrorOf(
    publisher.publishSamples(linesOf("ceilometer-publishers-fixed"), never),
  );
  expect(error).toBeInstanceOf(PartialWriteError);
  expect((error as PartialWriteError).refused).toEqual([
    { item: 1, reaction: "bisect", reason: expect.stringContaining("data['flavor_name']") },
    { item: 4, reaction: "bisect", reason: expect.stringContaining("data['controller']") },
  ]);
  const requests = server.requests.slice(4);
  const [first, a, b, ...rest] = requests.map(shown);
  // The two are sent side by side.
  const created = [a, b].toSorted((x, y) => (x?.path ?? "") < (y?.path ?? "") ? -1 : 1);
  expect([first, ...created, ...rest]).toEqual([
    capturedRequest(`${at}06`),
    capturedRequest(`${at}07`),
    capturedRequest(`${at}08`),
    capturedRequest(`${at}09`),
    // The reference's 19 leaves the project out; its master tells it, because volumes change hands.
    { ...capturedRequest(`${at}10`), body: { project_id: "proj-1", host: "h1" } },
  ]);
  for (const { headers } of requests) {
    expect(headers.get("accept")).toBe("application/json");
    expect(headers.get("authorization")).toBe("basic YWRtaW46");
    expect(headers.get("content-type")).toBe("application/json");
    expect(headers.has("content-length")).toBe(true);
  }
});

test("what the agent sent for a new instance: the event first, then its samples", async () => {
  const at = "ceilometer-agent/create-end/gnocchi-0";
  const { server, publisher } = await start(({ method, path }) =>
    path.startsWith("/v1/batch")
      ? capturedAnswer(`${at}7`)
      : capturedAnswer(`${at}${method === "PATCH" ? 8 : 1}`)
  );
  const traits = Object.entries({
    instance_id: "9f9d01b9-4a58-4271-9e27-398b21ab20d1",
    display_name: "tp vm \u00e9",
    host: "compute-1",
    availability_zone: "nova",
    instance_flavor_id: "2",
    instance_type: "m1.tiny",
    user_id: "1e3ce043029547f1a61c1996d1a531a2",
    project_id: "7c150a59fe714e6f9263774af9688f0e",
    state: "active",
  }).map(([name, value]) => ({ name, type: 1 as const, value }));
  await publisher.publishEvents([makeEvent({ traits })], never);
  await publisher.publishSamples(linesOf("ceilometer-agent/create-end"), never);
  const project = { project_id: "7c150a59fe714e6f9263774af9688f0e" };
  const patch = capturedRequest(`${at}8`);
  expect(server.requests.map(shown)).toEqual([
    ...[1, 2, 3, 4, 5, 7].map((n) => capturedRequest(`${at}${n}`)),
    { ...patch, body: { ...project, ...(patch.body as object) } },
  ]);
});

test("an instance that Gnocchi does not know is made with all its attributes, once", async () => {
  const at = "ceilometer-agent/power-on-end/gnocchi-0";
  let batches = 0;
  const { server, publisher } = await start(({ path }) =>
    path.startsWith("/v1/batch")
      ? capturedAnswer(`${at}${batches++ === 0 ? 6 : 8}`)
      : capturedAnswer(`${at}7`)
  );
  const id = "11111111-2222-4333-8444-555555555555";
  const samples = linesOf("ceilometer-agent/create-end").filter(({ name }) =>
    name !== "compute.instance.booting.time"
  ).map((sample) => ({
    ...sample,
    resource_id: id,
    timestamp: "2026-11-22T04:58:46.261507+00:00",
  }));
  await publisher.publishSamples(samples, never);
  await publisher.publishSamples(samples, never);
  // No PATCH: what the resource was made with is remembered.
  expect(server.requests.slice(4).map(shown)).toEqual(
    [6, 7, 8, 8].map((n) => capturedRequest(`${at}${n}`)),
  );
});

const invalid = (detail: readonly string[], reason: string): ScriptedAnswer => ({
  status: 400,
  body: JSON.stringify({ code: 400, description: { cause: "Invalid input", reason, detail } }),
});

test("a measure that Gnocchi refuses is found, its neighbours of the same metric are stored", async () => {
  const bad = "yesterday, more or less";
  const { server, publisher } = await start(({ path, text }) =>
    !path.startsWith("/v1/batch")
      ? { status: 200, body: "{}" }
      : text.includes(bad)
      ? invalid(["vm-1", "vcpus"], "unexpected timestamp")
      : { status: 202 }
  );
  const at = (second: number) => `2026-01-02T03:04:0${second}`;
  const samples = [
    makeSample({ resource_id: "vm-1", timestamp: at(1) }),
    makeSample({ resource_id: "vm-1", timestamp: bad }),
    makeSample({ resource_id: "vm-2", timestamp: at(1) }),
    makeSample({ resource_id: "vm-1", timestamp: at(2) }),
    makeSample({ resource_id: "vm-1", name: "memory", timestamp: at(2) }),
  ];
  const error = await storeErrorOf(publisher.publishSamples(samples, never));
  expect((error as PartialWriteError).refused).toEqual([
    { item: 1, reaction: "bisect", reason: expect.stringContaining("unexpected timestamp") },
  ]);
  const stored = server.requests.filter(({ path, text }) =>
    path.startsWith("/v1/batch") && !text.includes(bad)
  ).map(({ text }) => JSON.parse(text));
  const measures = stored.flatMap((body) =>
    Object.entries<Record<string, { measures: { timestamp: string }[] }>>(body).flatMap(
      ([id, metrics]) =>
        Object.entries(metrics).flatMap(([name, metric]) =>
          metric.measures.map(({ timestamp }) => `${id} ${name} ${timestamp}`)
        ),
    )
  );
  expect(measures.sort()).toEqual([
    `vm-1 memory ${at(2)}`,
    `vm-1 vcpus ${at(1)}`,
    `vm-1 vcpus ${at(2)}`,
    `vm-2 vcpus ${at(1)}`,
  ]);
});

test("samples that can be no measures are refused without a request, others are sent", async () => {
  const { server, publisher } = await start(({ method }) => ({
    status: method === "POST" ? 202 : 200,
    body: "{}",
  }));
  const samples = [
    makeSample({ resource_id: null }),
    makeSample({ timestamp: null }),
    makeSample({ volume: null }),
    makeSample({ volume: "many" }),
    makeSample({ name: "nobody.knows.it" }),
    makeSample({ resource_id: "node/1", volume: "3.5" }),
  ];
  const error = await storeErrorOf(publisher.publishSamples(samples, never));
  expect((error as PartialWriteError).refused.map(({ item }) => item)).toEqual([0, 1, 2, 3]);
  const batch = server.requests.find(({ path }) => path.startsWith("/v1/batch"));
  expect(Object.keys(JSON.parse(batch?.text ?? "{}"))).toEqual(["node_1"]);
});

test("of two measures at the same time the later sample counts, as in two requests", async () => {
  const { server, publisher } = await start(({ method }) => ({
    status: method === "POST" ? 202 : 200,
    body: "{}",
  }));
  await publisher.publishSamples([makeSample({ volume: 1 }), makeSample({ volume: 2 })], never);
  const batch = server.requests.find(({ path }) => path.startsWith("/v1/batch"));
  const [resource] = Object.values<Record<string, { measures: { value: number }[] }>>(
    JSON.parse(batch?.text ?? "{}"),
  );
  expect(resource?.vcpus?.measures.map(({ value }) => value)).toEqual([2]);
});

test("attributes are told when they change, and what Gnocchi refuses of them is said once", async () => {
  const { log, lines } = writtenLog();
  const { server, publisher } = await start(
    ({ method, text }) =>
      method === "POST"
        ? { status: 202 }
        : text.includes("refused")
        ? invalid(["host"], "expected str")
        : { status: 200, body: "{}" },
    { log },
  );
  for (const host of ["a", "a", "b", "refused", "refused", "b"]) {
    await publisher.publishSamples([makeSample({ resource_metadata: { host } })], never);
  }
  const told = server.requests.filter(({ method }) => method === "PATCH");
  expect(told.map(({ text }) => JSON.parse(text).host)).toEqual(["a", "b", "refused", "b"]);
  expect(lines.filter((line) => line.includes("expected str"))).toHaveLength(1);
});

test.each(
  [
    [200, "hold"],
    [302, "hold"],
    [403, "hold"],
    [404, "hold"],
    [413, "split"],
    [429, "retry"],
    [500, "retry"],
    [503, "retry"],
    [400, "bisect"],
  ] as const,
)("an answer %d to measures is a %s", async (status, reaction) => {
  const { publisher } = await start(() => ({ status, body: '{"description": "the words"}' }));
  const error = await storeErrorOf(publisher.publishSamples([makeSample()], never));
  expect([error.reaction, error.message]).toEqual([
    reaction,
    expect.stringContaining(`it answered ${status} the words`),
  ]);
});

test("an archive policy that does not exist is the operator's to make", async () => {
  const description = "Archive policy gold does not exist";
  const { publisher } = await start(
    () => ({ status: 400, body: JSON.stringify({ description }) }),
    { url: "gnocchi://?archive_policy=gold" },
  );
  const error = await storeErrorOf(publisher.publishSamples([makeSample()], never));
  expect([error.reaction, error.message]).toEqual(["hold", expect.stringContaining(description)]);
});

test("credentials without rights do with archive policies that somebody made", async () => {
  server = await startScriptedHttp({
    otherwise: ({ method, path }) => {
      if (path === "/v1/archive_policy/") return { status: 403, body: "{}" };
      if (path.startsWith("/v1/archive_policy/")) return { status: 200, body: "{}" };
      return { status: method === "POST" ? 202 : 200, body: "{}" };
    },
  });
  publisher = gnocchiPublisher(basicCredentials(server.origin));
  await publisher.publishSamples([makeSample()], never);
  expect(server.requests.filter(({ method }) => method === "GET")).toHaveLength(4);
});

test("samples of the project that Gnocchi stores its data with are left out", async () => {
  let origin = "";
  server = await startScriptedHttp({
    otherwise: ({ method, path }) => {
      if (path === "/v3/auth/tokens") return tokenAnswer(origin);
      if (path === "/v3/domains") return { status: 200, body: '{"domains": [{"id": "D"}]}' };
      if (path === "/v3/projects") {
        return { status: 200, body: '{"projects": [{"id": "gnocchi"}]}' };
      }
      if (path === "/v1/archive_policy/") return { status: 409, body: "{}" };
      return { status: method === "POST" ? 202 : 200, body: "{}" };
    },
  });
  origin = server.origin;
  const user = { name: "ceilometer", password: "pw" };
  publisher = gnocchiPublisher(passwordCredentials(`${origin}/v3`, user), {
    url: "gnocchi://?filter_project=storage",
  });
  await publisher.publishSamples([
    makeSample({ project_id: "gnocchi", resource_id: "a" }),
    makeSample({ project_id: "other", resource_id: "b" }),
    makeSample({ name: "storage.objects", resource_id: "gnocchi" }),
    makeSample({ name: "vcpus", resource_id: "gnocchi" }),
  ], never);
  const batch = server.requests.find(({ path }) => path.startsWith("/v1/batch"));
  const measured = Object.entries<object>(JSON.parse(batch?.text ?? "{}"));
  expect(measured.map(([id, metrics]) => [id, Object.keys(metrics)])).toEqual([
    ["b", ["vcpus"]],
    ["gnocchi", ["vcpus"]],
  ]);
  const asked = server.requests.filter(({ path }) => path.startsWith("/v3/"))
    .map(({ path, query }) => `${path}?${query}`);
  expect(asked).toEqual([
    "/v3/auth/tokens?",
    "/v3/domains?name=Default",
    "/v3/projects?name=storage&domain_id=D",
  ]);
});

function tokenAnswer(origin: string): ScriptedAnswer {
  const endpoints = [{ interface: "public", region: "RegionOne", url: origin }];
  const catalog = ["identity", "metric"].map((type) => ({ type, name: type, endpoints }));
  const token = {
    issued_at: "2026-01-01T00:00:00.000000Z",
    expires_at: "2026-01-01T01:00:00.000000Z",
    catalog,
    project: { id: "S", name: "service", domain: { id: "default", name: "Default" } },
  };
  return { status: 201, headers: { "X-Subject-Token": "t" }, body: JSON.stringify({ token }) };
}

test("an event without its resource's id is refused; one that nobody wants is accepted", async () => {
  const { server, publisher } = await start(() => ({ status: 201, body: "{}" }));
  const events = [makeEvent({ event_type: "nobody.wants.it" }), makeEvent({ traits: [] })];
  const error = await storeErrorOf(publisher.publishEvents(events, never));
  expect(error).toBeInstanceOf(StoreError);
  expect((error as PartialWriteError).refused.map(({ item }) => item)).toEqual([1]);
  expect(server.requests).toEqual([]);
});
