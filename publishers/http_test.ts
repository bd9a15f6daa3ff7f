/**
 * Edge (net, files). The http publisher against a scripted server: what it posts, compared with what an
 * agent posted; URLs and options; reactions to answers; redirects; TLS.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PartialWriteError } from "../core/delivery/writer.ts";
import { ConfigError } from "../core/errors.ts";
import { loadValue } from "../core/notifications/load_value.ts";
import { sampleJson, serializeEvent } from "../core/pipeline/messages.ts";
import { dumpValue } from "../core/notifications/value_text.ts";
import { type Carried, describePublisher } from "../testing/publisher_conformance.ts";
import { keepingLog, makePublisher, waitForCount } from "../testing/publishers.ts";
import { startHttpRecorder } from "../testing/recorders.ts";
import { dictOf, makeEvent, makeSample, sampleOfLine } from "../testing/samples.ts";
import { type ScriptedHttp, startScriptedHttp } from "../testing/scripted_http.ts";
import {
  type Certificate,
  selfSignedCertificate,
  signedCertificate,
} from "../testing/servers/certificate.ts";
import { storeErrorOf } from "../testing/writer_conformance.ts";
import { httpKind } from "./http.ts";

const signal = new AbortController().signal;
const captures = join(import.meta.dir, "../testdata/captures/ceilometer-publishers-fixed");
let server: ScriptedHttp;
beforeAll(async () => {
  server = await startScriptedHttp();
});
beforeEach(() => {
  server.requests.splice(0);
  server.otherwise(() => ({ status: 200 }));
});
afterAll(() => server.stop());

function address(): string {
  return server.origin.slice("http://".length);
}

/** The marks in all posted bodies, whether lists or single items. */
function postedMarks(carries: Carried): string[] {
  return server.requests.flatMap(({ text }) => [loadValue(text)].flat(1)).map((item) => {
    const { resource_id: sample, message_id: event } = dictOf(item);
    return String(carries === "samples" ? sample : event);
  });
}

for (const batch of ["true", "false"]) {
  describePublisher({
    title: `http with batch=${batch}`,
    takes: ["samples", "events"],
    create: () =>
      makePublisher(httpKind, `http://user:pa55@${address()}/x?batch=${batch}&timeout=1`),
    reset: () => void server.requests.splice(0),
    received: (carries) => Promise.resolve(postedMarks(carries)),
    order: "kept",
    many: 100,
    refusal: {
      begin: () => server.otherwise(() => ({ status: 400, body: "no" })),
      end: () => server.otherwise(() => ({ status: 200 })),
    },
    outage: { begin: () => server.stop(), end: () => server.listen() },
    silence: {
      begin: () => server.otherwise(() => "silence"),
      end: () => server.otherwise(() => ({ status: 200 })),
    },
    secrets: ["pa55"],
  });
}

describe("what is posted", () => {
  const samples = readFileSync(join(captures, "file-json.log"), "utf8").trimEnd().split("\n")
    .map(sampleOfLine);

  test("is what an agent posted, and the two names", async () => {
    const publisher = makePublisher(
      httpKind,
      `http://user:pass@${address()}/samples?verify_ssl=False&foo=bar`,
    );
    await publisher.publishSamples(samples, signal);
    const [head = "", body] = readFileSync(join(captures, "http-01.req"), "utf8").split("\r\n\r\n");
    const request = server.requests[0];
    expect(server.requests).toHaveLength(1);
    expect(request?.text.replace(/"(user|project)_name": null, /g, "")).toBe(body ?? "");
    expect(`${request?.method} ${request?.path}?${request?.query}`).toBe("POST /samples?foo=bar");
    for (const name of ["content-type", "authorization"]) {
      expect(`${head}\r\n`).toMatch(new RegExp(`${name}: ${request?.headers.get(name)}\r\n`, "i"));
    }
  });

  test("is one sample per request without batch, where release 19 sent all in each", async () => {
    const [, body] = readFileSync(join(captures, "httpind-01.req"), "utf8").split("\r\n\r\n");
    expect(loadValue(body ?? "")).toHaveLength(5);
    const publisher = makePublisher(httpKind, `http://${address()}/individual?batch=False`);
    await publisher.publishSamples(samples, signal);
    expect(server.requests.map(({ text }) => text)).toEqual(samples.map(sampleJson));
  });

  test("of events is all, or the stored payload where there is one", async () => {
    const events = [
      makeEvent(),
      makeEvent({ raw: { payload: { a: "é" } } }),
      makeEvent({ raw: { payload: {} } }),
      makeEvent({ raw: { payload: [1] } }),
    ];
    await makePublisher(httpKind, `http://${address()}/`).publishEvents(events, signal);
    const raw = makePublisher(httpKind, `http://${address()}/?raw_only=1`);
    await raw.publishEvents(events, signal);
    await raw.publishEvents(events.slice(0, 1), signal);
    expect(server.requests.map(({ text }) => text)).toEqual([
      dumpValue(events.map(serializeEvent)),
      '[{"a": "\\u00e9"}, [1]]',
    ]);
  });
});

