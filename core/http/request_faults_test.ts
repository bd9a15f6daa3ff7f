/**
 * Edge (net). The HTTP request against a server that ends its connection at any byte of an answer,
 * answers garbage, or answers when nobody waits any more.
 */
import { describe, expect, test } from "bun:test";
import { createServer, type Socket } from "node:net";
import { startScriptedHttp } from "../../testing/scripted_http.ts";
import { storeErrorOf } from "../../testing/writer_conformance.ts";
import type { Answer } from "./answer.ts";
import { sendRequest } from "./request.ts";

const farEnd = { name: "far end", tlsOptions: "none" };

function sendTo(url: string, timeoutMs = 5000): Promise<Answer> {
  const { signal } = new AbortController();
  const request = { method: "POST", url, body: "posted" } as const;
  return sendRequest(request, { farEnd, tls: undefined, timeoutMs, signal });
}

/** Answers every request with these bytes, and ends the connection behind them. */
async function withRawServer(
  bytes: string,
  use: (origin: string) => Promise<void>,
): Promise<void> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("data", () => socket.end(bytes));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  try {
    await use(`http://127.0.0.1:${port}/`);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

const ok = "HTTP/1.1 200 OK\r\n";
const plain = `${ok}Content-Length: 5\r\n\r\nhello`;
const chunked = `${ok}Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n`;

describe("a server", () => {
  test.each([plain, chunked])("that ends at any byte of %j has not answered", async (whole) => {
    // Behind the last chunk nothing is missed.
    const end = whole === chunked ? whole.length - 4 : whole.length;
    for (let at = 0; at < end; at++) {
      await withRawServer(whole.slice(0, at), async (url) => {
        const { reaction, message } = await storeErrorOf(sendTo(url));
        expect([at, reaction, message]).toEqual([
          at,
          "retry",
          "Cannot reach 'far end': connection closed before the answer was complete " +
          "(ECONNRESET), expected an answer",
        ]);
      });
    }
  });

  test.each([
    [plain, "hello"],
    [chunked, "hello"],
    [`${ok}\r\nuntil the end`, "until the end"],
    [`HTTP/1.1 100 Continue\r\n\r\n${plain}`, "hello"],
    ["HTTP/1.0 200 OK\r\n\r\nold", "old"],
  ])("that says %j has answered", async (bytes, text) => {
    await withRawServer(bytes, async (url) => {
      expect(await sendTo(url)).toMatchObject({ status: 200, text });
    });
  });

  test.each([
    ["HTTP/1.1 abc OK\r\n\r\n", "Malformed_HTTP_Response"],
    ["HTTP/2 200 OK\r\n\r\n", "Malformed_HTTP_Response"],
    [`${ok}no colon\r\n\r\n`, "Malformed_HTTP_Response"],
    [`${ok}Content-Length: x\r\n\r\n`, "InvalidContentLength"],
    [`${ok}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`, "InvalidContentLength"],
    [`${ok}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, "InvalidHTTPResponse"],
    ["HTTP/1.1 101 Switching Protocols\r\n\r\n", "UnrequestedUpgrade"],
  ])("that says %j is asked again", async (bytes, code) => {
    await withRawServer(bytes, async (url) => {
      const { reaction, message } = await storeErrorOf(sendTo(url));
      expect([reaction, message]).toEqual([
        "retry",
        `Cannot reach 'far end': the connection failed (${code}), expected an answer`,
      ]);
    });
  });

  test("that answers after the timeout does not answer the next request", async () => {
    const scripted = await startScriptedHttp({
      answers: [{ status: 200, body: "late", delayMs: 300 }, { status: 200, body: "next" }],
    });
    const late = await storeErrorOf(sendTo(scripted.origin, 100));
    expect(late.message).toContain("no answer in time");
    expect((await sendTo(scripted.origin)).text).toBe("next");
    await scripted.stop();
  });
});
