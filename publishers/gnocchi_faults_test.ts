/**
 * Edge (net). `gnocchi://` and a Gnocchi that is slow, forgetful or hangs up: nothing is refused for
 * that, and what is tried again gets through.
 */
import { expect, test } from "bun:test";
import { basicCredentials, gnocchiPublisher } from "../testing/gnocchi_publisher.ts";
import { makeSample } from "../testing/samples.ts";
import { type ScriptedAnswer, type ScriptedRequest } from "../testing/scripted_http.ts";
import { type ScriptedHttp, startScriptedHttp } from "../testing/scripted_http.ts";
import { storeErrorOf } from "../testing/writer_conformance.ts";

const never = new AbortController().signal;
const samples = Array.from({ length: 90 }, (_, n) => makeSample({ resource_id: `vm-${n}` }));

async function withServer(
  batch: (request: ScriptedRequest) => ScriptedAnswer,
  use: (server: ScriptedHttp) => Promise<void>,
): Promise<void> {
  const server = await startScriptedHttp({
    otherwise: (request) => {
      if (request.path === "/v1/archive_policy/") return { status: 409, body: "{}" };
      if (request.path.startsWith("/v1/batch")) return batch(request);
      return { status: request.method === "POST" ? 201 : 200, body: "{}" };
    },
  });
  try {
    await use(server);
  } finally {
    await server.stop();
  }
}

function idsOf({ text }: ScriptedRequest): string[] {
  return Object.keys(JSON.parse(text));
}

test("requests that cannot be answered in time become smaller until they can", async () => {
  const stored = new Set<string>();
  const slow = (request: ScriptedRequest): ScriptedAnswer => {
    const ids = idsOf(request);
    if (ids.length > 20) return "silence";
    for (const id of ids) stored.add(id);
    return { status: 202 };
  };
  await withServer(slow, async ({ origin }) => {
    const url = "gnocchi://?timeout=0.5";
    const publisher = gnocchiPublisher(basicCredentials(origin), { url });
    let attempts = 1;
    while (attempts < 10) {
      const failed = await publisher.publishSamples(samples, never).then(() => false, () => true);
      if (!failed) break;
      attempts++;
    }
    await publisher.close();
    expect(stored.size).toBe(samples.length);
  });
});

test("a resource that is unknown however often it is made is an outage, no refusal", async () => {
  const unknown = (request: ScriptedRequest): ScriptedAnswer => {
    const detail = idsOf(request).map((id) => ({ resource_id: id, original_resource_id: id }));
    const description = { cause: "Unknown resources", detail };
    return { status: 400, body: JSON.stringify({ description }) };
  };
  await withServer(unknown, async ({ origin, requests }) => {
    const publisher = gnocchiPublisher(basicCredentials(origin));
    const error = await storeErrorOf(publisher.publishSamples(samples.slice(0, 2), never));
    await publisher.close();
    expect([error.reaction, error.message]).toEqual([
      "retry",
      expect.stringContaining("unknown again"),
    ]);
    expect(requests.filter(({ path }) => path.startsWith("/v1/batch"))).toHaveLength(4);
  });
});

test.each(["reset", "close", "half"] as const)(
  "an answer that ends in a %s is an outage",
  async (fault) => {
    let faults = 1;
    await withServer(() => faults-- > 0 ? fault : { status: 202 }, async ({ origin }) => {
      const publisher = gnocchiPublisher(basicCredentials(origin));
      const first = await publisher.publishSamples(samples, never).then(() => undefined, (e) => e);
      // The runtime may have sent a request again by itself.
      if (first !== undefined) expect(first).toMatchObject({ reaction: "retry" });
      await publisher.publishSamples(samples, never);
      await publisher.close();
    });
  },
);

test("a Gnocchi that refuses the user is the operator's matter", async () => {
  await withServer(() => ({ status: 401, body: "who is that?" }), async ({ origin }) => {
    const publisher = gnocchiPublisher(basicCredentials(origin));
    const error = await storeErrorOf(publisher.publishSamples(samples, never));
    await publisher.close();
    expect([error.reaction, error.message]).toEqual([
      "hold",
      expect.stringContaining("[service_credentials]: it answered 401 who is that?"),
    ]);
  });
});
