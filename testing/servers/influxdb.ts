/**
 * Edge (processes, files, net). A real InfluxDB 1.x (Debian's influxd) on free loopback ports, that can
 * be stopped, killed, frozen and started again on the same ports and data.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Certificate, selfSignedCertificate } from "./certificate.ts";
import { findProgram, freePort, type Restartable, startRestartable, tempFolder } from "./server.ts";

/** What differs from influxd's defaults. */
export interface InfluxdbOptions {
  /** Users count; the first one made is to be an admin. */
  readonly auth?: boolean;
  /** Bytes, compressed. */
  readonly maxBodySize?: number;
  readonly maxSeriesPerDatabase?: number;
  readonly maxValuesPerTag?: number;
  /** A certificate that nothing trusts; its files are in `certificate`. */
  readonly https?: boolean;
  /** More lines for the configuration's [http] section. */
  readonly http?: readonly string[];
  /** Credentials that `query` sends, for a server with `auth`. */
  readonly admin?: { readonly user: string; readonly password: string };
}

/** A running InfluxDB 1.x. */
export interface Influxdb extends Restartable {
  readonly host: string;
  readonly port: number;
  readonly origin: string;
  readonly certificate: Certificate | undefined;
  /** The rows of the first series of a query, timestamps in ms; [] where there is none. */
  query(q: string, db?: string): Promise<readonly Row[]>;
  /** All series of a query with GROUP BY *, timestamps in ms. */
  queryAll(q: string, db: string): Promise<readonly SeriesRows[]>;
  /** Stops and removes everything. Safe to call twice. */
  remove(): Promise<void>;
}

/** One row of a query, values by column. */
export type Row = Readonly<Record<string, unknown>>;

/** One series of a query: its tags, and its rows as they came, time first. */
export interface SeriesRows {
  readonly tags: Readonly<Record<string, string>>;
  readonly values: readonly (readonly unknown[])[];
}

/** Why there is no InfluxDB 1.x here, or undefined. */
export function influxdbMissing(): string | undefined {
  if (findProgram("influxd", "/usr/bin/influxd") !== undefined) return undefined;
  return "influxd is not installed (Debian package influxdb)";
}

/** Starts one with empty data; ready when it answers /ping. */
export async function startInfluxdb(options: InfluxdbOptions = {}): Promise<Influxdb> {
  const program = findProgram("influxd", "/usr/bin/influxd");
  if (program === undefined) throw new Error(influxdbMissing());
  const folder = await tempFolder("influxdb");
  const [port, rpcPort] = [await freePort(), await freePort()];
  const certificate = options.https ? await selfSignedCertificate(folder.path) : undefined;
  const configFile = join(folder.path, "influxdb.conf");
  await writeFile(
    configFile,
    configText(options, { folder: folder.path, port, rpcPort, certificate }),
  );
  const origin = `${options.https ? "https" : "http"}://127.0.0.1:${port}`;
  const tls = certificate === undefined ? {} : { tls: { ca: certificate.cert } };
  const server = await startRestartable({
    name: "influxd",
    argv: [program, "run", "-config", configFile],
    cwd: folder.path,
    ready: async () => (await fetch(`${origin}/ping`, tls)).status === 204,
  });
  const ask = async (q: string, db: string): Promise<readonly AnsweredSeries[]> => {
    const { user = "", password = "" } = options.admin ?? {};
    const headers = { Authorization: `Basic ${btoa(`${user}:${password}`)}` };
    const body = new URLSearchParams({ q, db, epoch: "ms" });
    const response = await fetch(`${origin}/query`, {
      method: "POST",
      body,
      ...(options.admin === undefined ? {} : { headers }),
      ...tls,
    });
    return seriesOf(q, await response.json());
  };
  return {
    host: "127.0.0.1",
    port,
    origin,
    certificate,
    query: async (q, db = "") => rowsOf(await ask(q, db)),
    queryAll: async (q, db) =>
      (await ask(q, db)).map(({ tags = {}, values = [] }) => ({ tags, values })),
    ...server,
    remove: async () => {
      await server.kill();
      await folder.remove();
    },
  };
}

interface Places {
  readonly folder: string;
  readonly port: number;
  readonly rpcPort: number;
  readonly certificate: Certificate | undefined;
}

function configText(options: InfluxdbOptions, places: Places): string {
  const { folder, port, rpcPort, certificate } = places;
  const quoted = (path: string): string => JSON.stringify(join(folder, path));
  return [
    "reporting-disabled = true",
    `bind-address = "127.0.0.1:${rpcPort}"`,
    "[meta]",
    `dir = ${quoted("meta")}`,
    "[data]",
    `dir = ${quoted("data")}`,
    `wal-dir = ${quoted("wal")}`,
    "query-log-enabled = false",
    ...optional("max-series-per-database", options.maxSeriesPerDatabase),
    ...optional("max-values-per-tag", options.maxValuesPerTag),
    "[monitor]",
    "store-enabled = false",
    "[http]",
    `bind-address = "127.0.0.1:${port}"`,
    "log-enabled = false",
    ...optional("auth-enabled", options.auth),
    ...optional("max-body-size", options.maxBodySize),
    ...(certificate === undefined ? [] : [
      "https-enabled = true",
      `https-certificate = ${JSON.stringify(certificate.certFile)}`,
      `https-private-key = ${JSON.stringify(certificate.keyFile)}`,
    ]),
    ...options.http ?? [],
    "",
  ].join("\n");
}

function optional(key: string, value: number | boolean | undefined): readonly string[] {
  return value === undefined ? [] : [`${key} = ${value}`];
}

interface AnsweredSeries {
  readonly tags?: Readonly<Record<string, string>>;
  readonly columns: readonly string[];
  readonly values?: readonly (readonly unknown[])[];
}

interface QueryAnswer {
  readonly error?: string;
  readonly results?: readonly {
    readonly error?: string;
    readonly series?: readonly AnsweredSeries[];
  }[];
}

function seriesOf(q: string, answer: unknown): readonly AnsweredSeries[] {
  const { error, results = [] } = answer as QueryAnswer;
  const failure = error ?? results.find((result) => result.error !== undefined)?.error;
  if (failure !== undefined) throw new Error(`${q}: ${failure}`);
  return results[0]?.series ?? [];
}

function rowsOf([first]: readonly AnsweredSeries[]): readonly Row[] {
  return (first?.values ?? []).map((values) =>
    Object.fromEntries((first?.columns ?? []).map((column, i) => [column, values[i]]))
  );
}
