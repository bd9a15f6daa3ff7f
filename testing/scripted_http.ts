/**
 * Edge (net). A scripted HTTP server for tests: answers as told, and does what no real server does on
 * demand (late, half and no answers, resets, idle connections closed). Whatever a real server gives
 * by itself is tested against the real one instead.
 */
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";

/** What came in. */
export interface ScriptedRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  readonly body: Uint8Array;
  /** The body as text, gunzipped where it says so. */
  readonly text: string;
  /** Number of the connection it came on, from 0: tells whether connections are reused. */
  readonly connection: number;
}

/** An answer as servers give it. */
export interface ScriptedReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Waits before the first byte. */
  readonly delayMs?: number;
  /** Closes the connection behind the answer without having announced it. */
  readonly close?: boolean;
}

/**
 * `reset`: RST instead of an answer; `close`: FIN instead of an answer; `half`: the connection ends in
 * the middle of the answer's body; `silence`: nothing, the connection stays open.
 */
export type ScriptedFault = "reset" | "close" | "half" | "silence";

/** One turn of the script. */
export type ScriptedAnswer = ScriptedReply | ScriptedFault;

/** A running scripted server. */
export interface ScriptedHttp {
  readonly port: number;
  /** `http://127.0.0.1:port` (https with TLS). */
  readonly origin: string;
  /** All requests so far, in the order they were complete. */
  readonly requests: ScriptedRequest[];
  /** Puts answers into the queue; when it is empty, `otherwise` answers. */
  queue(...answers: ScriptedAnswer[]): void;
  /** What answers when nothing is queued. */
  otherwise(answer: (request: ScriptedRequest) => ScriptedAnswer): void;
  /** Answers nothing until `thaw`; what came meanwhile is answered then. */
  freeze(): void;
  thaw(): void;
  /** Drops all open connections, as a server does with idle ones. */
  dropConnections(): void;
  /** Stops listening and drops all connections; the port stays known for `listen`. */
  stop(): Promise<void>;
  /** Listens again on the same port. */
  listen(): Promise<void>;
}

/** How the server answers, and whether it speaks TLS. */
export interface ScriptedHttpOptions {
  readonly answers?: readonly ScriptedAnswer[];
  readonly otherwise?: (request: ScriptedRequest) => ScriptedAnswer;
  /** With `clientCa`, only clients with a certificate of that CA are let in. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly clientCa?: string };
}

/** Starts the server on a free loopback port; without a script every request is answered with 204. */
export async function startScriptedHttp(options: ScriptedHttpOptions = {}): Promise<ScriptedHttp> {
  const requests: ScriptedRequest[] = [];
  const queued = [...options.answers ?? []];
  const sockets = new Set<Socket>();
  let otherwise = options.otherwise ?? ((): ScriptedAnswer => ({ status: 204 }));
  let connections = 0;
  let thawed: (() => void) | undefined;
  let frozen: Promise<void> = Promise.resolve();
  const serve = (socket: Socket): void => {
    const connection = connections++;
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
    let received: Buffer = Buffer.alloc(0);
    socket.on("data", (chunk: Buffer) => {
      const isTlsHello = received.length === 0 && chunk[0] === 0x16;
      if (isTlsHello) return void socket.end("HTTP/1.1 400 Bad Request\r\n\r\n");
      received = Buffer.concat([received, chunk]);
      for (;;) {
        const parsed = parseRequest(received, connection);
        if (parsed === undefined) return;
        received = received.subarray(parsed.length);
        requests.push(parsed.request);
        const answer = queued.shift() ?? otherwise(parsed.request);
        void frozen.then(() => reply(socket, answer));
      }
    });
  };
  const server: Server = options.tls === undefined
    ? createServer(serve)
    : createTlsServer(tlsOptionsOf(options.tls), serve);
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", resolve);
    });
  await listen(0);
  const port = portOf(server);
  const dropConnections = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port,
    origin: `${options.tls === undefined ? "http" : "https"}://127.0.0.1:${port}`,
    requests,
    queue: (...answers) => void queued.push(...answers),
    otherwise: (answer) => {
      otherwise = answer;
    },
    freeze: () => {
      frozen = new Promise((resolve) => {
        thawed = resolve;
      });
    },
    thaw: () => thawed?.(),
    dropConnections,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        dropConnections();
      }),
    listen: () => listen(port),
  };
}

function tlsOptionsOf(
  { cert, key, clientCa }: {
    readonly cert: string;
    readonly key: string;
    readonly clientCa?: string;
  },
): TlsOptions {
  if (clientCa === undefined) return { cert, key };
  return { cert, key, ca: clientCa, requestCert: true, rejectUnauthorized: true };
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function reply(socket: Socket, answer: ScriptedAnswer): Promise<void> {
  if (answer === "silence") return;
  if (answer === "reset") return void socket.resetAndDestroy();
  if (answer === "close") return void socket.end();
  if (answer === "half") {
    return void socket.end("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly the beg");
  }
  if (answer.delayMs !== undefined) await Bun.sleep(answer.delayMs);
  const body = Buffer.from(answer.body ?? "");
  const headers = { ...answer.headers };
  if (answer.status !== 204) headers["Content-Length"] = String(body.length);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const head = Buffer.from(`HTTP/1.1 ${answer.status} Scripted\r\n${lines}\r\n`);
  const bytes = Buffer.concat(answer.status === 204 ? [head] : [head, body]);
  if (answer.close) socket.end(bytes);
  else socket.write(bytes);
}

/** The first request in the bytes and its length, or undefined while it is not complete. */
function parseRequest(
  bytes: Buffer,
  connection: number,
): { readonly request: ScriptedRequest; readonly length: number } | undefined {
  const headEnd = bytes.indexOf("\r\n\r\n");
  if (headEnd < 0) return undefined;
  const [first = "", ...rest] = bytes.subarray(0, headEnd).toString("latin1").split("\r\n");
  const [method = "", target = "/"] = first.split(" ");
  const headers = new Headers(
    rest.map((line): [string, string] => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    }),
  );
  const found = headers.get("transfer-encoding") === "chunked"
    ? chunkedBody(bytes, headEnd + 4)
    : plainBody(bytes, headEnd + 4, Number(headers.get("content-length") ?? 0));
  if (found === undefined) return undefined;
  const { body, end } = found;
  const url = new URL(target, "http://scripted");
  const decoded = headers.get("content-encoding") === "gzip"
    ? Bun.gunzipSync(new Uint8Array(body))
    : body;
  const request = {
    method,
    path: url.pathname,
    query: url.searchParams,
    headers,
    body,
    text: new TextDecoder().decode(decoded),
    connection,
  };
  return { request, length: end };
}

type FoundBody = { readonly body: Uint8Array; readonly end: number } | undefined;

function plainBody(bytes: Buffer, start: number, length: number): FoundBody {
  const end = start + length;
  return bytes.length < end ? undefined : { body: bytes.subarray(start, end), end };
}

function chunkedBody(bytes: Buffer, start: number): FoundBody {
  const chunks: Buffer[] = [];
  for (let at = start;;) {
    const lineEnd = bytes.indexOf("\r\n", at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(bytes.subarray(at, lineEnd).toString("latin1"), 16);
    const end = lineEnd + 2 + size + 2;
    if (bytes.length < end) return undefined;
    if (size === 0) return { body: Buffer.concat(chunks), end };
    chunks.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = end;
  }
}
