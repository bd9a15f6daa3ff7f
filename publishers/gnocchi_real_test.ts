/**
 * Edge (processes, net). `gnocchi://` against a real Gnocchi: the conformance test, resource types
 * made and missing, refusals, events, and a run with a real Keystone whose tokens end while it lasts.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { PartialWriteError } from "../core/delivery/writer.ts";
import { systemClock } from "../core/clock.ts";
import { upgradedResourceTypes } from "../core/gnocchi/resource_types.ts";
import { NameDirectory } from "../core/keystone/names.ts";
import { findProjectId } from "../core/keystone/projects.ts";
import { createSession } from "../core/keystone/session.ts";
import { PyFloat } from "../core/notifications/value.ts";
import type { Sample } from "../core/pipeline/sample.ts";
import {
  basicCredentials,
  gnocchiPublisher,
  passwordCredentials,
  writtenLog,
} from "../testing/gnocchi_publisher.ts";
import { describePublisher } from "../testing/publisher_conformance.ts";
import { makeEvent, makeSample } from "../testing/samples.ts";
import { type Gnocchi, gnocchiMissing, startGnocchi } from "../testing/servers/gnocchi.ts";
import { type Keystone, keystoneMissing, startKeystone } from "../testing/servers/keystone.ts";
import { storeErrorOf } from "../testing/writer_conformance.ts";

const missing = gnocchiMissing() ?? keystoneMissing();
if (missing !== undefined) console.error(`Gnocchi tests skipped: ${missing}`);

const never = new AbortController().signal;
const startMs = 180_000;

/** An instance's metadata as Gnocchi's type wants it. */
const instance = { host: "h", display_name: "vm", instance_flavor_id: "1", instance_type: "tiny" };

type Resource = Readonly<Record<string, unknown>> & {
  readonly original_resource_id: string;
  readonly metrics: Readonly<Record<string, string>>;
};

async function search(gnocchi: Gnocchi, type: string, query: unknown): Promise<Resource[]> {
  const path = `/v1/search/resource/${type}?limit=1000`;
  return (await gnocchi.request("POST", path, { body: query })).json as Resource[];
}

