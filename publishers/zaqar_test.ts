/**
 * Edge (net). The zaqar publisher against a scripted Keystone and Zaqar: its requests, and answers that
 * no Zaqar gives on demand. What a Zaqar makes of them stands in zaqar_server_test.ts.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { ConfigError } from "../core/errors.ts";
import { loadValue } from "../core/notifications/load_value.ts";
import { dumpValue } from "../core/notifications/value_text.ts";
import { sampleDict, serializeEvent } from "../core/pipeline/messages.ts";
import type { Publisher } from "../core/pipeline/publisher.ts";
import type { Carried } from "../testing/publisher_conformance.ts";
import { dictOf, makeEvent, makeSample } from "../testing/samples.ts";
import {
  type ScriptedAnswer,
  type ScriptedHttp,
  type ScriptedRequest,
  startScriptedHttp,
} from "../testing/scripted_http.ts";
import { storeErrorOf } from "../testing/writer_conformance.ts";
import { isTokenRequest, tokenForZaqar, zaqarPublisher } from "../testing/zaqar_publisher.ts";

const signal = new AbortController().signal;
const created: ScriptedAnswer = { status: 201, body: '{"resources": []}' };
let server: ScriptedHttp;
let answer: () => ScriptedAnswer = () => created;
let endpointPath = "";

beforeAll(async () => {
  server = await startScriptedHttp({
    otherwise: (request) =>
      isTokenRequest(request) ? tokenForZaqar(`${server.origin}${endpointPath}`) : answer(),
  });
});
beforeEach(() => {
  server.requests.splice(0);
  answer = () => created;
  endpointPath = "";
});
afterAll(() => server.stop());

function open(url = "zaqar://?queue=meters", carries: Carried = "samples"): Publisher {
  return zaqarPublisher(server.origin, url, carries);
}

function posts(): ScriptedRequest[] {
  return server.requests.filter((request) => !isTokenRequest(request));
}

describe("a request", () => {
  test("is Zaqar's API v2, with who we are", async () => {
    await open("zaqar://?queue=a_b-c.d&ttl=1200").publishSamples([makeSample()], signal);
    await open().publishEvents([makeEvent()], signal);
    const [samples, events] = posts();
    expect(`${samples?.method} ${samples?.path}`).toBe("POST /v2/queues/a_b-c.d/messages");
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
  ["zaqar://?queue=a/b", "Zaqar takes no queue of the name 'a/b'"],
  [`zaqar://?queue=${"q".repeat(65)}`, "Zaqar takes no queue of the name"],
  ["zaqar://?queue=q&ttl=soon", "'ttl'"],
  ["zaqar://?queue=q&ttl=59", "'ttl'"],
  ["zaqar://?queue=q&ttl=1209601", "'ttl'"],
  ["zaqar://?queue=q&flavor=x", "'flavor'"],
])("%s is a configuration error", (url, words) => {
  expect(() => open(url)).toThrow(ConfigError);
  expect(() => open(url)).toThrow(words);
});
