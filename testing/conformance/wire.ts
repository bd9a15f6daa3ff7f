/**
 * Edge (net). What a case's publishers send over the network: recorders for its placeholders, and what
 * they got compared with what the reference sent, by meaning.
 */
import type { Value } from "../../core/notifications/value.ts";
import { dumpValue } from "../../core/notifications/value_text.ts";
import type { TracedBroker } from "../amqp_recorder.ts";
import {
  type RecordedRequest,
  type Recorder,
  startHttpRecorder,
  startTcpRecorder,
  startUdpRecorder,
} from "../recorders.ts";
import { differenceOf, sameJson } from "./compare.ts";

/** One request as a case has it. */
export interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly type: string;
  readonly authorization?: string;
  readonly json?: unknown;
  readonly text?: string;
}

/** What a case expects on the network; a kind not listed got nothing. */
export interface WireExpectation {
  readonly wire?: {
    readonly http?: readonly WireRequest[];
    readonly udp?: readonly unknown[];
    readonly tcp?: readonly unknown[];
    readonly amqp?: readonly unknown[];
  };
  /** What reached `POST .../metrics`, arrays flattened. */
  readonly metrics?: readonly unknown[];
}

/** The recorders that a case's placeholders ask for. */
export interface Wire extends AsyncDisposable {
  /** Puts addresses in the place of placeholders. */
  fill(text: string): string;
  differences(expected: WireExpectation, anySignature: boolean): Promise<string[]>;
}

/** What was sent by a process that has ended may be read here a moment later. */
const lateMs = 2000;
const lookMs = 10;

/** Whether the text has a placeholder that only a broker can fill. */
export function namesBroker(text: string): boolean {
  return text.includes("{{AMQP}}");
}

/** Starts those that the text names; `broker` is asked for one that names it. */
export async function startWire(text: string, broker: () => Promise<TracedBroker>): Promise<Wire> {
  const http = text.includes("{{HTTP}}") ? await startHttpRecorder() : undefined;
  const udp = text.includes("{{UDP}}") ? await startUdpRecorder() : undefined;
  const tcp = text.includes("{{TCP}}") ? await startTcpRecorder() : undefined;
  const amqp = namesBroker(text) ? await (await broker()).record() : undefined;
  const recorders: readonly (readonly [string, Pick<Recorder<unknown>, "address"> | undefined])[] =
    [["HTTP", http], ["UDP", udp], ["TCP", tcp], ["AMQP", amqp]];
  return {
    fill: (given) =>
      recorders.reduce(
        (filled, [name, recorder]) => filled.replaceAll(`{{${name}}}`, recorder?.address ?? ""),
        given,
      ),
    async differences({ wire, metrics }, anySignature): Promise<string[]> {
      await awaitCount(udp?.records, wire?.udp?.length);
      await awaitCount(tcp?.records, wire?.tcp?.length);
      await amqp?.complete();
      const shown = (values: readonly Value[] = []): unknown[] =>
        values.map((value) => JSON.parse(dumpValue(value)) as unknown);
      const same = (a: unknown, b: unknown): boolean =>
        sameJson(cleaned(a, anySignature), cleaned(b, anySignature));
      if (metrics !== undefined) {
        return said("metrics", differenceOf(metrics, metricsOf(http?.records ?? []), sameJson));
      }
      if (wire === undefined) return [];
      return [
        ...said("udp", differenceOf(wire.udp ?? [], shown(udp?.records), same)),
        ...said("tcp", differenceOf(wire.tcp ?? [], shown(tcp?.records), same)),
        ...said("amqp", differenceOf(wire.amqp ?? [], amqp?.records ?? [], same)),
        ...said("http", httpDifference(wire.http ?? [], http?.records ?? [])),
      ];
    },
    async [Symbol.asyncDispose](): Promise<void> {
      amqp?.end();
      await Promise.all([http, udp, tcp].map((recorder) => recorder?.stop()));
    },
  };
}

async function awaitCount(records: readonly unknown[] = [], count = 0): Promise<void> {
  for (let waited = 0; records.length < count && waited < lateMs; waited += lookMs) {
    await Bun.sleep(lookMs);
  }
}

function said(what: string, difference: string | undefined): string[] {
  return difference === undefined ? [] : [`${what}: ${difference}`];
}

function metricsOf(requests: readonly RecordedRequest[]): unknown[] {
  return requests.filter(({ method, path }) => method === "POST" && /\/metrics$/.test(path))
    .flatMap(({ body }) => JSON.parse(body) as unknown);
}

/** Requests are in order per path. */
function httpDifference(
  expected: readonly WireRequest[],
  requests: readonly RecordedRequest[],
): string | undefined {
  const byPath = (list: readonly (WireRequest | RecordedRequest)[]): unknown[] =>
    list.map(meaningOf).map((meaning, i) => ({ meaning, i }))
      .sort((a, b) =>
        a.meaning.path < b.meaning.path ? -1 : a.meaning.path > b.meaning.path ? 1 : a.i - b.i
      )
      .map(({ meaning }) => meaning);
  return differenceOf(byPath(expected), byPath(requests), sameJson);
}

interface Meaning {
  readonly method: string;
  readonly path: string;
  readonly type: string | undefined;
  readonly authorization: string | undefined;
  readonly body: unknown;
}

function meaningOf(request: WireRequest | RecordedRequest): Meaning {
  const { method, path, type, authorization } = request;
  return {
    method,
    path: decodeURIComponent(path),
    type: type?.replace("plain/text", "text/plain").replace(/;.*/, ""),
    authorization,
    body: "body" in request ? bodyOf(request.body) : request.text?.split("\n").map(lineMeaning) ??
      request.json,
  };
}

function bodyOf(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return body.split("\n").map(lineMeaning);
  }
}

/** A line of Prometheus' text as name, labels and number. */
function lineMeaning(line: string): unknown {
  const [, name, labels, value] = /^([^{#]+)\{(.*)\} (\S+)$/.exec(line) ?? [];
  return name === undefined ? line : [name, labels, Number(value)];
}

/** Without what differs by nature: the sender's time limit, and signatures where any will do. */
function cleaned(value: unknown, anySignature: boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => cleaned(item, anySignature));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).filter(([key]) => key !== "client_timeout").map(([key, item]) => [
      key,
      anySignature && key === "message_signature" && /^[0-9a-f]{64}$/.test(String(item))
        ? "signature"
        : cleaned(item, anySignature),
    ]),
  );
}
