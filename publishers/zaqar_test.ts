/**
 * Edge (net). The zaqar publisher against a scripted Keystone and Zaqar.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { ConfigError } from "../core/errors.ts";
import { loadValue } from "../core/notifications/load_value.ts";
import { dumpValue } from "../core/notifications/value_text.ts";
import { sampleDict, serializeEvent } from "../core/pipeline/messages.ts";
import type { Publisher } from "../core/pipeline/publisher.ts";
import { passwordCredentials } from "../testing/gnocchi_publisher.ts";
import { type Carried, describePublisher } from "../testing/publisher_conformance.ts";
import { makePublisher } from "../testing/publishers.ts";
import { dictOf, makeEvent, makeSample } from "../testing/samples.ts";
import {
  type ScriptedAnswer,
  type ScriptedHttp,
  type ScriptedRequest,
  startScriptedHttp,
} from "../testing/scripted_http.ts";
import { storeErrorOf } from "../testing/writer_conformance.ts";
import { zaqarKind } from "./zaqar.ts";

const signal = new AbortController().signal;
const created: ScriptedAnswer = { status: 201, body: '{"resources": []}' };
let server: ScriptedHttp;
let answer: () => ScriptedAnswer = () => created;
let endpointPath = "";

beforeAll(async () => {
  server = await startScriptedHttp({
    otherwise: (request) => isToken(request) ? token() : answer(),
  });
});
beforeEach(() => {
  server.requests.splice(0);
  answer = () => created;
  endpointPath = "";
});
afterAll(() => server.stop());

function isToken({ path }: ScriptedRequest): boolean {
  return path.endsWith("/auth/tokens");
}

function token(): ScriptedAnswer {
  const endpoint = { interface: "public", region: "R", region_id: "R" };
  const url = `${server.origin}${endpointPath}`;
  const catalog = [{ type: "messaging", name: "zaqar", endpoints: [{ ...endpoint, url }] }];
  const times = { issued_at: "2026-01-01T00:00:00Z", expires_at: "2099-01-01T00:00:00Z" };
  const project = { id: "pr0ject", name: "service", domain: { id: "default", name: "Default" } };
  return {
    status: 201,
    headers: { "X-Subject-Token": "t0ken" },
    body: JSON.stringify({ token: { ...times, project, catalog } }),
  };
}

function open(url = "zaqar://?queue=meters", carries: Carried = "samples"): Publisher {
  const user = { name: "ceilometer", password: "s3cret" };
  const credentials = passwordCredentials(`${server.origin}/v3`, user);
  return makePublisher(zaqarKind, url, {
    carries,
    settings: {
      zaqar: { authSection: credentials.section },
      keystone: new Map([[credentials.section, credentials]]),
    },
  });
}

function posts(): ScriptedRequest[] {
  return server.requests.filter((request) => !isToken(request));
}

function postedMarks(carries: Carried): string[] {
  return posts().flatMap(({ text }) => dictOf(loadValue(text)).messages ?? [])
    .map((message) => {
      const { resource_id: sample, message_id: event } = dictOf(dictOf(message).body);
      return String(carries === "samples" ? sample : event);
    });
}

describePublisher({
  title: "zaqar",
  takes: ["samples", "events"],
  create: (carries) => open("zaqar://?queue=meters", carries),
  reset: () => void server.requests.splice(0),
  received: (carries) => Promise.resolve(postedMarks(carries)),
  order: "kept",
  many: 1000,
  refusal: {
    begin: () => void (answer = () => ({ status: 400, body: '{"title": "Invalid"}' })),
    end: () => void (answer = () => created),
  },
  outage: { begin: () => server.stop(), end: () => server.listen() },
  silence: {
    begin: () => void (answer = () => "silence"),
    end: () => void (answer = () => created),
  },
  secrets: ["s3cret", "t0ken"],
});

describe("a request", () => {
  test("is Zaqar's API v2, with who we are", async () => {
    await open("zaqar://?queue=a/b&ttl=1200").publishSamples([makeSample()], signal);
    await open().publishEvents([makeEvent()], signal);
    const [samples, events] = posts();
    expect(`${samples?.method} ${samples?.path}`).toBe("POST /v2/queues/a%2Fb/messages");
    expect(samples?.headers.get("x-auth-token")).toBe("t0ken");
    expect(samples?.headers.get("x-project-id")).toBe("pr0ject");
    expect(samples?.headers.get("client-id")).toMatch(/^[0-9a-f-]{36}$/);
    expect([samples?.text, events?.text]).toEqual([
      dumpValue({ messages: [{ body: sampleDict(makeSample()), ttl: 1200 }] }),
      dumpValue({ messages: [{ body: serializeEvent(makeEvent()), ttl: 3600 }] }),
    ]);
  });

  test("is never longer than Zaqar takes, but for a message that is", async () => {
    const large = makeSample({ resource_metadata: { text: "x".repeat(90_000) } });
    const huge = makeSample({ resource_metadata: { text: "x".repeat(300_000) } });
    await open().publishSamples([large, large, large, huge, large], signal);
    const counts = posts().map(({ text }) => dictOf(loadValue(text)).messages)
      .map((messages) => Array.isArray(messages) ? messages.length : 0);
    expect(counts).toEqual([2, 1, 1, 1]);
  });

  test("goes to an endpoint that names the version, too", async () => {
    endpointPath = "/messaging/v2/";
    await open().publishSamples([makeSample()], signal);
    expect(posts().map(({ path }) => path)).toEqual(["/messaging/v2/queues/meters/messages"]);
  });
});

test.each([[404, "hold"], [403, "hold"], [503, "retry"]])("%i: %s", async (status, reaction) => {
  answer = () => ({ status, body: "words" });
  const error = await storeErrorOf(open().publishSamples([makeSample()], signal));
  expect<string>(error.reaction).toBe(reaction);
  expect(error.message).toContain(`'zaqar://meters': status ${status}`);
});

test.each([
  ["zaqar://", "it names no queue"],
  ["zaqar://?queue=", "it names no queue"],
  ["zaqar://?queue=q&ttl=soon", "'ttl'"],
  ["zaqar://?queue=q&ttl=5", "'ttl'"],
  ["zaqar://?queue=q&flavor=x", "'flavor'"],
])("%s is a configuration error", (url, words) => {
  expect(() => open(url)).toThrow(ConfigError);
  expect(() => open(url)).toThrow(words);
});
