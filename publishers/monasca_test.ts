/**
 * Edge (net, files, processes). The monasca publisher against a scripted API, with a scripted Keystone
 * and with a real one whose tokens end: what is posted, compared with what an agent posted; answers;
 * batches; configuration.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KeystoneConfig } from "../core/config/keystone_config.ts";
import type { MonascaConfig } from "../core/config/monasca_options.ts";
import { PartialWriteError } from "../core/delivery/writer.ts";
import { ConfigError, ConfigErrors } from "../core/errors.ts";
import { loadValue } from "../core/notifications/load_value.ts";
import type { Publisher } from "../core/pipeline/publisher.ts";
import { passwordCredentials } from "../testing/gnocchi_publisher.ts";
import { describePublisher } from "../testing/publisher_conformance.ts";
import { keepingLog, makePublisher } from "../testing/publishers.ts";
import { dictOf, makeEvent, makeSample, sampleOfLine } from "../testing/samples.ts";
import {
  type ScriptedAnswer,
  type ScriptedHttp,
  type ScriptedRequest,
  startScriptedHttp,
} from "../testing/scripted_http.ts";
import { type Keystone, keystoneMissing, startKeystone } from "../testing/servers/keystone.ts";
import { storeErrorOf } from "../testing/writer_conformance.ts";
import { monascaKind } from "./monasca.ts";

const signal = new AbortController().signal;
const captures = join(import.meta.dir, "../testdata/captures/ceilometer-publishers-fixed");
const user = { name: "ceilometer", password: "s3cret" };
const accepted: ScriptedAnswer = { status: 204 };

/** The field definitions of the recorded requests. */
const recordedMapping = `dimensions:
  [resource_id, project_id, user_id, region, type, unit, source]
metadata:
  common: [event_type, host]
  cpu: [vcpus]
  memory.usage: [nested]
`;

let api: ScriptedHttp;
let folder: string;
let answer: () => ScriptedAnswer = () => accepted;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tpctl-monasca-"));
  writeFileSync(join(folder, "map.yaml"), recordedMapping);
  api = await startScriptedHttp({ otherwise: (request) => isToken(request) ? token() : answer() });
});
beforeEach(() => {
  answer = () => accepted;
  api.requests.splice(0);
});
afterAll(async () => {
  await api.stop();
  rmSync(folder, { recursive: true });
});

function isToken({ path }: ScriptedRequest): boolean {
  return path.endsWith("/auth/tokens");
}

function token(): ScriptedAnswer {
  const times = { issued_at: "2026-01-01T00:00:00Z", expires_at: "2099-01-01T00:00:00Z" };
  return {
    status: 201,
    headers: { "X-Subject-Token": "t0ken" },
    body: JSON.stringify({ token: { ...times, catalog: [] } }),
  };
}

interface Given extends Partial<MonascaConfig> {
  readonly url?: string;
  readonly credentials?: string;
  readonly keystone?: KeystoneConfig;
  readonly lines?: string[];
}

function open(given: Given = {}): Publisher {
  const credentials = given.keystone ?? passwordCredentials(`${api.origin}/v3`, user);
  const { url = `monasca://${api.origin}/v2.0`, lines = [] } = given;
  const monasca: MonascaConfig = {
    credentials: credentials.section,
    tls: credentials.tls,
    mappingsFile: join(folder, "map.yaml"),
    mappingsGiven: true,
    controlPlane: "cp1",
    cluster: "cl1",
    cloudName: "cloud1",
    batchMode: true,
    batchItemsMax: 1000,
    batchWaitMs: 15_000,
    batchPollingMs: 5000,
    retriesMax: 3,
    retryIntervalMs: 60_000,
    requestTimeoutMs: 600_000,
    ...given,
  };
  const keystone = new Map([[credentials.section, credentials]]);
  return makePublisher(monascaKind, url, {
    settings: { monasca, keystone },
    log: keepingLog(lines),
  });
}