describe.skipIf(missing !== undefined)("against a real Gnocchi", () => {
  let gnocchi: Gnocchi;
  beforeAll(async () => {
    gnocchi = await startGnocchi();
  }, startMs);
  afterAll(() => gnocchi.remove());

  test("without resource types everything is held, with one error that names them", async () => {
    const publisher = gnocchiPublisher(basicCredentials(gnocchi.url));
    const error = await storeErrorOf(publisher.publishSamples([makeSample()], never));
    expect([error.reaction, error.message]).toEqual([
      "hold",
      expect.stringMatching(/no instance, .*volume_service.*gnocchi_create_resource_types = true/),
    ]);
    await publisher.close();
  });

  test("asked to, it makes the types that ceilometer-upgrade makes, and completes old ones", async () => {
    const old = {
      name: "volume",
      attributes: { display_name: { type: "string", required: false } },
    };
    await gnocchi.request("POST", "/v1/resource_type", { body: old });
    const publisher = gnocchiPublisher(basicCredentials(gnocchi.url), {
      createResourceTypes: true,
    });
    const sample = makeSample({ resource_metadata: instance, resource_id: "first" });
    await publisher.publishSamples([sample], never);
    await publisher.close();
    const { json } = await gnocchi.request("GET", "/v1/resource_type");
    const types = new Map(
      (json as { name: string; attributes: object }[]).map((type) => [type.name, type.attributes]),
    );
    for (const [name, attributes] of upgradedResourceTypes) {
      if (name !== "volume") expect([name, types.get(name)]).toEqual([name, attributes]);
    }
    expect(Object.keys(types.get("volume") ?? {}).sort()).toEqual(
      Object.keys(upgradedResourceTypes.get("volume") ?? {}).sort(),
    );
    expect((await search(gnocchi, "instance", { "=": { display_name: "vm" } })).length).toBe(1);
  });

  test("one type less: its samples are refused, the others stored, one error in the log", async () => {
    const deleted = await gnocchi.request("DELETE", "/v1/resource_type/stack");
    expect(deleted).toEqual({ status: 204, json: undefined });
    const { log, lines } = writtenLog();
    const publisher = gnocchiPublisher(basicCredentials(gnocchi.url), { log });
    const samples = [
      makeSample({ name: "stack.create", resource_id: "a stack" }),
      makeSample({ resource_id: "beside", resource_metadata: instance }),
    ];
    for (let turn = 0; turn < 2; turn++) {
      const error = await storeErrorOf(publisher.publishSamples(samples, never));
      expect((error as PartialWriteError).refused).toEqual([
        { item: 0, reaction: "bisect", reason: expect.stringContaining("'stack' does not exist") },
      ]);
    }
    await publisher.close();
    expect(lines.filter((line) => line.startsWith("error"))).toEqual([
      expect.stringContaining("it has no stack, expected"),
    ]);
    const [stored] = await search(gnocchi, "instance", { "=": { original_resource_id: "beside" } });
    expect(Object.keys(stored?.metrics ?? {})).toEqual(["vcpus"]);
  });

  test("bad measures are found among good ones, each with Gnocchi's own reason", async () => {
    const publisher = gnocchiPublisher(basicCredentials(gnocchi.url));
    const at = (second: number) => `2026-01-02T03:04:0${second}`;
    const one = { resource_id: "bad/one", resource_metadata: instance };
    const samples = [
      makeSample({ ...one, timestamp: at(1) }),
      makeSample({ ...one, timestamp: "yesterday" }),
      makeSample({ ...one, timestamp: at(2), volume: "2.5" }),
      makeSample({ ...one, timestamp: at(3), volume: new PyFloat(3), name: "memory" }),
      makeSample({ resource_id: "x".repeat(300), timestamp: at(1), resource_metadata: instance }),
      makeSample({ resource_id: "no attributes", timestamp: at(1) }),
    ];
    const error = await storeErrorOf(publisher.publishSamples(samples, never));
    const refused = (error as PartialWriteError).refused;
    expect(refused.map(({ item }) => item)).toEqual([1, 4, 5]);
    expect(refused[0]?.reason).toContain("timestamp");
    expect(refused[2]?.reason).toContain("required key not provided");
    await publisher.close();
    const [stored] = await search(gnocchi, "instance", {
      "=": { original_resource_id: "bad_one" },
    });
    const counts = Object.values(stored?.metrics ?? {}).map(async (metric) =>
      (await gnocchi.request("GET", `/v1/metric/${metric}/measures?refresh=true`)).json
    );
    expect((await Promise.all(counts)).flat()).toHaveLength(2);
  });

  test("events make, update and end resources, and end those that go with them", async () => {
    const id = "7c8f1d9e-0000-4000-8000-000000000001";
    const samples = gnocchiPublisher(basicCredentials(gnocchi.url));
    const events = gnocchiPublisher(basicCredentials(gnocchi.url), { carries: "events" });
    const event = (event_type: string, traits: Readonly<Record<string, string>>) =>
      makeEvent({
        event_type,
        traits: Object.entries(traits).map(([name, value]) => ({ name, type: 1, value })),
      });
    const created = event("compute.instance.create.end", {
      instance_id: id,
      display_name: "vm-e",
      instance_flavor_id: "1",
      instance_type: "tiny",
      project_id: "p",
    });
    await events.publishEvents([created, created], never);
    const disk = { instance_id: id, disk_name: "vda" };
    await samples.publishSamples([
      makeSample({ name: "disk.device.usage", resource_id: `${id}-vda`, resource_metadata: disk }),
      makeSample({ name: "volume.size", resource_id: "volume-1", project_id: "before" }),
    ], never);
    await events.publishEvents([
      event("volume.transfer.accept.end", { resource_id: "volume-1", project_id: "after" }),
      event("volume.delete.end", { resource_id: "nobody-knows-it" }),
      event("compute.instance.delete.start", { instance_id: id }),
    ], never);
    await Promise.all([samples.close(), events.close()]);
    const show = async (type: string, key: string) =>
      (await search(gnocchi, type, { "=": { original_resource_id: key } }))[0];
    expect(await show("volume", "volume-1")).toMatchObject({ project_id: "after", ended_at: null });
    expect((await show("instance", id))?.ended_at).not.toBeNull();
    expect((await show("instance_disk", `${id}-vda`))?.ended_at).not.toBeNull();
  });

  let refuses = false;
  let epoch = 0;
  const prefix = (): string => `epoch ${epoch}: `;
  describePublisher({
    title: "gnocchi://",
    takes: ["samples", "events"],
    create: (carries) => gnocchiPublisher(basicCredentials(gnocchi.url), { carries }),
    reset: () => void epoch++,
    received: async () => {
      const query = { like: { original_resource_id: `${prefix()}%` } };
      const found = await search(gnocchi, "instance", query);
      return found.map((resource) => resource.original_resource_id.slice(prefix().length));
    },
    sampleOf: (mark) =>
      makeSample({
        resource_id: prefix() + mark,
        resource_metadata: refuses ? {} : instance,
        timestamp: "2026-01-02T03:04:05",
      }),
    eventOf: (mark) => {
      const traits = { instance_id: prefix() + mark, display_name: "vm", instance_flavor_id: "1" };
      const all = refuses ? traits : { ...traits, instance_type: "tiny" };
      return makeEvent({
        traits: Object.entries(all).map(([name, value]) => ({ name, type: 1, value })),
      });
    },
    order: "Gnocchi keeps resources, not the order in which it heard of them",
    many: 60,
    refusal: {
      begin: () => void (refuses = true),
      end: () => void (refuses = false),
    },
    outage: { begin: () => gnocchi.stop(), end: () => gnocchi.start() },
    silence: { begin: () => gnocchi.freeze(), end: () => gnocchi.thaw() },
    secrets: [],
  });
});

