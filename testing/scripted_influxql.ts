/**
 * Edge (net). A scripted store with one measurement, `cpu`, that answers InfluxQL as InfluxDB does: bounds of
 * time, order, LIMIT and OFFSET. Whoever asks without an end is refused.
 */
import { type ScriptedHttp, type ScriptedRequest, startScriptedHttp } from "./scripted_http.ts";

/** A point: its time in ns, its tag, its one field. */
export interface ScriptedRow {
  readonly time: bigint;
  readonly host: string;
  readonly note: string;
}

const requestsMax = 400;

/** Starts; `stop` ends it. */
export async function startScriptedInfluxql(rows: readonly ScriptedRow[]): Promise<ScriptedHttp> {
  const server: ScriptedHttp = await startScriptedHttp({
    otherwise: (request) =>
      server.requests.length > requestsMax
        ? { status: 500, body: "asked for ever" }
        : { status: 200, body: answerTo(request, rows) },
  });
  return server;
}

function answerTo({ query }: ScriptedRequest, rows: readonly ScriptedRow[]): string {
  const q = query.get("q") ?? "";
  const found = q === "SHOW TAG KEYS"
    ? { name: "cpu", columns: ["tagKey"], values: [["host"]] }
    : q === "SHOW MEASUREMENTS"
    ? { name: "measurements", columns: ["name"], values: [["cpu"]] }
    : { name: "cpu", columns: ["time", "host", "note"], values: selected(q, rows) };
  const text = JSON.stringify({ results: [{ statement_id: 0, series: [found] }] });
  return text.replaceAll(/"(\d+)n"/g, "$1");
}

function selected(q: string, rows: readonly ScriptedRow[]): string[][] {
  const number = (pattern: RegExp): string | undefined => pattern.exec(q)?.[1];
  const from = BigInt(number(/time >= (\d+)/) ?? 0);
  const until = BigInt(number(/time <= (\d+)/) ?? 2n ** 63n);
  const offset = Number(number(/OFFSET (\d+)/) ?? 0);
  const limit = Number(number(/LIMIT (\d+)/) ?? Infinity);
  const way = q.includes("DESC") ? -1 : 1;
  const inTime = rows.filter(({ time }) => time >= from && time <= until)
    .toSorted((a, b) => way * Number(a.time - b.time));
  return inTime.slice(offset, offset + limit)
    .map(({ time, host, note }) => [`${time}n`, host, note]);
}
