/**
 * Edge (net). The HTTP request against a scripted server, and the table of connection failures.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { StoreError } from "../delivery/writer.ts";
import { type ScriptedHttp, startScriptedHttp } from "../../testing/scripted_http.ts";
import { storeErrorOf } from "../../testing/writer_conformance.ts";
import { retryAfterMs } from "./answer.ts";
import { connectionFailure, failureRows } from "./failures.ts";
import { answerBytesMax, drainBytesMax, sendRequest } from "./request.ts";

const farEnd = { name: "influxdb://h:8086/mon", tlsOptions: "[influxdb] ca_file, verify_ssl" };

describe("a request", () => {
  let scripted: ScriptedHttp;
  beforeAll(async () => {
    scripted = await startScriptedHttp();
  });
  afterAll(() => scripted.stop());
  const send = (signal = new AbortController().signal, timeoutMs = 2000) =>
    sendRequest({ method: "POST", url: `${scripted.origin}/x?secret=1`, body: "body" }, {
      farEnd,
      tls: undefined,
      timeoutMs,
      signal,
    });

  test("gives any status as an answer, with its headers and its text", async () => {
    for (const status of [200, 204, 301, 404, 500]) {
      const body = status === 204 ? "" : "words";
      scripted.queue({ status, body, headers: { "Retry-After": "3", Location: "/elsewhere" } });
      const answer = await send();
      expect([answer.status, answer.text]).toEqual([status, body]);
      expect(retryAfterMs(answer.headers, 0)).toBe(3000);
    }
    expect(scripted.requests.map(({ path }) => path)).toEqual(Array(5).fill("/x"));
  });
  test("keeps the beginning of a long answer, and its connection", async () => {
    scripted.queue({ status: 400, body: "é".repeat(answerBytesMax) }, { status: 204 });
    expect((await send()).text.length).toBe(answerBytesMax / 2);
    await send();
    const [before, after] = scripted.requests.slice(-2);
    expect(after?.connection).toBe(before?.connection ?? -1);
  });
  test("does not read an answer without end", async () => {
    scripted.queue({ status: 500, body: "x".repeat(drainBytesMax * 4) });
    expect((await send()).text.length).toBe(answerBytesMax);
  });
  test("is given up at its timeout and when its signal aborts, before and while it waits", async () => {
    scripted.otherwise(() => "silence");
    const late = await storeErrorOf(send(undefined, 100));
    expect(late.message).toBe(
      "Cannot reach 'influxdb://h:8086/mon': no answer in time (TimeoutError), expected an answer",
    );
    for (const signal of [AbortSignal.abort(), AbortSignal.timeout(100)]) {
      expect((await storeErrorOf(send(signal))).reaction).toBe("retry");
    }
    scripted.otherwise(() => ({ status: 204 }));
    expect((await send()).status).toBe(204);
  });
  test("that fails never shows its URL", async () => {
    scripted.otherwise(() => "reset");
    const { message } = await storeErrorOf(send());
    expect(message).not.toContain("secret");
    scripted.otherwise(() => ({ status: 204 }));
  });
});

describe("the table of failures", () => {
  test.each(failureRows.flatMap((row) => row.codes.map((code) => [code, row] as const)))(
    "%s has one row, and its text names the far end and what is expected",
    (code, row) => {
      const named = Object.assign(new TypeError("https://u:secret@h/ failed"), { code });
      const failure = connectionFailure(named, farEnd);
      expect(failure).toBeInstanceOf(StoreError);
      expect(failure.reaction).toBe(row.reaction);
      expect(failure.message).toStartWith(
        `Cannot reach 'influxdb://h:8086/mon': ${row.why} (${code}), expected ${row.expected}`,
      );
      expect(failure.message.includes(farEnd.tlsOptions)).toBe(row.aboutCertificate === true);
      expect(failure.message).not.toContain("secret");
      expect(failure.cause).toBe(named);
      expect(failureRows.filter(({ codes }) => codes.includes(code))).toHaveLength(1);
    },
  );
  test("a failure that nobody knows is an outage", () => {
    for (const error of [new TypeError("x"), Object.assign(new Error(), { code: 5 }), "text"]) {
      expect(connectionFailure(error, farEnd).reaction).toBe("retry");
    }
  });
});