function posts(): ScriptedRequest[] {
  return api.requests.filter((request) => !isToken(request));
}

function postedMarks(): string[] {
  return posts().flatMap(({ text }) => [loadValue(text)].flat(1))
    .map((metric) => String(dictOf(dictOf(metric).dimensions).resource_id));
}

for (const batchMode of [true, false]) {
  describePublisher({
    title: `monasca with batch_mode ${batchMode}`,
    takes: ["samples"],
    create: () => open({ batchMode, batchItemsMax: 64, retriesMax: 0 }),
    reset: () => void api.requests.splice(0),
    received: () => Promise.resolve(postedMarks()),
    order: "kept",
    many: 150,
    refusal: {
      begin: () => void (answer = () => ({ status: 422, body: "no" })),
      end: () => void (answer = () => accepted),
    },
    outage: { begin: () => api.stop(), end: () => api.listen() },
    silence: {
      begin: () => void (answer = () => "silence"),
      end: () => void (answer = () => accepted),
    },
    secrets: ["s3cret", "t0ken"],
  });
}

describe("what is posted", () => {
  const samples = readFileSync(join(captures, "file-json.log"), "utf8").trimEnd().split("\n")
    .map(sampleOfLine);
  const bodyOf = (name: string): string =>
    readFileSync(join(captures, name), "utf8").split("\r\n\r\n")[1] ?? "";

  test("is byte for byte what an agent posted, in one request", async () => {
    await open().publishSamples(samples, signal);
    const [post] = posts();
    expect(post?.text).toBe(bodyOf("monasca-batch-01.req"));
    expect(`${post?.method} ${post?.path}`).toBe("POST /v2.0/metrics");
    expect(post?.headers.get("content-type")).toBe("application/json");
    expect(post?.headers.get("x-auth-token")).toBe("t0ken");
  });

  test("is the same without batch_mode, one request each", async () => {
    await open({ batchMode: false }).publishSamples(samples, signal);
    const recorded = [1, 2, 3, 4, 5].map((n) => bodyOf(`monasca-0${n}.req`));
    expect(posts().map(({ text }) => text)).toEqual(recorded);
  });

  test("is at most batch_count metrics in one request", async () => {
    await open({ batchItemsMax: 2 }).publishSamples(samples, signal);
    expect(posts().map(({ text }) => (JSON.parse(text) as unknown[]).length)).toEqual([2, 2, 1]);
  });

  test("leaves out, by name, samples that can be no metric", async () => {
    const bad = makeSample({ timestamp: "not a time", name: "cpu" });
    const mixed = [makeSample(), bad, makeSample({ resource_id: "last" })];
    const error = await storeErrorOf(open().publishSamples(mixed, signal));
    expect(error).toBeInstanceOf(PartialWriteError);
    expect(error instanceof PartialWriteError && error.refused).toEqual([
      { item: 1, reaction: "bisect", reason: expect.stringContaining("'not a time'") },
    ]);
    expect(postedMarks()).toEqual([makeSample().resource_id as string, "last"]);
  });
});

describe("an answer", () => {
  test.each([
    [400, "bisect"],
    [422, "bisect"],
    [413, "split"],
    [403, "hold"],
    [404, "hold"],
    [429, "retry"],
    [503, "retry"],
  ])("%i: %s", async (status, reaction) => {
    answer = () => ({ status, body: "the API's words" });
    const error = await storeErrorOf(
      open({ retriesMax: 1 }).publishSamples(
        [makeSample()],
        signal,
      ),
    );
    expect<string>(error.reaction).toBe(reaction);
    expect(error.message).toContain(`'monasca://${api.origin}/v2.0': status ${status}`);
    expect(error.message).toContain("the API's words");
  });

  test("that is an outage is asked for client_max_retries times", async () => {
    for (const [retriesMax, count] of [[0, 1], [1, 1], [3, 3]] as const) {
      api.requests.splice(0);
      answer = () => ({ status: 500 });
      await storeErrorOf(
        open({ retriesMax, retryIntervalMs: 5 }).publishSamples([makeSample()], signal),
      );
      expect(posts()).toHaveLength(count);
    }
    const answers: ScriptedAnswer[] = [{ status: 502 }, accepted];
    answer = () => answers.shift() ?? accepted;
    await open().publishSamples([makeSample()], signal);
  });
});

