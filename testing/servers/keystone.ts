/**
 * Edge (processes, files, net). A real Keystone (Debian's, on SQLite) on a free loopback port, with
 * tokens as short-lived as a test wants them; it can be stopped, killed, frozen and started again on
 * the same port and data.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findProgram, freePort, type Restartable, startRestartable, tempFolder } from "./server.ts";

/** What differs from tokens of an hour. */
export interface KeystoneOptions {
  /** How long tokens last, in seconds; 3600 if left out. */
  readonly tokenSeconds?: number;
}

/** A user with a role on a project of the domain Default. */
export interface KeystoneUser {
  readonly name: string;
  readonly password: string;
  /** Made where it does not exist. */
  readonly project: string;
  /** `admin`, `member` or `reader`. */
  readonly role: string;
}

/** A service with the same URL for all three interfaces. */
export interface KeystoneService {
  readonly type: string;
  readonly name: string;
  readonly url: string;
}

/** A running Keystone with the user `admin` of the project `admin`. */
export interface Keystone extends Restartable {
  readonly port: number;
  /** The URL of v3. */
  readonly url: string;
  readonly adminPassword: string;
  /** As the administrator: `path` stands below v3; gives the answer's JSON, throws unless it is 2xx. */
  request(method: string, path: string, body?: unknown): Promise<Answered>;
  /** Gives the user's id. */
  createUser(user: KeystoneUser): Promise<string>;
  /** Gives the project's id; the one of that name where it exists. */
  createProject(name: string): Promise<string>;
  createService(service: KeystoneService): Promise<void>;
  /** A fresh token of a user on its project. */
  tokenOf(user: Pick<KeystoneUser, "name" | "password" | "project">): Promise<string>;
  /** Kills and removes everything. Safe to call twice. */
  remove(): Promise<void>;
}

/** An answer of the Identity API: one member that says what it is. */
export type Answered = Readonly<Record<string, unknown>>;

const adminPassword = "adminpw";
const programs = ["keystone-manage", "keystone-wsgi-public", "sqlite3"];

/** Why there is no Keystone here, or undefined. */
export function keystoneMissing(): string | undefined {
  const absent = programs.find((name) => findProgram(`/usr/bin/${name}`) === undefined);
  if (absent === undefined) return undefined;
  return `${absent} is not installed (Debian packages keystone, sqlite3)`;
}

/** Starts one with empty data (5 to 10 s). */
export async function startKeystone(options: KeystoneOptions = {}): Promise<Keystone> {
  const missing = keystoneMissing();
  if (missing !== undefined) throw new Error(missing);
  const folder = await tempFolder("keystone");
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/v3`;
  const configFile = join(folder.path, "keystone.conf");
  await writeFile(configFile, configText(folder.path, options));
  let server: Restartable;
  try {
    await prepare(folder.path, { configFile, url });
    server = await startRestartable({
      name: "Keystone",
      argv: ["/usr/bin/keystone-wsgi-public", "--host", "127.0.0.1", "--port", String(port)],
      env: { OS_KEYSTONE_CONFIG_FILES: configFile },
      cwd: folder.path,
      ready: async () => (await fetch(url)).status === 200,
    });
  } catch (error) {
    await folder.remove();
    throw error;
  }
  const admin = new Administrator(url);
  return {
    port,
    url,
    adminPassword,
    request: (method, path, body) => admin.request(method, path, body),
    createUser: (user) => admin.createUser(user),
    createProject: (name) => admin.createProject(name),
    createService: (service) => admin.createService(service),
    tokenOf: (user) => tokenOf(url, user),
    ...server,
    remove: async () => {
      await server.kill();
      await folder.remove();
    },
  };
}

function configText(folder: string, { tokenSeconds = 3600 }: KeystoneOptions): string {
  const keys = `key_repository = ${join(folder, "fernet")}`;
  return [
    "[DEFAULT]",
    "use_stderr = true",
    "[database]",
    `connection = sqlite:///${join(folder, "keystone.db")}`,
    "[fernet_tokens]",
    keys,
    "[fernet_receipts]",
    keys,
    "[credential]",
    `key_repository = ${join(folder, "credentials")}`,
    "[token]",
    "provider = fernet",
    `expiration = ${tokenSeconds}`,
    "[cache]",
    "enabled = false",
    "[identity]",
    "password_hash_rounds = 4",
    "",
  ].join("\n");
}

