/**
 * Edge (processes, files, net). A real Gnocchi (Debian's API in uwsgi, on PostgreSQL and files) on
 * free loopback ports, with basic or Keystone's authentication; the API can be stopped, killed, frozen
 * and started again on the same port and data. Measures are computed when they are read.
 */
import { chown, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Keystone } from "./keystone.ts";
import {
  findProgram,
  freePort,
  type Restartable,
  type ServerProcess,
  startRestartable,
  startServer,
  tempFolder,
} from "./server.ts";

/** How callers prove who they are; left out: by name alone (`basic`). */
export interface GnocchiOptions {
  /** A Keystone with a user `gnocchi`, password `gnocchipw`, that has `admin` on `service`. */
  readonly keystone?: Keystone;
}

/** A running Gnocchi. */
export interface Gnocchi extends Restartable {
  readonly port: number;
  readonly url: string;
  /** Any request, as admin in basic mode or with the token given; the answer's JSON, or its status. */
  request(method: string, path: string, options?: GnocchiRequest): Promise<GnocchiAnswer>;
  /** Kills and removes everything. Safe to call twice. */
  remove(): Promise<void>;
}

/** What goes with a request. */
export interface GnocchiRequest {
  readonly body?: unknown;
  /** In Keystone mode. */
  readonly token?: string;
}

/** An answer; `json` is undefined where the body is empty. */
export interface GnocchiAnswer {
  readonly status: number;
  readonly json: unknown;
}

const postgresFolder = "/usr/lib/postgresql/15/bin";
const pasteFile = "/usr/share/gnocchi-common/api-paste.ini";

/** Why there is no Gnocchi here, or undefined. */
export function gnocchiMissing(): string | undefined {
  const needed: Readonly<Record<string, string>> = {
    [join(postgresFolder, "postgres")]: "postgresql-15",
    "/usr/bin/gnocchi-upgrade": "gnocchi-api",
    [pasteFile]: "gnocchi-common",
    "/usr/bin/uwsgi": "uwsgi-core",
    "/usr/lib/uwsgi/plugins/python3_plugin.so": "uwsgi-plugin-python3",
    "/usr/bin/setpriv": "util-linux",
  };
  const absent = Object.keys(needed).find((path) => findProgram(path) === undefined);
  return absent === undefined
    ? undefined
    : `${absent} is not installed (Debian package ${needed[absent]})`;
}

/** Starts one without resource types and archive policies but Gnocchi's own (5 to 15 s). */
export async function startGnocchi(options: GnocchiOptions = {}): Promise<Gnocchi> {
  const missing = gnocchiMissing();
  if (missing !== undefined) throw new Error(missing);
  const folder = await tempFolder("gnocchi");
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const postgres = await startPostgres(folder.path);
  const configFile = join(folder.path, "gnocchi.conf");
  const removeRest = async (): Promise<void> => {
    postgres.signal("SIGQUIT");
    await postgres.stop();
    await folder.remove();
  };
  let api: Restartable;
  try {
    await writeConfiguration(folder.path, { postgresPort: postgres.port, options });
    await run("/usr/bin/timeout", "60", "gnocchi-upgrade", "--config-file", configFile);
    api = await startRestartable({
      name: "Gnocchi",
      argv: apiArguments(folder.path, { port, configFile }),
      cwd: folder.path,
      ready: async () => (await fetch(`${url}/`)).status === 200,
    });
  } catch (error) {
    await removeRest();
    throw error;
  }
  return {
    port,
    url,
    request: (method, path, request) => ask(`${url}${path}`, method, request),
    ...api,
    remove: async () => {
      await api.kill();
      await removeRest();
    },
  };
}

/** One process without a master, so that a signal to it is a signal to the server. */
function apiArguments(
  folder: string,
  { port, configFile }: { readonly port: number; readonly configFile: string },
): readonly string[] {
  return [
    "/usr/bin/uwsgi",
    ...["--plugins", "python3", "--http11-socket", `127.0.0.1:${port}`],
    ...["--die-on-term", "--need-app", "--processes", "1", "--threads", "32", "--enable-threads"],
    ...["--chdir", folder, "--wsgi", "gnocchi.rest.wsgi", "--disable-logging"],
    ...["--pyargv", `--config-file ${configFile}`],
  ];
}

