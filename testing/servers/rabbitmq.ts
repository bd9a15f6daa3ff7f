/**
 * Edge (processes, files). A real RabbitMQ (Debian's) on free loopback ports with an epmd of its own,
 * so that several run side by side; it can be stopped, killed, frozen and started again on the same
 * ports and data, and its broker alone restarted while the Erlang node stays.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Certificate, selfSignedCertificate, signedCertificate } from "./certificate.ts";
import {
  findProgram,
  freePort,
  type Restartable,
  type ServerProcess,
  startServer,
  tempFolder,
} from "./server.ts";

const binFolder = "/usr/lib/rabbitmq/bin";
const startAttemptsMax = 3;

/** An account with all rights on some virtual hosts. */
export interface RabbitmqUser {
  readonly name: string;
  readonly password: string;
  /** `/` if left out. */
  readonly vhosts?: readonly string[];
}

/** What differs from a plain broker with guest/guest. */
export interface RabbitmqOptions {
  /** A TLS listener besides the plain one; "client_certificates" refuses clients without one. */
  readonly tls?: true | "client_certificates";
  readonly users?: readonly RabbitmqUser[];
  /** Virtual hosts besides `/`; guest has all rights on them. */
  readonly vhosts?: readonly string[];
  /** More lines of rabbitmq.conf. */
  readonly config?: readonly string[];
  readonly plugins?: readonly string[];
}

/** A running RabbitMQ. */
export interface Rabbitmq extends Restartable {
  readonly host: "127.0.0.1";
  readonly port: number;
  /** `rabbit://guest:guest@127.0.0.1:port/`, as oslo.messaging's transport_url has it. */
  readonly url: string;
  /** 0 without TLS. */
  readonly tlsPort: number;
  /** The server's, which signs itself. */
  readonly certificate: Certificate | undefined;
  /** One that the server takes where it asks for one: `CN=tpctl-client`. */
  readonly clientCertificate: Certificate | undefined;
  /** Runs `rabbitmqctl -q` and gives what it printed (about half a second each). */
  ctl(...args: readonly string[]): Promise<string>;
  /** stop_app and start_app: the port closes and opens, the Erlang node stays. */
  restart(): Promise<void>;
  /** Kills and removes everything. Safe to call twice. */
  remove(): Promise<void>;
}

/** Why there is no RabbitMQ here, or undefined. */
export function rabbitmqMissing(): string | undefined {
  if (findProgram(join(binFolder, "rabbitmq-server")) === undefined) {
    return "rabbitmq-server is not installed (Debian package rabbitmq-server)";
  }
  return findProgram("epmd") === undefined ? "epmd is not installed (erlang-base)" : undefined;
}

/** Starts one with empty data; ready when it answers an AMQP protocol header (4 to 8 s). */
export async function startRabbitmq(options: RabbitmqOptions = {}): Promise<Rabbitmq> {
  const missing = rabbitmqMissing();
  if (missing !== undefined) throw new Error(missing);
  for (let attempt = 1;; attempt++) {
    try {
      return await startOnFreePorts(options);
    } catch (error) {
      // A port that was free when it was chosen may be taken when it is bound.
      const taken = error instanceof Error && /eaddrinuse|port_in_use/i.test(error.message);
      if (!taken || attempt >= startAttemptsMax) throw error;
    }
  }
}

interface Ports {
  readonly amqp: number;
  readonly tls: number;
  readonly distribution: number;
  readonly epmd: number;
}

async function startOnFreePorts(options: RabbitmqOptions): Promise<Rabbitmq> {
  const folder = await tempFolder("rabbitmq");
  const removeNow = (): void => rmSync(folder.path, { recursive: true, force: true });
  process.on("exit", removeNow);
  const ports: Ports = {
    amqp: await freePort(),
    tls: options.tls === undefined ? 0 : await freePort(),
    distribution: await freePort(),
    epmd: await freePort(),
  };
  const certificate = options.tls === undefined
    ? undefined
    : await selfSignedCertificate(folder.path);
  const clientCertificate = certificate === undefined
    ? undefined
    : await signedCertificate(folder.path, "tpctl-client", certificate);
  const env = await writeConfiguration(options, { folder: folder.path, ports, certificate });
  // Erlang would start epmd as a daemon that outlives the node; this one is ours to stop.
  const epmd = await startServer({
    name: "epmd",
    argv: ["epmd", "-port", String(ports.epmd), "-address", "127.0.0.1"],
    ready: () => answers(ports.epmd),
  });
  const node = new Node(env, ports.amqp);
  const remove = async (): Promise<void> => {
    await node.kill();
    await epmd.kill();
    await folder.remove();
    process.off("exit", removeNow);
  };
  try {
    await node.start();
    await addAccounts(options, node);
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    host: "127.0.0.1",
    port: ports.amqp,
    url: `rabbit://guest:guest@127.0.0.1:${ports.amqp}/`,
    tlsPort: ports.tls,
    certificate,
    clientCertificate,
    ctl: (...args) => node.ctl(...args),
    stop: () => node.stop(),
    kill: () => node.kill(),
    start: () => node.start(),
    restart: async () => {
      await node.ctl("stop_app");
      await node.ctl("start_app");
    },
    freeze: () => node.signal("SIGSTOP"),
    thaw: () => node.signal("SIGCONT"),
    remove,
  };
}

