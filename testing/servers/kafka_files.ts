/**
 * Edge (files, processes). What a Kafka broker is started from: the jars of Maven Central, a formatted
 * metadata folder and a class-data archive, made once per version in the cache under a lock; and the
 * per-cluster files, which are server.properties and certificates. Starting is kafka.ts's business.
 */
import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder, findProgram, freePort, startServer, tempFolder } from "./server.ts";

/** The versions that are tested against. */
export type KafkaVersion = "4.4.0" | "3.9.2";

/** Users that every cluster with `security` knows. Anything else is refused. */
export const kafkaUsers = {
  plain: { username: "alice", password: "alice-pw" },
  scram: { username: "carol", password: "carol-pw" },
} as const;

/** Any base64 UUID does. */
const clusterId = "MkU3OEVBNTcwNTJENDM2Qg";
const lockStaleMs = 300_000;
const lockWaitMs = 300_000;
const lockPollMs = 200;

/** What is kept in the cache per version. */
export interface KafkaFiles {
  readonly classPath: string;
  /** A formatted data folder; copied for each node, then given its own meta.properties. */
  readonly template: string;
  /** Class-data archive: halves the CPU of a start. */
  readonly archive: string;
}

/** Why Kafka cannot be had here, or undefined. */
export function kafkaMissing(): string | undefined {
  if (findProgram("java") === undefined) return "Kafka needs java, which is not installed";
  const cached = ["4.4.0", "3.9.2"].every((version) => existsSync(readyMark(version)));
  if (!cached && findProgram("mvn") === undefined) return "Kafka's jars need mvn to be fetched";
  if (findProgram("kcat") === undefined) return "Kafka's test records are produced by kcat";
  if (findProgram("openssl") === undefined) return "Kafka's TLS needs openssl";
  return undefined;
}

/** The files for a version, fetched and prepared on first use (20 to 40 s), else at once. */
export async function kafkaFiles(version: KafkaVersion): Promise<KafkaFiles> {
  const folder = versionFolder(version);
  if (!existsSync(readyMark(version))) {
    await mkdir(folder, { recursive: true });
    await underLock(join(folder, "lock"), async () => {
      if (!existsSync(readyMark(version))) await prepare(version, folder);
    });
  }
  return {
    classPath: await classPathOf(folder),
    template: join(folder, "template"),
    archive: join(folder, "classes.jsa"),
  };
}

/** The java command line of a broker (without what to run). */
export function javaCommand(files: KafkaFiles, heapMb: number): string[] {
  return [
    "java",
    `-Xmx${heapMb}m`,
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Xshare:auto",
    ...(existsSync(files.archive) ? [`-XX:SharedArchiveFile=${files.archive}`] : []),
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    `-Dlog4j.configuration=file:${join(files.template, "..", "log4j.properties")}`,
    "-cp",
    files.classPath,
  ];
}

/** A node's data folder, as `format` would leave it. */
export async function writeDataFolder(
  files: KafkaFiles,
  folder: string,
  id: number,
): Promise<void> {
  await cp(files.template, folder, { recursive: true });
  const properties = `version=1\ncluster.id=${clusterId}\nnode.id=${id}\n`;
  await writeFile(join(folder, "meta.properties"), properties);
}

/** Where the listeners of one node are. */
export interface NodePorts {
  readonly plain: number;
  readonly controller: number;
  readonly sasl?: number;
  readonly tls?: number;
  readonly saslTls?: number;
  readonly mutualTls?: number;
}

/** What one server.properties is made of. */
export interface NodeProperties {
  readonly id: number;
  readonly ports: readonly NodePorts[];
  readonly folder: string;
  readonly certificates?: string | undefined;
  readonly config?: Readonly<Record<string, string>> | undefined;
}