interface Preparing {
  readonly configFile: string;
  readonly url: string;
}

async function prepare(folder: string, { configFile, url }: Preparing): Promise<void> {
  const manage = (...args: readonly string[]): Promise<void> =>
    run("/usr/bin/keystone-manage", "--config-file", configFile, ...args);
  const [user, group] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  const owner = ["--keystone-user", String(user), "--keystone-group", String(group)];
  await Promise.all([manage("db_sync"), manage("fernet_setup", ...owner)]);
  await manage("credential_setup", ...owner);
  // Without it a write fails while another connection reads.
  await run("/usr/bin/sqlite3", join(folder, "keystone.db"), "PRAGMA journal_mode=WAL");
  await manage(
    "bootstrap",
    ...["--bootstrap-password", adminPassword, "--bootstrap-region-id", "RegionOne"],
    ...["--bootstrap-admin-url", url, "--bootstrap-public-url", url],
    ...["--bootstrap-internal-url", url],
  );
}

async function run(...argv: readonly string[]): Promise<void> {
  const child = Bun.spawn([...argv], { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const said = Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  if (await child.exited === 0) return void await said;
  throw new Error(`${argv.join(" ")}: exit ${child.exitCode}\n${(await said).join("")}`);
}

/** The administrator's REST calls, each with a token of its own: tokens may last seconds only. */
class Administrator {
  constructor(readonly url: string) {}

  async request(method: string, path: string, body?: unknown): Promise<Answered> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        "X-Auth-Token": await tokenOf(this.url, administrator),
        "Content-Type": "application/json",
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`Keystone: ${method} ${path}: ${response.status} ${text}`);
    return text === "" ? {} : JSON.parse(text);
  }

  async createProject(name: string): Promise<string> {
    const query = new URLSearchParams({ name, domain_id: "default" });
    const known = idsOf((await this.request("GET", `/projects?${query}`)).projects);
    if (known[0] !== undefined) return known[0];
    const project = { name, domain_id: "default" };
    return idOf((await this.request("POST", "/projects", { project })).project);
  }

  async createUser({ name, password, project, role }: KeystoneUser): Promise<string> {
    const projectId = await this.createProject(project);
    const user = { name, password, domain_id: "default" };
    const userId = idOf((await this.request("POST", "/users", { user })).user);
    const roles = await this.request("GET", `/roles?${new URLSearchParams({ name: role })}`);
    const roleId = idsOf(roles.roles)[0];
    await this.request("PUT", `/projects/${projectId}/users/${userId}/roles/${roleId}`);
    return userId;
  }

  async createService({ type, name, url }: KeystoneService): Promise<void> {
    const service = idOf(
      (await this.request("POST", "/services", { service: { type, name } })).service,
    );
    for (const kind of ["public", "internal", "admin"]) {
      const endpoint = { service_id: service, interface: kind, region_id: "RegionOne", url };
      await this.request("POST", "/endpoints", { endpoint });
    }
  }
}

const administrator = { name: "admin", password: adminPassword, project: "admin" };

async function tokenOf(
  url: string,
  { name, password, project }: Pick<KeystoneUser, "name" | "password" | "project">,
): Promise<string> {
  const domain = { id: "default" };
  const identity = { methods: ["password"], password: { user: { name, domain, password } } };
  const response = await fetch(`${url}/auth/tokens`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ auth: { identity, scope: { project: { name: project, domain } } } }),
  });
  await response.arrayBuffer();
  const token = response.headers.get("x-subject-token");
  if (token === null) throw new Error(`Keystone gave '${name}' no token: ${response.status}`);
  return token;
}

function idOf(value: unknown): string {
  const id = typeof value === "object" && value !== null && "id" in value ? value.id : undefined;
  if (typeof id !== "string") throw new Error(`no id in ${JSON.stringify(value)}`);
  return id;
}

function idsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(idOf) : [];
}
