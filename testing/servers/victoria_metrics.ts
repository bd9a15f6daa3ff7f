/**
 * Edge (processes, net). A real VictoriaMetrics (Debian's) as a second server that takes /write and
 * /api/v2/write. It validates almost nothing and turns strings into 0: of use for "it arrived", not
 * for what a server refuses.
 */
import { join } from "node:path";
import { findProgram, freePort, startServer, tempFolder } from "./server.ts";

/** One exported series. */
export interface StoredSeries {
  /** `<measurement>_<field>`, tags as labels, `db` where the write named one. */
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly number[];
  /** ms. */
  readonly timestamps: readonly number[];
}

/** A running VictoriaMetrics. */
export interface VictoriaMetrics {
  readonly host: string;
  readonly port: number;
  readonly origin: string;
  /**
   * Everything stored whose series match (`{__name__=~"cpu.*"}`), flushed first. What was written a
   * moment ago shows up within about a second: asks until there are `seriesMin`, for at most 10 s.
   */
  exported(match: string, seriesMin: number): Promise<readonly StoredSeries[]>;
  /** Lines that it could not read since its start; it answers 204 to them as well. */
  invalidRows(): Promise<number>;
  freeze(): void;
  thaw(): void;
  /** Stops and removes everything. Safe to call twice. */
  remove(): Promise<void>;
}

/** Why there is no VictoriaMetrics here, or undefined. */
export function victoriaMetricsMissing(): string | undefined {
  if (findProgram("victoria-metrics") !== undefined) return undefined;
  return "victoria-metrics is not installed (Debian package victoria-metrics)";
}

/** Starts one with empty data; ready when /health says so. */
export async function startVictoriaMetrics(): Promise<VictoriaMetrics> {
  const program = findProgram("victoria-metrics");
  if (program === undefined) throw new Error(victoriaMetricsMissing());
  const folder = await tempFolder("victoria-metrics");
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const server = await startServer({
    name: "victoria-metrics",
    argv: [
      program,
      `-httpListenAddr=127.0.0.1:${port}`,
      `-storageDataPath=${join(folder.path, "data")}`,
      "-retentionPeriod=100y",
      "-search.latencyOffset=0s",
      "-search.disableCache",
    ],
    cwd: folder.path,
    ready: async () => (await fetch(`${origin}/health`)).ok,
  });
  return {
    host: "127.0.0.1",
    port,
    origin,
    exported: async (match, seriesMin) => {
      const query = new URLSearchParams({ "match[]": match });
      for (let attempt = 1;; attempt++) {
        await fetch(`${origin}/internal/force_flush`);
        const text = await (await fetch(`${origin}/api/v1/export?${query}`)).text();
        const series = text.split("\n").filter((line) => line !== "").map(parseSeries);
        if (series.length >= seriesMin || attempt >= 100) return series;
        await Bun.sleep(100);
      }
    },
    invalidRows: async () => {
      const text = await (await fetch(`${origin}/metrics`)).text();
      return Number(/^vm_rows_invalid_total\{type="influx"\} (\d+)$/m.exec(text)?.[1] ?? NaN);
    },
    freeze: () => server.signal("SIGSTOP"),
    thaw: () => server.signal("SIGCONT"),
    remove: async () => {
      await server.kill();
      await folder.remove();
    },
  };
}

function parseSeries(line: string): StoredSeries {
  return JSON.parse(line) as StoredSeries;
}