/** server.properties of node `id`; `config` wins over what stands here. */
export function serverProperties(node: NodeProperties): string {
  const own = node.ports[node.id - 1];
  if (own === undefined) throw new RangeError(`no ports for node ${node.id}`);
  const copies = String(node.ports.length);
  const quorum = node.ports.map((ports, i) => `${i + 1}@127.0.0.1:${ports.controller}`);
  const listeners = Object.entries({
    PLAINTEXT: own.plain,
    CONTROLLER: own.controller,
    SASL: own.sasl,
    TLS: own.tls,
    SASLTLS: own.saslTls,
    MTLS: own.mutualTls,
  }).filter(([, port]) => port !== undefined).map(([name, port]) => `${name}://127.0.0.1:${port}`);
  const properties: Record<string, string> = {
    "process.roles": "broker,controller",
    "node.id": String(node.id),
    "controller.quorum.voters": quorum.join(","),
    listeners: listeners.join(","),
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "listener.security.protocol.map":
      "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_PLAINTEXT,TLS:SSL,SASLTLS:SASL_SSL,MTLS:SSL",
    "log.dirs": join(node.folder, "data"),
    "default.replication.factor": copies,
    "min.insync.replicas": node.ports.length > 1 ? "2" : "1",
    "offsets.topic.replication.factor": copies,
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": copies,
    "transaction.state.log.num.partitions": "4",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": copies,
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    "auto.create.topics.enable": "false",
    "log.cleaner.dedupe.buffer.size": "2200000",
    "log.cleaner.backoff.ms": "500",
    "log.initial.task.delay.ms": "500",
    "log.retention.check.interval.ms": "1000",
    // Tests write records of any age.
    "log.retention.ms": "-1",
    "broker.session.timeout.ms": node.ports.length > 1 ? "3000" : "1500",
    "broker.heartbeat.interval.ms": node.ports.length > 1 ? "500" : "300",
    "group.min.session.timeout.ms": "1000",
    "group.consumer.min.session.timeout.ms": "1000",
    "group.consumer.session.timeout.ms": "6000",
    "group.consumer.min.heartbeat.interval.ms": "500",
    "group.consumer.heartbeat.interval.ms": "1000",
    ...securityProperties(node.certificates),
    ...node.config,
  };
  return Object.entries(properties).map(([name, value]) => `${name}=${value}\n`).join("");
}

function securityProperties(certificates: string | undefined): Record<string, string> {
  if (certificates === undefined) return {};
  const { username, password } = kafkaUsers.plain;
  const properties: Record<string, string> = {
    "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
    "ssl.keystore.type": "PEM",
    "ssl.keystore.location": join(certificates, "keystore.pem"),
    "ssl.truststore.type": "PEM",
    "ssl.truststore.location": join(certificates, "ca.pem"),
    "listener.name.mtls.ssl.client.auth": "required",
  };
  const modules = "org.apache.kafka.common.security";
  for (const listener of ["sasl", "sasltls"]) {
    const jaas = (mechanism: string): string =>
      `listener.name.${listener}.${mechanism}.sasl.jaas.config`;
    properties[jaas("plain")] =
      `${modules}.plain.PlainLoginModule required user_${username}="${password}";`;
    for (const mechanism of ["scram-sha-256", "scram-sha-512"]) {
      properties[jaas(mechanism)] = `${modules}.scram.ScramLoginModule required;`;
    }
  }
  return properties;
}

/**
 * Makes a CA (`ca.pem`), a broker certificate for 127.0.0.1 and localhost (`keystore.pem`), a client
 * certificate (`client.pem`, `client.key`) and a CA that signed none of them (`other-ca.pem`).
 */
export async function writeCertificates(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const names = "subjectAltName=IP:127.0.0.1,DNS:localhost";
  await writeFile(join(folder, "names.txt"), names);
  const authority = (name: string): string =>
    `openssl req -x509 -newkey rsa:2048 -nodes -keyout ${name}.key -out ${name}.pem -days 30 -subj /CN=${name}`;
  const signed = (name: string): string =>
    `openssl req -newkey rsa:2048 -nodes -keyout ${name}.key -out ${name}.csr -subj /CN=127.0.0.1 &&
     openssl x509 -req -in ${name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile names.txt -out ${name}.pem`;
  const script = [authority("ca"), authority("other-ca"), signed("broker"), signed("client")];
  await run(["sh", "-ec", script.join("\n")], folder);
  const parts = ["broker.key", "broker.pem", "ca.pem"].map((name) =>
    readFile(join(folder, name), "utf8")
  );
  await writeFile(join(folder, "keystore.pem"), (await Promise.all(parts)).join(""));
}

function versionFolder(version: string): string {
  return join(cacheFolder, `kafka-${version}`);
}

function readyMark(version: string): string {
  return join(versionFolder(version), "ready");
}

