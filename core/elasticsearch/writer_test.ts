/**
 * Edge (net, processes). The Elasticsearch writer against a real OpenSearch 2 and a real Elasticsearch
 * 7; against a scripted server only for what they do not say on demand.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { documentBatch } from "../../testing/batches.ts";
import { type ScriptedHttp, startScriptedHttp } from "../../testing/scripted_http.ts";
import { selfSignedCertificate } from "../../testing/servers/certificate.ts";
import { tempFolder } from "../../testing/servers/server.ts";
import {
  type Opensearch,
  opensearchMissing,
  type SearchProduct,
  startOpensearch,
} from "../../testing/servers/opensearch.ts";
import {
  bisect,
  conformanceDocuments,
  describeWriter,
  storeErrorOf,
} from "../../testing/writer_conformance.ts";
import { systemClock } from "../clock.ts";
import type { ElasticsearchEndpoint } from "../config/endpoint.ts";
import { PartialWriteError, type RefusedItem, type Writer } from "../delivery/writer.ts";
import { createElasticsearchWriter } from "./writer.ts";

const never = (): AbortSignal => new AbortController().signal;

function open(
  ports: readonly number[],
  more: Partial<ElasticsearchEndpoint> = {},
): Promise<Writer> {
  const endpoint: ElasticsearchEndpoint = {
    scheme: "elasticsearch",
    nodes: ports.map((port) => ({ host: "127.0.0.1", port })),
    tls: undefined,
    credentials: undefined,
    apiKey: undefined,
    indexPrefix: "events",
    retriesMax: 3,
    ...more,
  };
  return createElasticsearchWriter(endpoint, { clock: systemClock });
}

const documents = (index: string, ...jsons: string[]): ReturnType<typeof documentBatch> =>
  documentBatch(jsons.map((json, i) => ({ index, id: `id${i}`, json })));

async function refusedItems(attempt: Promise<void>): Promise<readonly RefusedItem[]> {
  const failure = await storeErrorOf(attempt);
  expect(failure).toBeInstanceOf(PartialWriteError);
  return failure instanceof PartialWriteError ? failure.refused : [];
}

const missing = opensearchMissing();
if (missing !== undefined) console.error(`real search servers: skipped, ${missing}`);

for (const product of ["opensearch", "elasticsearch"] as const) {
  describe.skipIf(missing !== undefined)(`a real ${product}`, () => describeReal(product));
}

/** A started server and a writer on it; both are there once the tests run. */
interface Real {
  readonly server: () => Opensearch;
  readonly writer: () => Writer;
}

function describeReal(product: SearchProduct): void {
  let server: Opensearch;
  let writer: Writer;
  beforeAll(async () => {
    server = await startOpensearch({ product, settings: { "http.max_content_length": "1mb" } });
    writer = await open([server.port]);
  }, 300_000);
  afterAll(async () => {
    await writer.close();
    await server.remove();
  });
  const real: Real = { server: () => server, writer: () => writer };
  describeConformance(product, real);
  describeVerdicts(real);
  describeHolding(real);
  describeSplitting(real);
}

/** The texts of the conformance items in an index, by id. */
async function textsIn(real: Real, index: string): Promise<Map<string, string>> {
  await real.server().ask("POST", `/${index}/_refresh`);
  const { status, json } = await real.server().ask("GET", `/${index}/_search?size=10000`);
  return status === 404
    ? new Map()
    : new Map(hitsOf(json).map(({ _id, _source }) => [_id, _source.text]));
}

function describeConformance(product: SearchProduct, real: Real): void {
  let runs = 0;
  let index = "";
  describeWriter({
    title: product,
    create: () => open([real.server().port]),
    batchOf: (items) => conformanceDocuments(items, index),
    reset: () => {
      index = `conformance-${++runs}`;
      return Promise.resolve();
    },
    stored: () => textsIn(real, index),
    refused: { key: "x".repeat(600), text: "its id is too long", timeMs: 0 },
    outage: {
      begin: () => real.server().kill(),
      end: () => real.server().start(),
    },
    silence: {
      begin: () => Promise.resolve(real.server().freeze()),
      end: () => Promise.resolve(real.server().thaw()),
    },
    secrets: [],
  });
}

