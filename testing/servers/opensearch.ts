/**
 * Edge (processes, files). A real OpenSearch 2 or Elasticsearch 7, one node without security, for a
 * test: from Maven Central's jars and a launcher of our own, SearchNode.java, both kept in the cache. OpenSearch 2.x is the last that runs on Java 17.
 */
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  cacheFolder,
  findProgram,
  freePort,
  type Restartable,
  startRestartable,
  tempFolder,
} from "./server.ts";

/** Which of the two; they answer `_bulk` alike but for a few words. */
export type SearchProduct = "opensearch" | "elasticsearch";

/** A running node. */
export interface Opensearch extends Restartable {
  readonly product: SearchProduct;
  readonly port: number;
  /** `http://127.0.0.1:port`; the same after a restart. */
  readonly origin: string;
  /** Sends a JSON body (or lines of JSON) and returns what came back, parsed. */
  ask(method: string, path: string, body?: unknown): Promise<SearchAnswer>;
  /** Stops it and removes its folder. */
  remove(): Promise<void>;
}

/** What the node said to a test's own question. */
export interface SearchAnswer {
  readonly status: number;
  readonly json: unknown;
}

interface Product {
  readonly name: string;
  /** Prefix of its Java packages. */
  readonly java: string;
  /** group:artifact:version */
  readonly jars: readonly string[];
}

const products: Readonly<Record<SearchProduct, Product>> = {
  opensearch: {
    name: "OpenSearch 2.19.3",
    java: "org.opensearch",
    jars: [
      "org.opensearch:opensearch:2.19.3",
      "org.opensearch.plugin:transport-netty4-client:2.19.3",
      "org.apache.logging.log4j:log4j-core:2.21.0",
    ],
  },
  elasticsearch: {
    name: "Elasticsearch 7.17.29",
    java: "org.elasticsearch",
    jars: [
      "org.elasticsearch:elasticsearch:7.17.29",
      "org.elasticsearch.plugin:transport-netty4-client:7.17.29",
      "org.apache.logging.log4j:log4j-core:2.17.1",
    ],
  },
};

/** Compiles the launcher, so that a JRE without javac will do. */
const compilerJar = "org.eclipse.jdt:ecj:3.33.0";

const fetchMsMax = 300_000;

/** Why neither can be had here, or undefined. */
export function opensearchMissing(): string | undefined {
  if (findProgram("java") === undefined) return "OpenSearch needs java, which is not installed";
  const cached = Object.values(products).every((product) => existsSync(folderOf(product)));
  if (cached || findProgram("mvn") !== undefined) return undefined;
  return "OpenSearch comes as Maven artifacts, and mvn is not installed";
}

/** Starts a node with an empty data folder; `settings` are lines of its own configuration. */
export async function startOpensearch(
  options: {
    readonly product?: SearchProduct;
    readonly settings?: Readonly<Record<string, string>>;
  } = {},
): Promise<Opensearch> {
  const key = options.product ?? "opensearch";
  const product = products[key];
  const jars = await fetched(product);
  const folder = await tempFolder(key);
  for (const name of ["config", "modules", "plugins", "lib"]) {
    await mkdir(join(folder.path, "home", name), { recursive: true });
  }
  await writeFile(join(folder.path, "log4j2.properties"), logging);
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const argv = nodeArgv(jars, folder.path, {
    "http.port": String(port),
    "transport.port": String(await freePort()),
    ...options.settings,
  });
  const health = `${origin}/_cluster/health?wait_for_status=yellow&timeout=1s`;
  const server = await startRestartable({
    name: product.name,
    argv,
    readyMs: 120_000,
    ready: async () => (await fetch(health, { signal: AbortSignal.timeout(2000) })).ok,
  });
  return {
    product: key,
    port,
    origin,
    ask: (method, path, body) => ask(method, `${origin}${path}`, body),
    ...server,
    remove: async (): Promise<void> => {
      await server.kill();
      await folder.remove();
    },
  };
}

const logging = `status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %p %c{1.} %m%n
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
`;

