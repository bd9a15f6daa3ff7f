/**
 * Edge (processes, net). A real OpenTelemetry collector, where `TPCTL_OTELCOL` names the binary: no
 * registry has one ready-made and building it takes some three CPU-minutes, so it is optional (README,
 * "Developing"). It exports what it has read as JSON to a recorder, at once, and answers by how the
 * recorder answered. Without it a replay stands in, which gives the answers that it was seen to give.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type OtlpPoint, readMetricsRequest } from "../otlp_request.ts";
import { type ScriptedReply, type ScriptedRequest, startScriptedHttp } from "../scripted_http.ts";
import { findProgram, freePort, type Restartable, startRestartable, tempFolder } from "./server.ts";

/** A running collector, or its replay. */
export interface OtelCollector extends Restartable {
  readonly port: number;
  /** Every data point that it has exported, in order. */
  points(): readonly OtlpPoint[];
  /** What its own far end answers; 200 until something else is said. */
  answer(status: number): void;
  forget(): void;
  /** Stops and removes everything. Safe to call twice. */
  remove(): Promise<void>;
}

const metricsPath = "/v1/metrics";

/** Why the real one is not here, or undefined. */
export function otelCollectorMissing(): string | undefined {
  const named = process.env.TPCTL_OTELCOL ?? "";
  if (named === "") return "TPCTL_OTELCOL names no collector (optional)";
  return findProgram(named) === undefined ? `TPCTL_OTELCOL: no program '${named}'` : undefined;
}

/** The real one where there is one, else the replay. */
export function startOtelCollector(): Promise<OtelCollector> {
  const program = findProgram(process.env.TPCTL_OTELCOL ?? "");
  return program === undefined ? startReplay() : startReal(program);
}

async function startReal(program: string): Promise<OtelCollector> {
  const folder = await tempFolder("otel-collector");
  const port = await freePort();
  let status = 200;
  const recorder = await startScriptedHttp({ otherwise: () => ({ status, body: "{}" }) });
  const configFile = join(folder.path, "collector.yaml");
  await writeFile(configFile, JSON.stringify(configurationOf(port, recorder.origin)));
  const server = await startRestartable({
    name: "OpenTelemetry collector",
    argv: [program, "--config", configFile],
    cwd: folder.path,
    ready: async () => (await fetch(`http://127.0.0.1:${port}${metricsPath}`)).status === 405,
  });
  return {
    port,
    points: () => pointsOf(recorder.requests),
    answer: (given) => void (status = given),
    forget: () => void recorder.requests.splice(0),
    ...server,
    remove: async () => {
      await server.kill();
      await recorder.stop();
      await folder.remove();
    },
  };
}

/** Without a queue and retries of its own, so that its answer is what became of the data. */
function configurationOf(port: number, exportTo: string): unknown {
  const endpoint = `127.0.0.1:${port}`;
  return {
    receivers: { otlp: { protocols: { http: { endpoint } } } },
    exporters: {
      otlp_http: {
        endpoint: exportTo,
        encoding: "json",
        sending_queue: { enabled: false },
        retry_on_failure: { enabled: false },
      },
    },
    service: {
      telemetry: { metrics: { level: "none" } },
      pipelines: { metrics: { receivers: ["otlp"], exporters: ["otlp_http"] } },
    },
  };
}

/** The answers of 0.150.0, by what its far end answered. */
const answers: Readonly<Record<number, string>> = {
  200: '{"partialSuccess":{}}',
  400: refusal(3, "Permanent error: rpc error: code = InvalidArgument desc = error exporting", 400),
  401: refusal(
    16,
    "Permanent error: rpc error: code = Unauthenticated desc = error exporting",
    401,
  ),
  429: refusal(8, "error exporting", 429),
  500: refusal(2, "Permanent error: rpc error: code = Unknown desc = error exporting", 500),
  503: refusal(14, "error exporting", 503),
};

function refusal(code: number, words: string, status: number): string {
  const where = "request to http://127.0.0.1:4319/v1/metrics responded with HTTP Status Code";
  return JSON.stringify({ code, message: `${words} items, ${where} ${status}` });
}

async function startReplay(): Promise<OtelCollector> {
  let status = 200;
  const replay = await startScriptedHttp({ otherwise: (request) => reply(request, status) });
  return {
    port: replay.port,
    points: () => pointsOf(replay.requests.filter(({ path }) => path === metricsPath)),
    answer: (given) => void (status = given),
    forget: () => void replay.requests.splice(0),
    stop: () => replay.stop(),
    kill: () => replay.stop(),
    start: () => replay.listen(),
    freeze: () => replay.freeze(),
    thaw: () => replay.thaw(),
    remove: () => replay.stop(),
  };
}

function reply({ method, path, headers, text }: ScriptedRequest, status: number): ScriptedReply {
  const plain = { "Content-Type": "text/plain" };
  if (path !== metricsPath) return { status: 404, headers: plain, body: "404 page not found\n" };
  if (method !== "POST") return { status: 405, headers: plain, body: "405 method not allowed" };
  if (headers.get("content-type") !== "application/json") {
    return { status: 415, headers: plain, body: "415 unsupported media type" };
  }
  const json = { "Content-Type": "application/json" };
  try {
    readMetricsRequest(text);
  } catch (error) {
    return { status: 400, headers: json, body: JSON.stringify({ code: 3, message: `${error}` }) };
  }
  return { status, headers: json, body: answers[status] ?? "" };
}

function pointsOf(requests: readonly ScriptedRequest[]): OtlpPoint[] {
  return requests.flatMap(({ text }) => readMetricsRequest(text));
}