function describeVerdicts(real: Real): void {
  test("each document has its own verdict, and the server's reason", async () => {
    const first = documents("verdicts", '{"n":1}');
    await real.writer().write(first, never());
    const batch = documentBatch([
      { index: "verdicts", id: "a", json: '{"n":2}' },
      { index: "verdicts", id: "b", json: '{"n":{"no":"number"}}' },
      { index: "Invalid", id: "c", json: '{"n":1}' },
      { index: "verdicts", id: "d", json: '{"n":' },
      { index: "verdicts", id: "e", json: '{"n":3}' },
    ]);
    const refused = await refusedItems(real.writer().write(batch, never()));
    expect(refused.map(({ item, reaction }) => [item, reaction])).toEqual([
      [1, "bisect"],
      [2, "bisect"],
      [3, "bisect"],
    ]);
    expect(refused[0]?.reason).toContain("400 mapper_parsing_exception: failed to parse field [n]");
    expect(refused[1]?.reason).toContain("invalid_index_name_exception");
    expect([...(await textsIn(real, "verdicts")).keys()].sort()).toEqual(["a", "e", "id0"]);
  });

  test("what breaks a whole request is found by halving", async () => {
    const long = { index: "halved", id: "x".repeat(600), json: "{}" };
    const good = Array.from({ length: 6 }, (_, i) => ({ index: "halved", id: `${i}`, json: "{}" }));
    const batch = documentBatch([...good.slice(0, 4), long, ...good.slice(4)]);
    expect((await storeErrorOf(real.writer().write(batch, never()))).reaction).toBe("bisect");
    expect(await bisect(real.writer(), batch)).toEqual([4]);
    expect((await textsIn(real, "halved")).size).toBe(6);
  });
}

function describeHolding(real: Real): void {
  test("an index that is full, closed, read-only or cannot be made is held, the others go on", async () => {
    const settings = async (of: string, value: unknown): Promise<void> => {
      expect((await real.server().ask("PUT", of, value)).status).toBe(200);
    };
    for (const name of ["full", "blocked", "closed"]) {
      await real.writer().write(documents(name, "{}"), never());
    }
    await settings("/full/_settings", { "index.blocks.read_only_allow_delete": true });
    await settings("/blocked/_settings", { "index.blocks.write": true });
    expect((await real.server().ask("POST", "/closed/_close")).status).toBe(200);
    await settings("/_cluster/settings", { transient: { "action.auto_create_index": "-no*,*" } });
    const batch = documentBatch(
      ["full", "open", "blocked", "closed", "no-such"].map((name) => ({
        index: name,
        id: "1",
        json: "{}",
      })),
    );
    const refused = await refusedItems(real.writer().write(batch, never()));
    await settings("/_cluster/settings", { transient: { "action.auto_create_index": null } });
    expect(refused.map(({ item, reaction }) => [item, reaction])).toEqual([
      [0, "hold_destination"],
      [2, "hold_destination"],
      [3, "hold_destination"],
      [4, "hold_destination"],
    ]);
    expect(refused.map(({ reason }) => reason.slice(0, 3))).toEqual(["429", "403", "400", "404"]);
    await settings("/_cluster/settings", { transient: { "cluster.max_shards_per_node": 1 } });
    const [shards] = await refusedItems(real.writer().write(documents("one-more", "{}"), never()));
    await settings("/_cluster/settings", { transient: { "cluster.max_shards_per_node": null } });
    expect(shards?.reaction).toBe("hold_destination");
    expect(shards?.reason).toContain("400 validation_exception");
  });
}

