/**
 * Edge (processes, net). A real Zaqar on Debian's Redis, where `TPCTL_ZAQAR` names `zaqar-server`: PyPI
 * has it with 170 MB of dependencies, so it is optional (README, "Developing"; Debian's own package
 * cannot store messages). Without it a replay gives the answers that version 23 was seen to give.
 * Neither asks who calls; the project is what the caller says.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ScriptedReply, type ScriptedRequest, startScriptedHttp } from "../scripted_http.ts";
import {
  findProgram,
  freePort,
  type Restartable,
  startRestartable,
  startServer,
  tempFolder,
} from "./server.ts";

/** A running Zaqar, or its replay. */
export interface Zaqar extends Restartable {
  readonly origin: string;
  /** Bodies of the messages in a project's queue, oldest first. */
  messages(queue: string, project: string): Promise<readonly unknown[]>;
  /** Stops and removes everything. Safe to call twice. */
  remove(): Promise<void>;
}

const redisProgram = "/usr/bin/redis-server";
/** What a reader of messages calls itself; Zaqar wants a UUID. */
const readerId = "3381af92-2b9e-11e3-b191-71861300734c";
/** The most that Zaqar gives at once. */
const pageMax = 20;

/** Why the real one is not here, or undefined. */
export function zaqarMissing(): string | undefined {
  const named = process.env.TPCTL_ZAQAR ?? "";
  if (named === "") return "TPCTL_ZAQAR names no zaqar-server (optional)";
  if (findProgram(named) === undefined) return `TPCTL_ZAQAR: no program '${named}'`;
  if (findProgram(redisProgram) !== undefined) return undefined;
  return `${redisProgram} is not installed (Debian package redis-server)`;
}

/** The real one where there is one (3 s), else the replay. */
export function startZaqar(): Promise<Zaqar> {
  const program = zaqarMissing() === undefined ? process.env.TPCTL_ZAQAR : undefined;
  return program === undefined ? startReplay() : startReal(program);
}

async function startReal(program: string): Promise<Zaqar> {
  const folder = await tempFolder("zaqar");
  const [port, redisPort] = [await freePort(), await freePort()];
  const redis = await startServer({
    name: "Redis",
    argv: [redisProgram, "--port", `${redisPort}`, "--bind", "127.0.0.1", "--save", ""],
    cwd: folder.path,
    ready: () => accepts(redisPort),
  });
  const configFile = join(folder.path, "zaqar.conf");
  await writeFile(configFile, configurationOf(port, redisPort));
  const origin = `http://127.0.0.1:${port}`;
  const server = await startRestartable({
    name: "Zaqar",
    argv: [program, "--config-file", configFile],
    cwd: folder.path,
    ready: async () => (await fetch(`${origin}/`)).status === 300,
  });
  return {
    origin,
    messages: (queue, project) => readMessages(`${origin}/v2/queues/${queue}/messages`, project),
    ...server,
    remove: async () => {
      await server.kill();
      await redis.kill();
      await folder.remove();
    },
  };
}

async function accepts(port: number): Promise<boolean> {
  const socket = await Bun.connect({ hostname: "127.0.0.1", port, socket: { data: () => {} } });
  socket.end();
  return true;
}

function configurationOf(port: number, redisPort: number): string {
  return [
    "[DEFAULT]",
    "auth_strategy =",
    "unreliable = true",
    "admin_mode = true",
    "[drivers]",
    "transport = wsgi",
    "message_store = redis",
    "management_store = redis",
    "[drivers:message_store:redis]",
    `uri = redis://127.0.0.1:${redisPort}?dbid=0`,
    "[drivers:management_store:redis]",
    `uri = redis://127.0.0.1:${redisPort}?dbid=1`,
    "[drivers:transport:wsgi]",
    "bind = 127.0.0.1",
    `port = ${port}`,
    "[signed_url]",
    "secret_key = x",
    "",
  ].join("\n");
}

/** Page by page, until one is not full. */
async function readMessages(url: string, project: string): Promise<unknown[]> {
  const headers = { "Client-ID": readerId, "X-Project-ID": project };
  const bodies: unknown[] = [];
  let query = `?echo=true&limit=${pageMax}`;
  for (;;) {
    const response = await fetch(`${url}${query}`, { headers });
    if (!response.ok) throw new Error(`Zaqar: ${response.status} ${await response.text()}`);
    const { messages, links } = await response.json() as {
      readonly messages: readonly { readonly body: unknown }[];
      readonly links?: readonly { readonly rel: string; readonly href: string }[];
    };
    bodies.push(...messages.map(({ body }) => body));
    const next = links?.find(({ rel }) => rel === "next")?.href;
    if (messages.length < pageMax || next === undefined) return bodies;
    query = next.slice(next.indexOf("?"));
  }
}

/** What the replay knows of a queue, by project and name. */
type Queues = Map<string, unknown[]>;

async function startReplay(): Promise<Zaqar> {
  const queues: Queues = new Map();
  const replay = await startScriptedHttp({ otherwise: (request) => reply(request, queues) });
  return {
    origin: replay.origin,
    messages: (queue, project) => Promise.resolve(queues.get(`${project}/${queue}`) ?? []),
    stop: () => replay.stop(),
    kill: () => replay.stop(),
    start: () => replay.listen(),
    freeze: () => replay.freeze(),
    thaw: () => replay.thaw(),
    remove: () => replay.stop(),
  };
}

/** Bounds and words of version 23 with its defaults. */
function reply(request: ScriptedRequest, queues: Queues): ScriptedReply {
  const { method, path, headers, text } = request;
  const [, name] = /^\/v2\/queues\/([^/]*)\/messages$/.exec(path) ?? [];
  if (name === undefined || method !== "POST") return { status: 404 };
  if (headers.get("content-type") !== "application/json") {
    return refusal("Invalid Content-Type", "Endpoint does not accept it.");
  }
  if (!/^[0-9a-f-]{36}$/.test(headers.get("client-id") ?? "")) {
    return refusal("Wrong client id", "The format of the client id is not valid.");
  }
  const queue = decodeURIComponent(name);
  if (!/^[a-zA-Z0-9_.-]{1,64}$/.test(queue)) {
    const words = "The format of the submitted queue name or project id is not valid.";
    return refusal("Invalid queue identification", words);
  }
  if (text.length > 262_144) {
    const words = "Message collection size is too large. Max size 262144";
    return refusal("Invalid API request", words);
  }
  const { messages } = JSON.parse(text) as {
    readonly messages: readonly { readonly ttl: number; readonly body: unknown }[];
  };
  if (messages.some(({ ttl }) => ttl < 60 || ttl > 1_209_600)) {
    const words = "The TTL for a message may not exceed 1209600 seconds, and must be at least 60 " +
      "seconds long.";
    return refusal("Invalid API request", words);
  }
  const key = `${headers.get("x-project-id")}/${queue}`;
  queues.set(key, [...queues.get(key) ?? [], ...messages.map(({ body }) => body)]);
  const resources = messages.map((_, n) => `${path}/${n}`);
  return { status: 201, headers: json, body: JSON.stringify({ resources }) };
}

const json = { "Content-Type": "application/json" };

function refusal(title: string, description: string): ScriptedReply {
  return { status: 400, headers: json, body: JSON.stringify({ title, description }) };
}
