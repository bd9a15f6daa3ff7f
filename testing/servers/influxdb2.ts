/**
 * Edge (processes, net). A real InfluxDB 2.7, where `TPCTL_INFLUXD2` names the binary: no package
 * registry has one ready-made and building it takes some ten CPU-minutes, so it is optional. Without
 * it the same tests play its recorded answers.
 */
import { join } from "node:path";
import { findProgram, freePort, type Restartable, startRestartable, tempFolder } from "./server.ts";

/** A running InfluxDB 2.x. */
export interface Influxdb2 extends Restartable {
  readonly host: string;
  readonly port: number;
  readonly origin: string;
  readonly org: string;
  readonly orgId: string;
  /** An operator token: may do everything. */
  readonly token: string;
  /** Asks the API with the operator token; the answer's JSON. */
  api(method: string, path: string, body?: unknown): Promise<unknown>;
  /** InfluxQL against a bucket: rows of the first series, timestamps in ms. */
  query(q: string, bucket: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** A token that may only do this, with the given buckets of the organization. */
  tokenFor(action: "read" | "write", bucketId: string): Promise<string>;
  bucketId(name: string): Promise<string>;
  /** Stops and removes everything. Safe to call twice. */
  remove(): Promise<void>;
}

/** Why there is no InfluxDB 2.x here, or undefined. */
export function influxdb2Missing(): string | undefined {
  const named = process.env.TPCTL_INFLUXD2 ?? "";
  if (named === "") return "TPCTL_INFLUXD2 names no influxd 2.x binary (optional)";
  return findProgram(named) === undefined ? `TPCTL_INFLUXD2: no program '${named}'` : undefined;
}

/** Starts one with organization "tp" and bucket "b"; ready when /health says so. */
export async function startInfluxdb2(): Promise<Influxdb2> {
  const program = findProgram(process.env.TPCTL_INFLUXD2 ?? "");
  if (program === undefined) throw new Error(influxdb2Missing());
  const folder = await tempFolder("influxdb2");
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const server = await startRestartable({
    name: "influxd 2",
    argv: [
      program,
      `--bolt-path=${join(folder.path, "bolt")}`,
      `--sqlite-path=${join(folder.path, "sqlite")}`,
      `--engine-path=${join(folder.path, "engine")}`,
      `--http-bind-address=127.0.0.1:${port}`,
      "--reporting-disabled",
      "--log-level=warn",
    ],
    cwd: folder.path,
    ready: async () => (await fetch(`${origin}/health`)).ok,
  });
  const token = "operator-token";
  const api: Influxdb2["api"] = (method, path, body) =>
    askApi(origin, { method, path, body, token });
  const setup = { username: "admin", password: "passw0rd1", org: "tp", bucket: "b", token };
  const made = await api("POST", "/api/v2/setup", setup) as { readonly org: { id: string } };
  const orgId = made.org.id;
  return {
    host: "127.0.0.1",
    port,
    origin,
    org: "tp",
    orgId,
    token,
    api,
    query: async (q, bucket) => rowsOf(await api("GET", queryPath(q, bucket))),
    tokenFor: async (action, bucketId) => {
      const permissions = [{ action, resource: { type: "buckets", id: bucketId } }];
      const answer = await api("POST", "/api/v2/authorizations", { orgID: orgId, permissions });
      return (answer as { readonly token: string }).token;
    },
    bucketId: async (name) => {
      const path = `/api/v2/buckets?${new URLSearchParams({ org: "tp", name })}`;
      const answer = await api("GET", path) as { readonly buckets: readonly { id: string }[] };
      return answer.buckets[0]?.id ?? "";
    },
    ...server,
    remove: async () => {
      await server.kill();
      await folder.remove();
    },
  };
}

async function askApi(origin: string, question: {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  readonly token: string;
}): Promise<unknown> {
  const { method, path, body, token } = question;
  const response = await fetch(`${origin}${path}`, {
    method,
    headers: { Authorization: `Token ${token}` },
    body: body === undefined ? null : JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text === "" ? undefined : JSON.parse(text);
}

function queryPath(q: string, db: string): string {
  return `/query?${new URLSearchParams({ q, db, epoch: "ms" })}`;
}

function rowsOf(answer: unknown): readonly Readonly<Record<string, unknown>>[] {
  const { results } = answer as {
    readonly results: readonly {
      readonly series?: readonly {
        readonly columns: readonly string[];
        readonly values: readonly (readonly unknown[])[];
      }[];
    }[];
  };
  const series = results[0]?.series?.[0];
  return (series?.values ?? []).map((values) =>
    Object.fromEntries((series?.columns ?? []).map((column, i) => [column, values[i]]))
  );
}
