/**
 * Edge (net). What both InfluxDB writers need of one server: its name, its origin, requests with its
 * credentials, and an end. What is asked and what an answer means is theirs.
 */
import type { Clock } from "../clock.ts";
import { endpointName, hostPortText } from "../config/endpoint.ts";
import type { Influxdb2Endpoint, InfluxdbEndpoint } from "../config/endpoint.ts";
import type { Batch } from "../delivery/batch.ts";
import type { StoreError } from "../delivery/writer.ts";
import type { Answer } from "../http/answer.ts";
import { type HttpRequest, type RequestOptions, sendRequest } from "../http/request.ts";
import { readTls } from "../http/tls.ts";
import { asLines, lineRequest, usesGzip } from "./line_request.ts";
import { type ReactionRow, refusal } from "./reactions.ts";

/** What an InfluxDB writer is given besides its endpoint. */
export interface InfluxdbWriterDeps {
  readonly clock: Clock;
  /** How long one request may take; `writeTimeoutMs` if left out. */
  readonly timeoutMs?: number;
}

/** How long one request may take unless said otherwise; influxd itself gives up after 10 s. */
export const writeTimeoutMs = 30_000;

const nothingToSay: Answer = { status: 204, headers: new Headers(), text: "" };

/** One server, ready to be asked. */
export interface Connection {
  readonly name: string;
  /** Any status is an answer; rejects with a StoreError where the connection fails. */
  send(method: "GET" | "POST", path: string, request?: Body, signal?: AbortSignal): Promise<Answer>;
  /** The batch's bytes to a write path, gzipped where it pays; an empty batch asks nobody. */
  sendLines(path: string, batch: Batch, signal: AbortSignal): Promise<Answer>;
  /** Whether the server takes writes: one of nothing, judged by the dialect's table. */
  ping(path: string, table: readonly ReactionRow[], signal: AbortSignal): Promise<void>;
  /** What an answer amounts to: "Cannot <what>: <status> <words>". */
  refusal(table: readonly ReactionRow[], answer: Answer, what: string): StoreError;
  /** From now on every request is a defect. */
  close(): void;
}

type Body = Pick<HttpRequest, "headers" | "body"> & Pick<RequestOptions, "keptBytesMax">;

/** Reads the TLS files and sends nothing. Rejects with a ConfigError where one cannot be used. */
export async function openConnection(
  endpoint: InfluxdbEndpoint | Influxdb2Endpoint,
  deps: InfluxdbWriterDeps,
): Promise<Connection> {
  const name = endpointName(endpoint);
  const tls = await readTls(endpoint.tls);
  const origin = `${endpoint.tls === undefined ? "http" : "https"}://${hostPortText(endpoint)}`;
  const gzip = usesGzip(endpoint.gzip, endpoint.host);
  const timeoutMs = deps.timeoutMs ?? writeTimeoutMs;
  const farEnd = { name, tlsOptions: tlsOptionsOf(endpoint) };
  const authorization = authorizationOf(endpoint);
  const never = new AbortController().signal;
  let closed = false;

  const send: Connection["send"] = (method, path, request = {}, signal = never) => {
    if (closed) return Promise.reject(new Error(`'${name}' is closed`));
    const { keptBytesMax, ...asked } = request;
    const headers = { ...request.headers, ...authorization };
    return sendRequest(
      { ...asked, method, url: `${origin}${path}`, headers },
      { farEnd, tls, timeoutMs, signal, ...keptBytesMax === undefined ? {} : { keptBytesMax } },
    );
  };
  return {
    name,
    send,
    sendLines: async (path, batch, signal) => {
      if (batch.count === 0 && !closed) return nothingToSay;
      return await send("POST", path, lineRequest(asLines(batch), { gzip }), signal);
    },
    ping: async (path, table, signal) => {
      // Passes credentials, grants and routing, which /ping and /health do not. A missing database
      // will be made, and whoever refuses the data of a write is there to take one.
      const answer = await send("POST", path, {}, signal);
      if (answer.status === 204) return;
      const context = { what: `use '${name}'`, nowMs: deps.clock.now() };
      const failure = refusal(table, answer, context);
      if (failure.reaction !== "create" && failure.reaction !== "bisect") throw failure;
    },
    refusal: (table, answer, what) => refusal(table, answer, { what, nowMs: deps.clock.now() }),
    close: () => {
      closed = true;
    },
  };
}

/** What settles a certificate that does not verify. */
function tlsOptionsOf({ scheme, tls }: InfluxdbEndpoint | Influxdb2Endpoint): string {
  if (scheme === "influxdb2") return "[influxdb2] ca_file, ca= in a URL";
  const any = "[influxdb] ca_file (ca= in a URL), or verify_ssl = false to take any";
  return tls?.verifyGiven === false ? `${any}, which Monasca Persister does if it is unset` : any;
}

/** Credentials travel in a header: URLs end up in logs. */
function authorizationOf(
  endpoint: InfluxdbEndpoint | Influxdb2Endpoint,
): Readonly<Record<string, string>> {
  if (endpoint.scheme === "influxdb2") {
    return endpoint.token === undefined ? {} : { Authorization: `Token ${endpoint.token}` };
  }
  const { credentials } = endpoint;
  if (credentials === undefined) return {};
  const pair = Buffer.from(`${credentials.user}:${credentials.password}`, "utf8");
  return { Authorization: `Basic ${pair.toString("base64")}` };
}
