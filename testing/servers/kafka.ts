/**
 * Edge (processes). A real Apache Kafka (KRaft, one or three nodes) for a test: started on free loopback
 * ports from cached jars, with nodes that can be stopped, killed, frozen and restarted one by one. What
 * tests ask of a running cluster (topics, records, offsets) stands in kafka_admin.ts.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Kafka as Client } from "kafkajs";
import {
  findProgram,
  freePort,
  type Restartable,
  type ServerProcess,
  startServer,
  tempFolder,
} from "./server.ts";
import {
  javaCommand,
  type KafkaFiles,
  kafkaFiles,
  type KafkaVersion,
  type NodePorts,
  serverProperties,
  writeCertificates,
  writeDataFolder,
} from "./kafka_files.ts";
import { type KafkaAdmin, kafkaAdmin } from "./kafka_admin.ts";

export { kafkaMissing, kafkaUsers, type KafkaVersion } from "./kafka_files.ts";

const startAttemptsMax = 3;
const heapMb = 192;

/** What kind of cluster to start. */
export interface KafkaOptions {
  /** "4.4.0" if left out. */
  readonly version?: KafkaVersion;
  /** 1 if left out; with 3 every topic has three copies and min.insync.replicas is 2. */
  readonly nodes?: 1 | 3;
  /** Opens listeners for SASL (PLAIN, SCRAM), TLS, both, and TLS with client certificates. */
  readonly security?: boolean;
  /** More lines of server.properties. */
  readonly config?: Readonly<Record<string, string>>;
}

/** One broker of the cluster. */
export interface KafkaNode extends Restartable {
  readonly id: number;
  /** The plaintext listener, `127.0.0.1:port`; the same after a restart. */
  readonly address: string;
  /** Where its partitions' segments are: `<topic>-<partition>/00000000000000000000.log`. */
  readonly dataFolder: string;
}

/** A started cluster. */
export interface Kafka {
  readonly version: KafkaVersion;
  /** Plaintext bootstrap addresses of all nodes. */
  readonly brokers: readonly string[];
  readonly nodes: readonly KafkaNode[];
  /** Bootstrap addresses of the other listeners; empty without `security`. */
  readonly saslBrokers: readonly string[];
  readonly tlsBrokers: readonly string[];
  readonly saslTlsBrokers: readonly string[];
  readonly mutualTlsBrokers: readonly string[];
  /** Folder with ca.pem, other-ca.pem, client.pem and client.key; "" without `security`. */
  readonly certificates: string;
  readonly admin: KafkaAdmin;
  stop(): Promise<void>;
}

/** Starts a cluster and resolves when all nodes are in its metadata (3 to 6 s once cached). */
export async function startKafka(options: KafkaOptions = {}): Promise<Kafka> {
  const version = options.version ?? "4.4.0";
  const files = await kafkaFiles(version);
  for (let attempt = 1;; attempt++) {
    try {
      return await startCluster({ ...options, version }, files);
    } catch (error) {
      // A port that was free when it was chosen may be taken when it is bound.
      const taken = error instanceof Error && error.message.includes("Address already in use");
      if (!taken || attempt >= startAttemptsMax) throw error;
    }
  }
}

const sharedKey = Symbol.for("tpctl.testing.kafka");

/**
 * A one-node cluster that all test files of this process share; it is stopped when the process ends.
 * Use topics and groups of your own names, and never stop or kill it.
 */
export function sharedKafka(version: KafkaVersion = "4.4.0"): Promise<Kafka> {
  const holder = globalThis as { [sharedKey]?: Map<KafkaVersion, Promise<Kafka>> };
  const clusters = holder[sharedKey] ??= new Map();
  let cluster = clusters.get(version);
  if (cluster === undefined) {
    cluster = startKafka({ version });
    clusters.set(version, cluster);
  }
  return cluster;
}

