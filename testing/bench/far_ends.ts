/**
 * Edge (net, files). Where the pipeline benchmark's samples and events go, counted as cheaply as can
 * be: an HTTP server, a UDP port, lines of files. What the kernel drops at the port is counted too, so
 * that the sender's end can be told.
 */
import { createSocket } from "node:dgram";
import { existsSync, readFileSync, statSync } from "node:fs";
import { open } from "node:fs/promises";

/** Counts items that arrive. */
export interface Counted extends AsyncDisposable {
  /** So many have been sent here; rejects when it cannot be told. */
  count(): Promise<number>;
}

/** An HTTP server on loopback. */
export interface HttpCounted extends Counted {
  readonly url: string;
}

/** Counts how often `mark` stands in the bodies posted to it, once in every item. */
export function countHttp(mark: string): HttpCounted {
  let count = 0;
  const needle = Buffer.from(mark);
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: async (request) => {
      const body = Buffer.from(await request.arrayBuffer());
      count += occurrences(body, needle);
      return new Response();
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}/`,
    count: () => Promise.resolve(count),
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

/** Counts datagrams. */
export interface UdpCounted extends Counted {
  readonly port: number;
}

const receiveBytes = 8 * 1024 * 1024;

/** A UDP port on loopback. */
export async function countUdp(): Promise<UdpCounted> {
  let count = 0;
  const socket = createSocket({ type: "udp4", recvBufferSize: receiveBytes }, () => count++);
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(0, "127.0.0.1", resolve);
  });
  const { port } = socket.address();
  return {
    port,
    count: () => Promise.resolve(count + dropsOf(port)),
    [Symbol.asyncDispose]: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

/** Counts the lines of a file, reading only what was added since the last time. */
export function countLines(path: string): Counted {
  let count = 0;
  let at = 0;
  return {
    count: async () => {
      if (!existsSync(path) || statSync(path).size === at) return count;
      const file = await open(path);
      try {
        const chunk = Buffer.alloc(4 * 1024 * 1024);
        for (;;) {
          const { bytesRead } = await file.read(chunk, 0, chunk.length, at);
          if (bytesRead === 0) return count;
          count += occurrences(chunk.subarray(0, bytesRead), Buffer.from("\n"));
          at += bytesRead;
        }
      } finally {
        await file.close();
      }
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function occurrences(bytes: Buffer, needle: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(needle); at >= 0; at = bytes.indexOf(needle, at + needle.length)) {
    count++;
  }
  return count;
}

/** The last column of the port's row in /proc/net/udp. */
function dropsOf(port: number): number {
  const local = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const row = readFileSync("/proc/net/udp", "utf8").split("\n")
    .map((line) => line.trim().split(/\s+/))
    .find((fields) => fields[1]?.endsWith(local) === true);
  return Number(row?.at(-1) ?? 0);
}