async function ask(
  url: string,
  method: string,
  { body, token }: GnocchiRequest = {},
): Promise<GnocchiAnswer> {
  const credentials: Record<string, string> = token === undefined
    ? { Authorization: `basic ${btoa("admin:")}` }
    : { "X-Auth-Token": token };
  const response = await fetch(url, {
    method,
    headers: {
      ...credentials,
      // A DELETE answers nothing, and would refuse to do so to somebody who wants JSON.
      Accept: method === "DELETE" ? "*/*" : "application/json",
      "Content-Type": "application/json",
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, json: text === "" ? undefined : JSON.parse(text) };
}

interface Configuring {
  readonly postgresPort: number;
  readonly options: GnocchiOptions;
}

async function writeConfiguration(
  folder: string,
  { postgresPort, options }: Configuring,
): Promise<void> {
  const at = (name: string): string => join(folder, name);
  const { keystone } = options;
  const paste = await readFile(pasteFile, "utf8");
  const section = "[filter:keystone_authtoken]";
  const pointed = `${section}\noslo_config_file = ${at("gnocchi.conf")}`;
  await writeFile(at("api-paste.ini"), paste.replace(section, pointed));
  await writeFile(
    at("gnocchi.conf"),
    [
      "[DEFAULT]",
      `coordination_url = file://${at("coordination")}`,
      "[api]",
      `auth_mode = ${keystone === undefined ? "basic" : "keystone"}`,
      `paste_config = ${at("api-paste.ini")}`,
      "[indexer]",
      `url = postgresql://gnocchi@127.0.0.1:${postgresPort}/gnocchi`,
      "[storage]",
      "driver = file",
      `file_basepath = ${at("storage")}`,
      ...(keystone === undefined ? [] : authentication(keystone)),
      "",
    ].join("\n"),
  );
}

function authentication({ url }: Keystone): readonly string[] {
  return [
    "[keystone_authtoken]",
    "auth_type = password",
    `auth_url = ${url}`,
    `www_authenticate_uri = ${url}`,
    "username = gnocchi",
    "password = gnocchipw",
    "project_name = service",
    "user_domain_id = default",
    "project_domain_id = default",
  ];
}

interface Postgres extends ServerProcess {
  readonly port: number;
}

/** As the user postgres where the tests run as root, which PostgreSQL refuses to be. */
async function startPostgres(folder: string): Promise<Postgres> {
  const home = join(folder, "postgres");
  const port = await freePort();
  await mkdir(home);
  const isRoot = process.getuid?.() === 0;
  const as = isRoot ? ["/usr/bin/setpriv", ...postgresIdentity] : [];
  if (isRoot) {
    // The folder above is closed to others; its owner must be let through.
    await chown(home, ...postgresIds());
    await run("/usr/bin/chmod", "711", folder);
  }
  const program = (name: string): string => join(postgresFolder, name);
  const data = join(home, "data");
  const how = ["-A", "trust", "-U", "gnocchi", "--no-sync", "-E", "UTF8", "--locale=C"];
  await run(...as, program("initdb"), "-D", data, ...how);
  const settings = {
    listen_addresses: "127.0.0.1",
    port: String(port),
    unix_socket_directories: home,
    fsync: "off",
    synchronous_commit: "off",
    full_page_writes: "off",
    shared_buffers: "32MB",
  };
  const server = await startServer({
    name: "PostgreSQL",
    argv: [
      ...as,
      program("postgres"),
      ...["-D", data],
      ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
    ],
    cwd: home,
    ready: async () =>
      await Bun.spawn([program("pg_isready"), "-q", "-h", "127.0.0.1", "-p", String(port)])
        .exited === 0,
  });
  const reach = ["-h", "127.0.0.1", "-p", String(port), "-U", "gnocchi"];
  await run(program("createdb"), ...reach, "gnocchi");
  return { ...server, port };
}

const postgresIdentity = ["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"];

function postgresIds(): [number, number] {
  const id = (what: string): number =>
    Number(Bun.spawnSync(["id", what, "postgres"]).stdout.toString());
  return [id("-u"), id("-g")];
}

async function run(...argv: readonly string[]): Promise<void> {
  const child = Bun.spawn([...argv], {
    cwd: "/",
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const said = Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  if (await child.exited === 0) return void await said;
  throw new Error(`${argv.join(" ")}: exit ${child.exitCode}\n${(await said).join("")}`);
}