describe.skipIf(missing !== undefined)("against a real Gnocchi with a real Keystone", () => {
  const user = { name: "ceilometer", password: "s3cret of ceilometer" };
  const tokenSeconds = 12;
  let keystone: Keystone;
  let userId = "";
  let gnocchi: Gnocchi;
  beforeAll(async () => {
    keystone = await startKeystone({ tokenSeconds });
    await keystone.createUser({
      name: "gnocchi",
      password: "gnocchipw",
      project: "service",
      role: "admin",
    });
    userId = await keystone.createUser({ ...user, project: "service", role: "admin" });
    gnocchi = await startGnocchi({ keystone });
    await keystone.createService({ type: "metric", name: "gnocchi", url: gnocchi.url });
  }, startMs);
  afterAll(async () => {
    await gnocchi?.remove();
    await keystone?.remove();
  });

  const open = (password = user.password, clock = systemClock) =>
    gnocchiPublisher(
      passwordCredentials(keystone.url, { ...user, password }),
      { url: "gnocchi://?archive_policy=counted&timeout=60", createResourceTypes: true, clock },
    );

  test("3,000 notifications while tokens end: every distinct measure counted once", async () => {
    const policy = {
      name: "counted",
      aggregation_methods: ["count"],
      definition: [{ granularity: "1d", timespan: "365d" }],
    };
    let token = { text: "", untilMs: 0 };
    const request = async (method: string, path: string, body?: unknown) => {
      if (token.untilMs < performance.now()) {
        const untilMs = performance.now() + tokenSeconds * 500;
        token = { text: await keystone.tokenOf({ ...user, project: "service" }), untilMs };
      }
      const answer = await gnocchi.request(method, path, { body, token: token.text });
      if (answer.status >= 400) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
      return answer.json;
    };
    await request("POST", "/v1/archive_policy", policy);
    // One renews its tokens in time; for the other time stands still, so that Gnocchi has to say it.
    const publishers = [open(), open(user.password, { ...systemClock, monotonic: () => 0 })];
    const distinct = new Set<string>();
    const started = performance.now();
    for (let batch = 0; batch < 30; batch++) {
      const samples = Array.from({ length: 100 }, (_, n) => notification(batch * 100 + n)).flat();
      for (const { resource_id, name, timestamp } of samples) {
        distinct.add(`${resource_id} ${name} ${timestamp}`);
      }
      await publishers[batch % 2]?.publishSamples(samples, never);
      if (batch === 10 || batch === 20) await Bun.sleep((tokenSeconds + 1) * 1000);
    }
    const seconds = (performance.now() - started) / 1000;
    for (const publisher of publishers) await publisher.close();
    const resources = await request("GET", "/v1/resource/instance?limit=1000") as Resource[];
    let counted = 0;
    for (const metric of resources.flatMap(({ metrics }) => Object.values(metrics))) {
      const path = `/v1/metric/${metric}/measures?aggregation=count&refresh=true`;
      const rows = await request("GET", path) as [string, number, number][];
      for (const [, , count] of rows) counted += count;
    }
    console.log(
      `${distinct.size} distinct measures of 3000 notifications in ${seconds.toFixed(1)} s`,
    );
    expect(counted).toBe(distinct.size);
  }, startMs);

  test("application credentials, projects and names, asked of the real Keystone", async () => {
    const token = await keystone.tokenOf({ ...user, project: "service" });
    const response = await fetch(`${keystone.url}/users/${userId}/application_credentials`, {
      method: "POST",
      headers: { "X-Auth-Token": token, "Content-Type": "application/json" },
      body: JSON.stringify({ application_credential: { name: "tpctl", secret: "of the test" } }),
    });
    expect(response.status).toBe(201);
    const { password: _, ...rest } = passwordCredentials(keystone.url, user);
    const session = createSession({
      ...rest,
      authType: "applicationCredential",
      id: undefined,
      name: "tpctl",
      secret: "of the test",
    }, { clock: systemClock });
    expect(await session.endpoint({ type: "metric", name: "gnocchi" }, never)).toBe(gnocchi.url);
    const projectOf = (project: string) =>
      findProjectId(session, { project, domain: "Default" }, never);
    expect(await projectOf("admin")).toBe(await keystone.createProject("admin"));
    expect(await projectOf("nobody's")).toBeUndefined();
    const names = new NameDirectory(session, systemClock);
    const unknown = "0".repeat(32);
    await names.lookUp([{ kind: "users", id: userId }, { kind: "users", id: unknown }], never);
    expect([names.known("users", userId), names.known("users", unknown)]).toEqual([
      user.name,
      null,
    ]);
  }, startMs);

  test(
    "Keystone that refuses is a hold without the password, Keystone away an outage",
    async () => {
      const sample = makeSample({ resource_id: "late", resource_metadata: instance });
      const wrong = open("not the password");
      const refused = await storeErrorOf(wrong.publishSamples([sample], never));
      await wrong.close();
      expect([refused.reaction, refused.message]).toEqual([
        "hold",
        expect.stringMatching(/it answered 401 .*\[service_credentials\]/),
      ]);
      expect(refused.message).not.toContain("not the password");
      const publisher = open();
      await keystone.stop();
      expect((await storeErrorOf(publisher.publishSamples([sample], never))).reaction).toBe(
        "retry",
      );
      await keystone.start();
      await publisher.publishSamples([sample], never);
      await publisher.close();
    },
    startMs,
  );
});

/** Four samples of one of 25 instances; every tenth notification comes twice. */
function notification(n: number): Sample[] {
  const at = n % 10 === 9 ? n - 1 : n;
  const time = new Date(Date.UTC(2026, 0, 2) + at * 1000).toISOString().slice(0, 19);
  return ["vcpus", "memory", "disk.root.size", "disk.ephemeral.size"].map((name) =>
    makeSample({
      name,
      resource_id: `instance-${at % 25}`,
      timestamp: time,
      volume: at,
      resource_metadata: instance,
    })
  );
}
