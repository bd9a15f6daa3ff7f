/**
 * Edge (net). How far ends are looked at, with servers of the test's own: a bound on looks at once, the
 * same one once, what statuses and certificates mean, and never a request that could change something.
 */
import { describe, expect, test } from "bun:test";
import { systemClock } from "../clock.ts";
import { selfSignedCertificate } from "../../testing/servers/certificate.ts";
import { tempFolder } from "../../testing/servers/server.ts";
import type { FarEnd, HttpFarEnd } from "./far_end.ts";
import { lookAtAll } from "./look.ts";

const options = { clock: systemClock, timeoutMs: 10_000 };

function http(url: string, more: Partial<HttpFarEnd> = {}): HttpFarEnd {
  return { kind: "http", name: url.replace(/\?.*/, ""), url, headers: {}, tls: undefined, ...more };
}

async function rulesOf(farEnds: readonly FarEnd[]): Promise<readonly string[]> {
  const remarks = await lookAtAll(farEnds, options);
  return remarks.map((each) => each.map(({ rule }) => rule).join(" "));
}

describe("looking", () => {
  test("has a bound on what is under way, asks the same once, and answers in order", async () => {
    let [now, most, asked] = [0, 0, 0];
    await using server = Bun.serve({
      port: 0,
      async fetch(request): Promise<Response> {
        asked++;
        most = Math.max(most, ++now);
        await Bun.sleep(20);
        now--;
        return new Response(null, { status: request.url.endsWith("/5") ? 503 : 200 });
      },
    });
    const urls = Array.from({ length: 20 }, (_, i) => `${server.url}${i}`);
    const rules = await rulesOf([...urls, ...urls].map((url) => http(url)));
    expect(rules.flatMap((rule, i) => rule === "" ? [] : [`${i} ${rule}`])).toEqual([
      "5 online/odd-answer",
      "25 online/odd-answer",
    ]);
    expect(asked).toBe(20);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(8);
  });

  test("gives up after the time limit, whatever the client does", async () => {
    using silent = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => {} } });
    const brokers = [{ host: "127.0.0.1", port: silent.port }];
    const security = { tls: undefined, sasl: undefined };
    const kafka = { kind: "kafka", brokers, security, topics: ["t"], anyTopic: false } as const;
    const [remarks] = await lookAtAll([kafka], { ...options, timeoutMs: 100 });
    expect(remarks?.map(({ rule, text }) => [rule, text])).toEqual([[
      "online/unreachable",
      `Cannot reach 'kafka://127.0.0.1:${silent.port}': no answer within 0.1 s, expected one, or ` +
      "a longer --timeout",
    ]]);
  });
});

describe("a server that is posted to", () => {
  test("is reached whatever it thinks of HEAD, and says who it does not let in", async () => {
    const methods = new Set<string>();
    await using server = Bun.serve({
      port: 0,
      fetch(request): Response {
        methods.add(request.method);
        return new Response(null, { status: Number(new URL(request.url).pathname.slice(1)) });
      },
    });
    const statuses = [200, 301, 400, 404, 405, 501, 401, 403, 500, 502];
    expect(await rulesOf(statuses.map((status) => http(`${server.url}${status}`)))).toEqual([
      ...Array.from({ length: 6 }, () => ""),
      "online/authentication",
      "online/permission",
      "online/odd-answer",
      "online/odd-answer",
    ]);
    expect([...methods]).toEqual(["HEAD"]);
  });

  test("has a certificate that verifies, or not", async () => {
    await using folder = await tempFolder("online");
    const certificate = await selfSignedCertificate(folder.path);
    await using server = Bun.serve({
      port: 0,
      tls: { cert: certificate.cert, key: certificate.key },
      fetch: () => new Response("ok"),
    });
    const url = `https://127.0.0.1:${server.port}/`;
    expect(
      await rulesOf([
        http(url, { tls: { rejectUnauthorized: true } }),
        http(url, { tls: { rejectUnauthorized: true, ca: certificate.cert } }),
        http(url, { tls: { rejectUnauthorized: false } }),
      ]),
    ).toEqual(["online/tls", "", ""]);
  });
});

test("ports take a connection or not, names resolve or not", async () => {
  using open = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => {} } });
  expect(
    await rulesOf([
      { kind: "tcp", host: "127.0.0.1", port: open.port },
      { kind: "tcp", host: "127.0.0.1", port: 1 },
      { kind: "udp", host: "localhost", port: 4952 },
      { kind: "udp", host: "nowhere.invalid", port: 4952 },
    ]),
  ).toEqual(["", "online/unreachable", "", "online/unreachable"]);
});