async function startCluster(
  options: KafkaOptions & { readonly version: KafkaVersion },
  files: KafkaFiles,
): Promise<Kafka> {
  const folder = await tempFolder("kafka");
  removeLater(folder.path);
  const certificates = options.security === true ? join(folder.path, "certificates") : "";
  if (certificates !== "") await writeCertificates(certificates);
  const count = options.nodes ?? 1;
  const ports: NodePorts[] = [];
  for (let i = 0; i < count; i++) ports.push(await choosePorts(options.security === true));
  const brokers = ports.map((own) => address(own.plain));
  const nodes: Node[] = [];
  for (let id = 1; id <= count; id++) {
    const home = join(folder.path, `node-${id}`);
    await writeDataFolder(files, join(home, "data"), id);
    const properties = join(home, "server.properties");
    const text = serverProperties({
      id,
      ports,
      folder: home,
      certificates: certificates === "" ? undefined : certificates,
      config: options.config,
    });
    await writeFile(properties, text);
    const argv = [...dieWithUs(), ...javaCommand(files, heapMb), "kafka.Kafka", properties];
    const name = `Kafka ${options.version}, node ${id}`;
    nodes.push(new Node({ id, name, argv, brokers, dataFolder: join(home, "data") }));
  }
  const stop = async (): Promise<void> => {
    await admin.close();
    await Promise.all(nodes.map((node) => node.stop()));
    await folder.remove();
  };
  const admin = kafkaAdmin(brokers);
  const started = await Promise.allSettled(nodes.map((node) => node.start()));
  const failed = started.find((result) => result.status === "rejected");
  if (failed !== undefined) {
    await stop();
    throw failed.reason;
  }
  const listening = (name: keyof NodePorts): string[] =>
    ports.map((own) => own[name]).filter((port) => port !== undefined).map(address);
  return {
    version: options.version,
    brokers,
    nodes,
    saslBrokers: listening("sasl"),
    tlsBrokers: listening("tls"),
    saslTlsBrokers: listening("saslTls"),
    mutualTlsBrokers: listening("mutualTls"),
    certificates,
    admin,
    stop,
  };
}

interface NodeOptions {
  readonly id: number;
  readonly name: string;
  readonly argv: readonly string[];
  readonly brokers: readonly string[];
  readonly dataFolder: string;
}

class Node implements KafkaNode {
  readonly id: number;
  readonly address: string;
  readonly dataFolder: string;
  #options: NodeOptions;
  #process: ServerProcess | undefined;

  constructor(options: NodeOptions) {
    this.id = options.id;
    this.address = options.brokers[options.id - 1] ?? "";
    this.dataFolder = options.dataFolder;
    this.#options = options;
  }

  async start(): Promise<void> {
    const { name, argv } = this.#options;
    const ready = (): Promise<boolean> => inMetadata(this.address, this.id);
    this.#process = await startServer({ name, argv, ready });
  }

  async stop(): Promise<void> {
    await this.#process?.stop();
  }

  async kill(): Promise<void> {
    await this.#process?.kill();
  }

  freeze(): void {
    this.#process?.signal("SIGSTOP");
  }

  thaw(): void {
    this.#process?.signal("SIGCONT");
  }
}

/** Puts a command under the kernel's care: no test runner tells a fixture when it ends, or is killed. */
function dieWithUs(): string[] {
  return findProgram("setpriv") === undefined ? [] : ["setpriv", "--pdeathsig", "SIGKILL"];
}

/** Removes a folder when this process is gone, in whatever way: its end of the pipe closes. */
function removeLater(folder: string): void {
  const script = 'cat; sleep 1; rm -rf "$0"';
  Bun.spawn(["sh", "-c", script, folder], { stdin: "pipe", stdout: "ignore" }).unref();
}

/** Whether the node answers and knows itself as part of the cluster. */
async function inMetadata(broker: string, id: number): Promise<boolean> {
  const client = new Client({ brokers: [broker], logLevel: 0, retry: { retries: 0 } });
  const admin = client.admin();
  try {
    await admin.connect();
    const { brokers, controller } = await admin.describeCluster();
    return controller !== null && brokers.some((node) => node.nodeId === id);
  } finally {
    await admin.disconnect().catch(() => {});
  }
}

async function choosePorts(security: boolean): Promise<NodePorts> {
  const plain = { plain: await freePort(), controller: await freePort() };
  if (!security) return plain;
  return {
    ...plain,
    sasl: await freePort(),
    tls: await freePort(),
    saslTls: await freePort(),
    mutualTls: await freePort(),
  };
}

function address(port: number): string {
  return `127.0.0.1:${port}`;
}