describe("the URL", () => {
  test.each([
    ["http://HOST/a/b/?empty=&timeout=abc&timeout=3&batch=0", "/a/b/", undefined],
    ["http://alice:l00k$$@HOST/?timeout=3&x=2&empty=&raw_only=1", "/?x=2", "alice:l00k$$"],
    ["http://u%40x:p%3Aw@HOST/p%20q", "/p%20q", "u%40x:p%3Aw"],
    ["http://HOST/x?x=2&q=a+b&y&x=3&q=a%20b&batch=true", "/x?x=2&x=3&q=a+b&q=a+b", undefined],
    ["http://HOST?q=%C3%BC*(1)", "/?q=%C3%BC%2A%281%29", undefined],
    ["http://HOST/x?max_retries=0&clientcert=/none#part", "/x", undefined],
    ["http://a:b@c:d@HOST/x", "/x", "a:b@c:d"],
  ])("%s", async (url, path, credentials) => {
    const recorder = await startHttpRecorder();
    const publisher = makePublisher(httpKind, url.replace("HOST", recorder.address));
    await publisher.publishSamples([makeSample()], signal);
    await waitForCount(recorder.records, 1);
    await recorder.stop();
    const wanted = credentials === undefined ? undefined : `Basic ${btoa(credentials)}`;
    expect(recorder.records.map(({ authorization }) => authorization)).toEqual([wanted]);
    expect(recorder.records[0]?.path).toBe(path);
    expect(publisher.name).not.toMatch(/[?#@]/);
  });

  test("with a number that cannot be read has the reference's default, and a warning", () => {
    const lines: string[] = [];
    const log = keepingLog(lines);
    makePublisher(httpKind, "http://h/?timeout=abc&max_retries=x&other=1", { log });
    expect(lines.map((line) => line.split(":")[0])).toEqual(["warning", "warning", "info"]);
    expect(lines[0]).toContain("'timeout'");
  });

  test.each([
    ["http:///path", "it names no host"],
    ["http://user@h/", "its user has no password"],
    ["http://h/?batch=maybe", "'batch'"],
    ["https://h/?verify_ssl=/no/such/ca.pem", "CA bundle of verify_ssl '/no/such/ca.pem'"],
    ["https://h/?clientcert=/no/such.pem", "client certificate '/no/such.pem'"],
  ])("%s is a configuration error", (url, text) => {
    expect(() => makePublisher(httpKind, url)).toThrow(ConfigError);
    expect(() => makePublisher(httpKind, url)).toThrow(text);
  });
});

describe("an answer", () => {
  test.each([
    [401, "hold"],
    [403, "hold"],
    [408, "retry"],
    [429, "retry"],
    [500, "retry"],
    [503, "retry"],
    [413, "split"],
    [400, "bisect"],
    [404, "bisect"],
    [422, "bisect"],
    [302, "hold"],
  ])("%i: %s", async (status, reaction) => {
    const headers = { "Retry-After": "7", Location: "http://u:p@elsewhere/x?secret" };
    server.otherwise(() => ({ status, body: "the server's\nwords", headers }));
    const publisher = makePublisher(httpKind, `http://u:p4ss@${address()}/x?token=1`);
    const error = await storeErrorOf(publisher.publishSamples([makeSample()], signal));
    expect([error.reaction, error.retryAfterMs]).toEqual([reaction, 7000] as never);
    expect(error.message).toStartWith(
      `Cannot post to 'http://${address()}/x': status ${status}`,
    );
    expect(error.message).toContain("the server's; words");
    expect(error.message).not.toMatch(/p4ss|token|secret|u:p@/);
    expect(server.requests).toHaveLength(1);
  });

  test.each([200, 201, 202, 204])("%i is acceptance", async (status) => {
    server.otherwise(() => ({ status }));
    await makePublisher(httpKind, `http://${address()}`).publishSamples([makeSample()], signal);
  });

  test("307 is followed with the body, credentials only to the same server", async () => {
    const other = await startScriptedHttp();
    const publisher = makePublisher(httpKind, `http://u:p@${address()}/x`);
    for (const Location of ["/moved", `${other.origin}/there`]) {
      server.queue({ status: 307, headers: { Location } });
      await publisher.publishSamples([makeSample()], signal);
    }
    const [, moved] = server.requests;
    const [there] = other.requests;
    await other.stop();
    expect([moved?.path, moved?.method, there?.path]).toEqual(["/moved", "POST", "/there"]);
    expect(moved?.headers.get("authorization")).toBe(`Basic ${btoa("u:p")}`);
    expect(there?.headers.get("authorization")).toBeNull();
    expect([moved?.text, there?.text]).toEqual(Array(2).fill(`[${sampleJson(makeSample())}]`));
  });

  test("that redirects without an end is given up", async () => {
    server.otherwise(() => ({ status: 308, headers: { Location: "/again" } }));
    const publisher = makePublisher(httpKind, `http://${address()}`);
    const error = await storeErrorOf(publisher.publishSamples([makeSample()], signal));
    expect([error.reaction, server.requests.length]).toEqual(["hold", 31] as never);
  });

  test("names single samples without batch, and what was not tried after an outage", async () => {
    const publisher = makePublisher(httpKind, `http://${address()}?batch=no&max_retries=0`);
    const samples = [1, 2, 3, 4].map((volume) => makeSample({ volume }));
    const reactions = async (): Promise<unknown> => {
      const error = await storeErrorOf(publisher.publishSamples(samples, signal));
      if (!(error instanceof PartialWriteError)) return error.reaction;
      return error.refused.map(({ item, reaction }) => [item, reaction]);
    };
    server.queue({ status: 200 }, { status: 400 }, { status: 413 }, { status: 200 });
    expect(await reactions()).toEqual([[1, "bisect"], [2, "split"]]);
    server.queue({ status: 200 }, { status: 400 }, { status: 503 });
    expect(await reactions()).toEqual([[1, "bisect"], [2, "retry"], [3, "retry"]]);
    server.queue({ status: 503 });
    expect(await reactions()).toBe("retry");
  });
});

describe("a connection", () => {
  test("that the far end has just closed does not lose the request", async () => {
    const publisher = makePublisher(httpKind, `http://${address()}/`);
    for (let n = 0; n < 20; n++) {
      await publisher.publishSamples([makeSample({ volume: n })], signal);
      server.dropConnections();
    }
    expect(server.requests.length).toBeGreaterThanOrEqual(20);
  });

  test("that fails at once is tried again max_retries times", async () => {
    for (const retries of [0, 2]) {
      server.requests.splice(0);
      server.otherwise(() => "reset");
      const publisher = makePublisher(httpKind, `http://${address()}/?max_retries=${retries}`);
      await storeErrorOf(publisher.publishSamples([makeSample()], signal));
      expect(server.requests.length).toBeGreaterThanOrEqual(retries + 1);
    }
    server.queue("reset");
    server.otherwise(() => ({ status: 200 }));
    await makePublisher(httpKind, `http://${address()}`).publishSamples([makeSample()], signal);
  });

  test("without an answer is given up after the timeout, once", async () => {
    server.otherwise(() => "silence");
    const publisher = makePublisher(httpKind, `http://${address()}/?timeout=1`);
    const error = await storeErrorOf(publisher.publishSamples([makeSample()], signal));
    expect([error.reaction, server.requests.length]).toEqual(["retry", 1] as never);
  });
});

describe("TLS", () => {
  let folder: string;
  let tls: ScriptedHttp;
  let certificate: Certificate;
  let client: Certificate;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "tpctl-http-"));
    certificate = await selfSignedCertificate(folder);
    client = await signedCertificate(folder, "client", certificate);
    const { cert, key } = certificate;
    tls = await startScriptedHttp({ tls: { cert, key, clientCa: cert } });
  });
  afterAll(async () => {
    await tls.stop();
    rmSync(folder, { recursive: true });
  });
  const post = (query: string): Promise<void> =>
    makePublisher(httpKind, `${tls.origin}/x?${query}`).publishSamples([makeSample()], signal);

  test("verifies by the given bundle, shows the certificate, its key in either place", async () => {
    const both = join(folder, "both.pem");
    writeFileSync(both, client.cert + client.key);
    const keys = `clientcert=${client.certFile}&clientkey=${client.keyFile}`;
    await post(`verify_ssl=${certificate.certFile}&${keys}`);
    await post(`verify_ssl=False&clientcert=${both}`);
    expect(tls.requests).toHaveLength(2);
    expect(tls.requests.map(({ query }) => `${query}`)).toEqual(["", ""]);
  });

  test("that does not verify holds, and names the options that settle it", async () => {
    const error = await storeErrorOf(
      post(`clientcert=${client.certFile}&clientkey=${client.keyFile}`),
    );
    expect(error.reaction).toBe("hold");
    expect(error.message).toContain("its certificate does not verify");
    expect(error.message).toContain("verify_ssl");
  });
});