function describeSplitting(real: Real): void {
  test("a tripped breaker and a body too large split", async () => {
    const many = documents(
      "split",
      ...Array.from({ length: 50 }, () => `{"t":"${"x".repeat(99)}"}`),
    );
    const limit = async (value: string | null): Promise<unknown> =>
      await real.server().ask("PUT", "/_cluster/settings", {
        transient: { "network.breaker.inflight_requests.limit": value },
      });
    await limit("1kb");
    try {
      const breaker = await storeErrorOf(real.writer().write(many, never()));
      expect(breaker.reaction).toBe("split");
      expect(breaker.message).toContain("429 circuit_breaking_exception");
      const alone = documents("split", `{"t":"${"x".repeat(2000)}"}`);
      expect((await storeErrorOf(real.writer().write(alone, never()))).reaction).toBe("split");
    } finally {
      await limit(null);
    }
    const large = documents(
      "split",
      `{"t":"${"x".repeat(600_000)}"}`,
      `{"t":"${"y".repeat(600_000)}"}`,
    );
    expect((await storeErrorOf(real.writer().write(large, never()))).reaction).toBe("split");
    await real.writer().write(many, never());
  });
}

interface Hit {
  readonly _id: string;
  readonly _source: { readonly text: string };
}

function hitsOf(json: unknown): readonly Hit[] {
  const answer = json as { readonly hits: { readonly hits: readonly Hit[] } };
  return answer.hits.hits;
}