async function classPathOf(folder: string): Promise<string> {
  const jars = (await readdir(join(folder, "lib"))).filter((name) => name.endsWith(".jar"));
  return jars.sort().map((name) => join(folder, "lib", name)).join(":");
}

async function prepare(version: KafkaVersion, folder: string): Promise<void> {
  await fetchJars(version, folder);
  const console = "org.apache.log4j.ConsoleAppender";
  const layout = "log4j.appender.out.layout=org.apache.log4j.SimpleLayout";
  const log4j = `log4j.rootLogger=WARN,out\nlog4j.appender.out=${console}\n${layout}\n`;
  await writeFile(join(folder, "log4j.properties"), log4j);
  const files: KafkaFiles = {
    classPath: await classPathOf(folder),
    template: join(folder, "template"),
    archive: join(folder, "classes.jsa"),
  };
  await using work = await tempFolder("kafka-prepare");
  const properties = join(work.path, "server.properties");
  const ports = { plain: await freePort(), controller: await freePort() };
  await writeFile(properties, serverProperties({ id: 1, ports: [ports], folder: work.path }));
  const { username, password } = kafkaUsers.scram;
  const users = ["SCRAM-SHA-256", "SCRAM-SHA-512"].flatMap((mechanism) => [
    "--add-scram",
    `${mechanism}=[name=${username},password=${password},iterations=4096]`,
  ]);
  const java = javaCommand(files, 192);
  const format = ["kafka.tools.StorageTool", "format", "-t", clusterId, "-c", properties, ...users];
  await run([...java, ...format], work.path);
  await rm(files.template, { recursive: true, force: true });
  await cp(join(work.path, "data"), files.template, { recursive: true });
  const server = await startServer({
    name: `Kafka ${version}, first start`,
    argv: [
      "java",
      `-XX:ArchiveClassesAtExit=${files.archive}.new`,
      ...java.slice(1),
      "kafka.Kafka",
      properties,
    ],
    ready: () => connects(ports.plain),
  });
  await Bun.sleep(500);
  server.signal("SIGTERM");
  const deadline = performance.now() + 60_000;
  while (alive(server.pid) && performance.now() < deadline) await Bun.sleep(100);
  await server.kill();
  if (existsSync(`${files.archive}.new`)) await rename(`${files.archive}.new`, files.archive);
  await writeFile(readyMark(version), "");
}

async function fetchJars(version: KafkaVersion, folder: string): Promise<void> {
  const dependency = (group: string, artifact: string, of: string): string =>
    `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId>` +
    `<version>${of}</version></dependency>`;
  // 3.9 brings a log provider of its own; a second one would be a warning at every start.
  const logger = version === "4.4.0" ? dependency("org.slf4j", "slf4j-simple", "1.7.36") : "";
  const pom = "<project><modelVersion>4.0.0</modelVersion><groupId>test</groupId>" +
    "<artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging><dependencies>" +
    dependency("org.apache.kafka", "kafka_2.13", version) + logger + "</dependencies></project>";
  await writeFile(join(folder, "pom.xml"), pom);
  const out = join(folder, "lib");
  await rm(out, { recursive: true, force: true });
  await run([
    "mvn",
    "-q",
    "-B",
    "dependency:copy-dependencies",
    "-DincludeScope=runtime",
    `-DoutputDirectory=${out}`,
  ], folder);
}

async function run(argv: readonly string[], cwd: string): Promise<void> {
  const child = Bun.spawn([...argv], { cwd, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (code !== 0) throw new Error(`'${argv.join(" ")}' ended with ${code}:\n${out}${err}`);
}

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function connects(port: number): Promise<boolean> {
  const socket = await Bun.connect({ hostname: "127.0.0.1", port, socket: { data: ignore } });
  socket.end();
  return true;
}

function ignore(): void {}

/** Runs `work` while no other process does so under the same lock (a folder). */
async function underLock(lock: string, work: () => Promise<void>): Promise<void> {
  const deadline = performance.now() + lockWaitMs;
  for (;;) {
    try {
      await mkdir(lock);
      break;
    } catch {
      const made = (await stat(lock).catch(() => undefined))?.mtimeMs ?? Date.now();
      if (Date.now() - made > lockStaleMs) await rm(lock, { recursive: true, force: true });
      if (performance.now() > deadline) throw new Error(`'${lock}' is held by another process`);
      await Bun.sleep(lockPollMs);
    }
  }
  try {
    await work();
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
}