function nodeArgv(
  jars: string,
  folder: string,
  settings: Readonly<Record<string, string>>,
): string[] {
  const all: Readonly<Record<string, string>> = {
    "path.home": join(folder, "home"),
    "path.data": join(folder, "data"),
    "path.logs": folder,
    "cluster.name": "tpctl-test",
    "node.name": "n1",
    "network.host": "127.0.0.1",
    "discovery.type": "single-node",
    "transport.type": "netty4",
    "http.type": "netty4",
    "node.processors": "1",
    "cluster.routing.allocation.disk.threshold_enabled": "false",
    ...settings,
  };
  return [
    "java",
    "-Xms256m",
    "-Xmx256m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    `-Dlog4j.configurationFile=${join(folder, "log4j2.properties")}`,
    "-Dlog4j2.disable.jmx=true",
    `-Djava.io.tmpdir=${folder}`,
    "-cp",
    `${join(jars, "lib")}/*:${jars}`,
    "SearchNode",
    ...Object.entries(all).map(([name, value]) => `${name}=${value}`),
  ];
}

function folderOf(product: Product): string {
  return join(cacheFolder, product.name.toLowerCase().replace(" ", "-"));
}

/** The folder with the product's jars and launcher; made on first use, by one process at a time. */
async function fetched(product: Product): Promise<string> {
  const folder = folderOf(product);
  const lock = `${folder}.fetching`;
  await mkdir(cacheFolder, { recursive: true });
  const deadline = performance.now() + fetchMsMax;
  while (!existsSync(folder)) {
    if (performance.now() > deadline) throw new Error(`'${lock}' is held by another process`);
    const mine = await mkdir(lock).then(() => true, () => false);
    if (!mine) {
      const made = (await stat(lock).catch(() => undefined))?.mtimeMs ?? Date.now();
      if (Date.now() - made > fetchMsMax) await rm(lock, { recursive: true, force: true });
      await Bun.sleep(200);
      continue;
    }
    try {
      await fetchInto(lock, product);
      await rename(lock, folder);
    } finally {
      await rm(lock, { recursive: true, force: true });
    }
  }
  return folder;
}

async function fetchInto(folder: string, product: Product): Promise<void> {
  await copyJars(folder, "lib", product.jars);
  await copyJars(folder, "compiler", [compilerJar]);
  const source = await readFile(join(import.meta.dir, "SearchNode.java"), "utf8");
  const own = source.replaceAll("org.opensearch", product.java);
  await writeFile(join(folder, "SearchNode.java"), own);
  const compiler = ["org.eclipse.jdt.internal.compiler.batch.Main", "-17", "-nowarn"];
  const classPath = [...new Bun.Glob("*.jar").scanSync(join(folder, "lib"))]
    .map((name) => join(folder, "lib", name)).join(":");
  const compilerPath = `${join(folder, "compiler")}/*`;
  await run(
    ["java", "-cp", compilerPath, ...compiler, "-cp", classPath, "-d", folder, "SearchNode.java"],
    folder,
  );
  if (!existsSync(join(folder, "SearchNode.class"))) {
    throw new Error(`no launcher for ${product.name}`);
  }
}

async function copyJars(folder: string, into: string, jars: readonly string[]): Promise<void> {
  const dependencies = jars.map((jar) => {
    const [group, artifact, version] = jar.split(":");
    return `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId>` +
      `<version>${version}</version></dependency>`;
  });
  const pom = "<project><modelVersion>4.0.0</modelVersion><groupId>test</groupId>" +
    "<artifactId>jars</artifactId><version>1</version><packaging>pom</packaging>" +
    `<dependencies>${dependencies.join("")}</dependencies></project>`;
  await writeFile(join(folder, "pom.xml"), pom);
  const goal = "dependency:copy-dependencies";
  const output = `-DoutputDirectory=${join(folder, into)}`;
  await run(["mvn", "-q", "-B", goal, "-DincludeScope=runtime", output], folder);
}

async function run(argv: readonly string[], cwd: string): Promise<void> {
  const child = Bun.spawn([...argv], { cwd, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const output = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  if (await child.exited !== 0) throw new Error(`'${argv.join(" ")}' failed:\n${output.join("")}`);
}

async function ask(method: string, url: string, body: unknown): Promise<SearchAnswer> {
  const response = await fetch(url, {
    method,
    signal: AbortSignal.timeout(30_000),
    ...(body === undefined ? {} : {
      body: typeof body === "string" ? body : JSON.stringify(body),
      headers: { "Content-Type": "application/json" },
    }),
  });
  const text = await response.text();
  return { status: response.status, json: text === "" ? undefined : JSON.parse(text) };
}