describe("what real servers do not say on demand", () => {
  let server: ScriptedHttp;
  beforeAll(async () => {
    server = await startScriptedHttp();
  });
  afterAll(() => server.stop());

  const two = documents("i", "{}", '{"a":1}');
  const verdict = (...items: readonly unknown[]): { status: number; body: string } => ({
    status: 200,
    body: JSON.stringify({ errors: true, items: items.map((index) => ({ index })) }),
  });

  const whole: readonly (readonly [number, string, string])[] = [
    [400, '{"error":{"type":"parse_exception","reason":"r"},"status":400}', "bisect"],
    [401, '{"error":{"type":"security_exception","reason":"missing"},"status":401}', "hold"],
    [403, "Forbidden", "hold"],
    [404, "<html>not here</html>", "hold"],
    [406, '{"error":"Content-Type header [x] is not supported","status":406}', "hold"],
    [408, "", "retry"],
    [413, "", "split"],
    [415, "", "hold"],
    [418, "", "bisect"],
    [429, '{"error":{"type":"rejected_execution_exception"},"status":429}', "retry"],
    [500, "", "retry"],
    [503, '{"error":{"type":"no_shard_available_action_exception"}}', "retry"],
    [302, "", "hold"],
    [200, "<html>welcome</html>", "hold"],
    [200, '{"errors":false,"items":[]}', "hold"],
  ];
  for (const [status, body, reaction] of whole) {
    test(`${status} ${body.slice(0, 40)}: ${reaction}`, async () => {
      const writer = await open([server.port], {
        credentials: { user: "u", password: "hidden" },
      });
      server.queue({ status, body });
      const refusal = await storeErrorOf(writer.write(two, never()));
      expect(refusal.reaction).toBe(reaction as typeof refusal.reaction);
      expect(refusal.message).toStartWith(
        `Cannot write to elasticsearch://127.0.0.1:${server.port}/events: ${status} `,
      );
      expect(refusal.message).not.toContain("hidden");
      await writer.close();
    });
  }

  const items: readonly (readonly [number, string, string])[] = [
    [400, "mapper_parsing_exception", "bisect"],
    [401, "security_exception", "hold"],
    [403, "security_exception", "hold"],
    [404, "document_missing_exception", "bisect"],
    [408, "timeout", "retry"],
    [409, "version_conflict_engine_exception", "bisect"],
    [429, "es_rejected_execution_exception", "retry"],
    [429, "rejected_execution_exception", "retry"],
    [429, "circuit_breaking_exception", "retry"],
    [500, "", "retry"],
    [503, "unavailable_shards_exception", "retry"],
  ];
  for (const [status, type, reaction] of items) {
    test(`a document with ${status} ${type}: ${reaction}`, async () => {
      const writer = await open([server.port]);
      server.queue(verdict({ status: 201 }, { status, error: { type, reason: "why" } }));
      const refused = await refusedItems(writer.write(two, never()));
      expect(refused).toEqual([{
        item: 1,
        reaction: reaction as RefusedItem["reaction"],
        reason: type === "" ? `${status} why` : `${status} ${type}: why`,
      }]);
      await writer.close();
    });
  }

  test("a breaker that trips on one small document is about the server: it waits", async () => {
    const writer = await open([server.port]);
    const error = { type: "circuit_breaking_exception", bytes_wanted: 2e9, bytes_limit: 1e9 };
    server.queue({ status: 429, body: JSON.stringify({ error, status: 429 }) });
    expect((await storeErrorOf(writer.write(documents("i", "{}"), never()))).reaction).toBe(
      "retry",
    );
    await writer.close();
  });

  test("Retry-After is passed on", async () => {
    const writer = await open([server.port]);
    server.queue({ status: 429, headers: { "Retry-After": "7" } });
    expect((await storeErrorOf(writer.write(two, never()))).retryAfterMs).toBe(7000);
    await writer.close();
  });

  test("credentials go in a header, an API key before a password", async () => {
    const credentials = { user: "ü", password: "p:w" };
    const basic = await open([server.port], { credentials });
    const key = await open([server.port], { credentials, apiKey: "aWQ6a2V5" });
    for (const writer of [basic, key]) {
      server.queue({ status: 200, body: '{"errors":false,"items":[{},{}]}' });
      await writer.write(two, never());
      await writer.close();
    }
    const [first, second] = server.requests.slice(-2);
    const pair = Buffer.from("ü:p:w").toString("base64");
    expect(first?.headers.get("authorization")).toBe(`Basic ${pair}`);
    expect(second?.headers.get("authorization")).toBe("ApiKey aWQ6a2V5");
    expect(first?.text).toBe(
      '{"index":{"_index":"i","_id":"id0"}}\n{}\n{"index":{"_index":"i","_id":"id1"}}\n{"a":1}\n',
    );
  });

  test("TLS: taken with its CA, held without, and the option is named", async () => {
    await using folder = await tempFolder("search-tls");
    const { cert, key, certFile } = await selfSignedCertificate(folder.path);
    const secure = await startScriptedHttp({
      tls: { cert, key },
      otherwise: () => ({ status: 200, body: '{"errors":false,"items":[{},{}]}' }),
    });
    const nothing = { certFile: undefined, keyFile: undefined, verify: true, verifyGiven: true };
    const trusting = await open([secure.port], { tls: { ...nothing, caFile: certFile } });
    await trusting.write(two, never());
    const strict = await open([secure.port], { tls: { ...nothing, caFile: undefined } });
    const refusal = await storeErrorOf(strict.write(two, never()));
    expect(refusal.reaction).toBe("hold");
    expect(refusal.message).toContain("[tpctl] elasticsearch_ca_file");
    await secure.stop();
  });

  test("nodes are tried in turn within an attempt, and the one that answers is kept", async () => {
    const gone = await startScriptedHttp();
    await gone.stop();
    const proxy = await startScriptedHttp({ otherwise: () => ({ status: 502 }) });
    server.otherwise(() => ({ status: 200, body: '{"errors":false,"items":[{},{}]}' }));
    const writer = await open([gone.port, proxy.port, server.port]);
    await writer.write(two, never());
    await writer.write(two, never());
    expect(proxy.requests).toHaveLength(1);
    const timid = await open([gone.port, server.port], { retriesMax: 0 });
    expect((await storeErrorOf(timid.write(two, never()))).reaction).toBe("retry");
    await timid.write(two, never());
    await proxy.stop();
  });
});