/** The Erlang node with the broker in it. */
class Node {
  #process: ServerProcess | undefined;

  constructor(readonly env: Readonly<Record<string, string>>, readonly port: number) {}

  async start(): Promise<void> {
    await this.stop();
    this.#process = await startServer({
      name: "RabbitMQ",
      argv: [join(binFolder, "rabbitmq-server")],
      env: this.env,
      ready: () => speaksAmqp(this.port),
    });
  }

  async stop(): Promise<void> {
    await this.#process?.stop();
    this.#process = undefined;
  }

  async kill(): Promise<void> {
    await this.#process?.kill();
    this.#process = undefined;
  }

  signal(name: NodeJS.Signals): void {
    this.#process?.signal(name);
  }

  async ctl(...args: readonly string[]): Promise<string> {
    const child = Bun.spawn([join(binFolder, "rabbitmqctl"), "-q", ...args], {
      env: { ...process.env, ...this.env },
      cwd: tmpdir(),
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    const [out, err] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
    ]);
    if (await child.exited !== 0) throw new Error(`rabbitmqctl ${args[0]}: ${out}${err}`);
    return out;
  }
}

interface Places {
  readonly folder: string;
  readonly ports: Ports;
  readonly certificate: Certificate | undefined;
}

/** Writes the configuration files; gives the environment of the node and of rabbitmqctl. */
async function writeConfiguration(
  options: RabbitmqOptions,
  places: Places,
): Promise<Record<string, string>> {
  const { folder, ports, certificate } = places;
  const at = (name: string): string => join(folder, name);
  await mkdir(at("home"));
  await writeFile(at("environment.conf"), "");
  await writeFile(at("plugins"), `[${(options.plugins ?? []).join(",")}].\n`);
  const strict = options.tls === "client_certificates";
  const tls = certificate === undefined ? [] : [
    `listeners.ssl.default = 127.0.0.1:${ports.tls}`,
    `ssl_options.cacertfile = ${certificate.certFile}`,
    `ssl_options.certfile = ${certificate.certFile}`,
    `ssl_options.keyfile = ${certificate.keyFile}`,
    `ssl_options.verify = ${strict ? "verify_peer" : "verify_none"}`,
    `ssl_options.fail_if_no_peer_cert = ${strict}`,
  ];
  const lines = [
    `listeners.tcp.default = 127.0.0.1:${ports.amqp}`,
    ...tls,
    "log.console = true",
    "log.console.level = warning",
    "log.file = false",
    "disk_free_limit.absolute = 50MB",
    "vm_memory_high_watermark.absolute = 512MB",
    ...options.config ?? [],
  ];
  await writeFile(at("rabbitmq.conf"), lines.join("\n") + "\n");
  return {
    HOME: at("home"),
    RABBITMQ_NODENAME: `tpctl${ports.amqp}@localhost`,
    ERL_EPMD_PORT: String(ports.epmd),
    ERL_EPMD_ADDRESS: "127.0.0.1",
    RABBITMQ_DIST_PORT: String(ports.distribution),
    RABBITMQ_MNESIA_BASE: at("mnesia"),
    RABBITMQ_LOG_BASE: at("log"),
    RABBITMQ_CONFIG_FILE: at("rabbitmq.conf"),
    RABBITMQ_CONF_ENV_FILE: at("environment.conf"),
    RABBITMQ_ENABLED_PLUGINS_FILE: at("plugins"),
    RABBITMQ_PID_FILE: at("pid"),
    // As under systemd the start script becomes the node, so that signals reach the node itself.
    NOTIFY_SOCKET: at("nobody"),
    // Without the first the distribution port listens everywhere; the others stop idle spinning.
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS:
      "-kernel inet_dist_use_interface {127,0,0,1} +S 1:1 +sbwt none",
  };
}

async function addAccounts(options: RabbitmqOptions, node: Node): Promise<void> {
  const allow = (user: string, vhost: string): Promise<string> =>
    node.ctl("set_permissions", "-p", vhost, user, ".*", ".*", ".*");
  for (const vhost of options.vhosts ?? []) {
    await node.ctl("add_vhost", vhost);
    await allow("guest", vhost);
  }
  for (const user of options.users ?? []) {
    await node.ctl("add_user", user.name, user.password);
    for (const vhost of user.vhosts ?? ["/"]) await allow(user.name, vhost);
  }
}

/** Whether something takes connections there. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const end = (good: boolean): void => {
      socket.destroy();
      resolve(good);
    };
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
  });
}

/** Whether a broker greets there: the port opens before the broker is of any use. */
function speaksAmqp(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const end = (good: boolean): void => {
      clearTimeout(late);
      socket.destroy();
      resolve(good);
    };
    const late = setTimeout(() => end(false), 1000);
    socket.once("connect", () => socket.write("AMQP\0\0\x09\x01", "latin1"));
    socket.once("data", () => end(true));
    socket.once("error", () => end(false));
    socket.once("close", () => end(false));
  });
}