describe("configuration", () => {
  test.each([
    ["monasca://host:8070/v2.0", "no URL of the Monasca API"],
    ["monasca://", "no URL of the Monasca API"],
    ["monasca://https://u:hidden@host/v2.0", "no URL of the Monasca API without a user"],
    ["monasca://http://host/v2.0?batch=1", "'batch'"],
  ])("%s is an error", (url, words) => {
    expect(() => open({ url })).toThrow(ConfigError);
    expect(() => open({ url })).toThrow(words);
    expect(() => open({ url })).not.toThrow("hidden");
  });

  test("a field definitions file that is named must be there and be right", () => {
    expect(() => open({ mappingsFile: "/no/such.yaml" })).toThrow("/no/such.yaml");
    writeFileSync(join(folder, "bad.yaml"), "dimensions: 5\nmetadata: {common: [{a: 'b['}]}");
    expect(() => open({ mappingsFile: join(folder, "bad.yaml") })).toThrow(ConfigErrors);
    expect(() => open({ mappingsFile: join(folder, "bad.yaml") })).toThrow("bad.yaml:2");
  });

  test("without one the built-in definitions are used, and that is said", async () => {
    const lines: string[] = [];
    const mappingsFile = "/no/such.yaml";
    await open({ mappingsFile, mappingsGiven: false, lines }).publishSamples(
      [makeSample()],
      signal,
    );
    expect(lines).toEqual([expect.stringMatching(/^info: .*built-in Monasca field definitions/)]);
    expect(postedMarks()).toHaveLength(1);
  });

  test("its endpoint may end in slashes", async () => {
    await open({ url: `monasca://${api.origin}/metrics/v2.0//` }).publishSamples(
      [makeSample()],
      signal,
    );
    expect(posts().map(({ path }) => path)).toEqual(["/metrics/v2.0/metrics"]);
  });

  test("events are none of its business", () => {
    expect(open().publishEvents([makeEvent()], signal)).rejects.toThrow("takes no events");
  });
});

const missing = keystoneMissing();
if (missing !== undefined) console.error(`Keystone tests skipped: ${missing}`);

describe.skipIf(missing !== undefined)("behind a real Keystone", () => {
  let keystone: Keystone;
  beforeAll(async () => {
    keystone = await startKeystone({ tokenSeconds: 3 });
    await keystone.createUser({ ...user, project: "service", role: "member" });
  }, 60_000);
  afterAll(() => keystone?.remove());

  test("tokens that end while it runs are renewed, and nothing is lost", async () => {
    const publisher = open({ keystone: passwordCredentials(keystone.url, user) });
    const marks = Array.from({ length: 20 }, (_, n) => `mark-${n}`);
    for (const mark of marks) {
      await publisher.publishSamples([makeSample({ resource_id: mark })], signal);
      await Bun.sleep(250);
    }
    expect(postedMarks()).toEqual(marks);
    const tokens = new Set(posts().map(({ headers }) => headers.get("x-auth-token")));
    expect(tokens.size).toBeGreaterThan(1);
    await publisher.close();
  }, 60_000);

  test("a user that it refuses is held, and nothing secret is said", async () => {
    const wrong = passwordCredentials(keystone.url, { ...user, password: "wr0ng" });
    const error = await storeErrorOf(
      open({ keystone: wrong }).publishSamples([makeSample()], signal),
    );
    expect(error.reaction).toBe("hold");
    expect(error.message).not.toContain("wr0ng");
    expect(posts()).toEqual([]);
  });
});
