/**
 * Edge (net). Far ends that take everything and write it down: HTTP (with Keystone's tokens), UDP
 * (one msgpack value per datagram) and TCP (frames of 8 length bytes, little-endian, and msgpack), as
 * the conformance cases want them. Faults on demand are scripted_http.ts's business, or `faults` here.
 */
import { createServer, type Server, type Socket } from "node:net";
import type { Value } from "../core/notifications/value.ts";
import { unpackMessage } from "./msgpack.ts";

/** What every recorder has. */
export interface Recorder<Record> {
  readonly port: number;
  /** `127.0.0.1:port`, for URLs. */
  readonly address: string;
  /** In the order of arrival. */
  readonly records: Record[];
  stop(): Promise<void>;
}

/** One request as the conformance cases show it. */
export interface RecordedRequest {
  readonly method: string;
  /** With the query, as it was sent. */
  readonly path: string;
  /** The media type as it was sent. */
  readonly type: string | undefined;
  readonly authorization: string | undefined;
  readonly headers: Headers;
  readonly body: string;
}

/** Answers 200, at `/status/NNN` that status, and `POST .../auth/tokens` as Keystone (not counted). */
export function startHttpRecorder(): Promise<Recorder<RecordedRequest>> {
  const records: RecordedRequest[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 0,
    async fetch(request, { port }): Promise<Response> {
      const path = request.url.replace(/^[a-z]+:\/\/[^/?]*/, "");
      const body = await request.text();
      if (request.method === "POST" && /\/auth\/tokens\/?$/.test(path)) {
        return tokenAnswer(port ?? 0);
      }
      records.push({
        method: request.method,
        path,
        type: request.headers.get("content-type") ?? undefined,
        authorization: request.headers.get("authorization") ?? undefined,
        headers: request.headers,
        body,
      });
      const status = /^\/status\/([1-9][0-9]{2})(?![0-9])/.exec(path)?.[1];
      return new Response(status === "204" ? null : "{}", { status: Number(status ?? 200) });
    },
  });
  const port = server.port ?? 0;
  return Promise.resolve({
    port,
    address: `127.0.0.1:${port}`,
    records,
    stop: () => server.stop(true),
  });
}

/** A token of Keystone v3 whose catalogue names this server for every service. */
function tokenAnswer(port: number): Response {
  const endpoints = ["public", "internal", "admin"].map((kind) => ({
    id: kind,
    interface: kind,
    region: "RegionOne",
    region_id: "RegionOne",
    url: `http://127.0.0.1:${port}`,
  }));
  const services = ["identity", "metric", "monitoring", "messaging"];
  const token = {
    methods: ["password"],
    expires_at: "2099-01-01T00:00:00.000000Z",
    issued_at: "2026-01-01T00:00:00.000000Z",
    user: { id: "user", name: "user", domain: { id: "default", name: "Default" } },
    project: { id: "project", name: "service", domain: { id: "default", name: "Default" } },
    roles: [{ id: "role", name: "admin" }],
    catalog: services.map((type) => ({ id: type, type, name: type, endpoints })),
  };
  return Response.json({ token }, {
    status: 201,
    headers: { "X-Subject-Token": "recorded-token" },
  });
}

/** Takes datagrams, each of them one msgpack value. */
export async function startUdpRecorder(hostname = "127.0.0.1"): Promise<Recorder<Value>> {
  const records: Value[] = [];
  const socket = await Bun.udpSocket({
    hostname,
    port: 0,
    socket: {
      data: (_, datagram) => void records.push(unpackMessage(new Uint8Array(datagram))),
    },
  });
  return {
    port: socket.port,
    address: `${hostname.includes(":") ? `[${hostname}]` : hostname}:${socket.port}`,
    records,
    stop: () => {
      socket.close();
      return Promise.resolve();
    },
  };
}

/** A TCP recorder, and what can be done to its clients. */
export interface TcpRecorder extends Recorder<Value> {
  /** Connections accepted so far. */
  readonly accepted: number;
  /** Bytes of frames that were not complete when their connection ended. */
  readonly tornBytes: number;
  /** Stops reading, as a far end that hangs does; `resume` reads on. */
  pause(): void;
  resume(): void;
  /** Ends all connections in order (FIN), or with a reset. */
  dropConnections(how: "end" | "reset"): void;
  /** Stops listening and drops all connections; `listen` takes the same port again. */
  away(): Promise<void>;
  listen(): Promise<void>;
}

/** Takes frames. */
export async function startTcpRecorder(): Promise<TcpRecorder> {
  const recorder = new FrameRecorder();
  await recorder.listen();
  return recorder;
}

class FrameRecorder implements TcpRecorder {
  readonly records: Value[] = [];
  accepted = 0;
  tornBytes = 0;
  port = 0;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  #isPaused = false;

  constructor() {
    this.#server = createServer((socket) => this.#accept(socket));
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(this.port, "127.0.0.1", resolve);
    });
    const address = this.#server.address();
    this.port = typeof address === "object" && address !== null ? address.port : this.port;
  }

  pause(): void {
    this.#isPaused = true;
    for (const socket of this.#sockets) socket.pause();
  }

  resume(): void {
    this.#isPaused = false;
    for (const socket of this.#sockets) socket.resume();
  }

  dropConnections(how: "end" | "reset"): void {
    for (const socket of this.#sockets) {
      if (how === "end") socket.end();
      else socket.resetAndDestroy();
    }
  }

  away(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      for (const socket of this.#sockets) socket.destroy();
    });
  }

  stop(): Promise<void> {
    return this.away();
  }

  #accept(socket: Socket): void {
    this.accepted++;
    this.#sockets.add(socket);
    let received: Buffer = Buffer.alloc(0);
    socket.on("data", (chunk: Buffer) => {
      received = this.#takeFrames(Buffer.concat([received, chunk]));
    });
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      this.tornBytes += received.length;
      this.#sockets.delete(socket);
    });
    if (this.#isPaused) socket.pause();
  }

  /** Returns what is left of the bytes. */
  #takeFrames(bytes: Buffer): Buffer {
    let at = 0;
    while (at + 8 <= bytes.length) {
      const end = at + 8 + Number(bytes.readBigUInt64LE(at));
      if (end > bytes.length) break;
      this.records.push(unpackMessage(new Uint8Array(bytes.subarray(at + 8, end))));
      at = end;
    }
    return bytes.subarray(at);
  }
}
