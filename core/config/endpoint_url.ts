/**
 * Pure. Endpoint URLs of the command line, as typed endpoints: the table of schemes and what each
 * takes. Splitting a URL into its parts is url_parts.ts; nothing is connected here.
 */
import { UsageError } from "../errors.ts";
import type { AmqpEndpoint, Endpoint, KafkaEndpoint, SourceEndpoint } from "./endpoint.ts";
import type { StoreEndpoint } from "./endpoint.ts";
import { closest } from "./suggest.ts";
import { parseSaslMechanism } from "./kafka_security.ts";
import {
  addressesOf,
  credentialsOf,
  pathOf,
  type Secrets,
  splitUrl,
  tlsOf,
  UrlError,
  type UrlParts,
} from "./url_parts.ts";

/** Upper bound of the lines in one request to an InfluxDB where nothing else is configured. */
export const requestLinesMaxDefault = 5000;

type Role = "source" | "store";

interface Scheme {
  /** As it stands in a URL, with its TLS variant. */
  readonly names: readonly string[];
  readonly roles: readonly Role[];
  /** For error texts. */
  readonly form: string;
  readonly query: readonly string[];
  read(url: UrlParts, secrets: Secrets): Endpoint;
}

const TLS_QUERY = ["ca", "cert", "key"];

const SCHEMES: readonly Scheme[] = [
  {
    names: ["kafka", "kafkas"],
    roles: ["source", "store"],
    form: "kafka://host:9092[,host2:9092]/topic?group=name",
    query: ["group", "format", "mechanism", ...TLS_QUERY],
    read: readKafka,
  },
  {
    names: ["amqp", "amqps", "rabbit", "rabbits"],
    roles: ["source"],
    form: "amqp://user@host:5672/vhost?exchange=nova&topic=notifications",
    query: ["exchange", "topic", ...TLS_QUERY],
    read: readAmqp,
  },
  {
    names: ["file"],
    roles: ["source"],
    form: "file:///path",
    query: [],
    read: (url) => ({ scheme: "file", path: decodePath(url) }),
  },
  {
    names: ["influxdb", "influxdbs"],
    roles: ["store"],
    form: "influxdb://user@host:8086/database",
    query: TLS_QUERY,
    read: readInfluxdb,
  },
  {
    names: ["influxdb2", "influxdb2s"],
    roles: ["store"],
    form: "influxdb2://host:8086/bucket?org=name",
    query: ["org", ...TLS_QUERY],
    read: readInfluxdb2,
  },
  {
    names: ["sqlite"],
    roles: ["store"],
    form: "sqlite:path.db",
    query: [],
    read: (url) => ({ scheme: "sqlite", path: filePath(url) }),
  },
  {
    names: ["elasticsearch", "elasticsearchs"],
    roles: ["store"],
    form: "elasticsearch://host:9200/index",
    query: TLS_QUERY,
    read: readElasticsearch,
  },
  {
    names: ["line"],
    roles: ["store"],
    form: "line:- or line:path",
    query: [],
    read: (url) => ({ scheme: "line", path: filePath(url) }),
  },
  {
    names: ["documents"],
    roles: ["store"],
    form: "documents:- or documents:path",
    query: [],
    read: (url) => ({ scheme: "documents", path: filePath(url) }),
  },
  { names: ["null"], roles: ["store"], form: "null:", query: [], read: readNull },
];

/**
 * A source: a URL, a bare path, or `-` for stdin. Throws UsageError, which never shows a password.
 * `secrets` holds TPCTL_PASSWORD and TPCTL_INFLUX_TOKEN, for what the URL leaves out.
 */
export function parseSource(text: string, secrets: Secrets): SourceEndpoint {
  const endpoint = isBarePath(text) ? bareFile(text) : readAs(text, secrets, { role: "source" });
  if (!isSource(endpoint)) throw new Error(`${endpoint.scheme} is no source`);
  return endpoint;
}

/** A store to write to; `except` names those that the caller does not take. Throws UsageError. */
export function parseStore(
  text: string,
  secrets: Secrets,
  { except = [] }: { readonly except?: readonly string[] } = {},
): StoreEndpoint {
  const endpoint = readAs(text, secrets, { role: "store", except });
  if (endpoint.scheme === "amqp" || endpoint.scheme === "file") {
    throw new Error(`${endpoint.scheme} is no store`);
  }
  return endpoint;
}

/** What can be looked at: every source and every store. Throws UsageError. */
export function parseEndpoint(text: string, secrets: Secrets): Endpoint {
  return isBarePath(text) ? bareFile(text) : readAs(text, secrets);
}

function isSource(endpoint: Endpoint): endpoint is SourceEndpoint {
  return ["kafka", "amqp", "file"].includes(endpoint.scheme);
}

/** A path has no scheme; a Windows drive is a path too. */
function isBarePath(text: string): boolean {
  const scheme = /^([a-z][a-z0-9+-]*):/i.exec(text)?.[1];
  if (scheme === undefined || scheme.length === 1) return true;
  const known = schemeNames(undefined).includes(scheme.toLowerCase());
  return !known && !text.startsWith(`${scheme}://`);
}

function bareFile(path: string): Endpoint {
  if (path === "") throw new UsageError("Cannot read the source '': it is empty, expected a URL");
  return { scheme: "file", path };
}

function readAs(
  text: string,
  secrets: Secrets,
  { role, except = [] }: { readonly role?: Role; readonly except?: readonly string[] } = {},
): Endpoint {
  const name = /^([a-z][a-z0-9+-]*):/i.exec(text)?.[1]?.toLowerCase();
  const scheme = SCHEMES.find((row) => name !== undefined && row.names.includes(name));
  if (scheme === undefined || (role !== undefined && !scheme.roles.includes(role))) {
    throw new UsageError(unknownScheme(text, name, { role, except }));
  }
  try {
    const url = splitUrl(text);
    for (const option of url.query.keys()) {
      if (scheme.query.includes(option)) continue;
      const meant = closest(option, scheme.query);
      const expected = meant === undefined ? scheme.form : `'${meant}'`;
      throw new UrlError(`the option '${option}' is unknown`, expected);
    }
    return scheme.read(url, secrets);
  } catch (error) {
    if (!(error instanceof UrlError)) throw error;
    throw new UsageError(
      `${cannotUse(text, role)}: ${error.message}, expected ${error.expected ?? scheme.form}`,
    );
  }
}

function cannotUse(text: string, role: Role | undefined): string {
  return `Cannot use the ${role ?? "endpoint"} '${withoutSecrets(text)}'`;
}

function unknownScheme(
  text: string,
  name: string | undefined,
  { role, except }: { readonly role: Role | undefined; readonly except: readonly string[] },
): string {
  const names = schemeNames(role).filter((one) => !except.includes(one));
  const cannot = cannotUse(text, role);
  if (name === undefined) {
    const row = SCHEMES.find((one) => one.names.includes(text.toLowerCase()));
    const database = role === "store" && /\.(db|sqlite3?)$/i.test(text);
    const form = database ? `sqlite:${text}` : row?.form;
    return `${cannot}: it has no scheme, expected ${form ?? names.join(", ")}`;
  }
  if (schemeNames(undefined).includes(name)) {
    return `${cannot}: '${name}' is not a ${role}, expected ${names.join(", ")}`;
  }
  const meant = closest(name, names);
  const expected = meant === undefined ? names.join(", ") : `'${meant}'`;
  return `${cannot}: the scheme '${name}' is unknown, expected ${expected}`;
}

function schemeNames(role: Role | undefined): string[] {
  return SCHEMES.filter((row) => role === undefined || row.roles.includes(role))
    .flatMap((row) => row.names);
}

/** The URL as it may be shown: nothing between scheme and last `@`, which may be a password's. */
function withoutSecrets(text: string): string {
  return text.replace(/^([a-z][a-z0-9+-]*:(?:\/\/)?).*@/is, "$1").replace(/\?.*$/s, "");
}

function readKafka(url: UrlParts, secrets: Secrets): KafkaEndpoint {
  const credentials = credentialsOf(url, secrets);
  const mechanismText = url.query.get("mechanism")?.at(-1);
  const mechanism = parseSaslMechanism(mechanismText ?? "PLAIN");
  if (mechanism === undefined) {
    throw new UrlError(
      `the mechanism '${mechanismText}' is unknown`,
      "PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512",
    );
  }
  if (mechanismText !== undefined && credentials === undefined) {
    throw new UrlError("it has a mechanism and no user", "kafka://user@host:9092/topic");
  }
  const topic = pathOf(url);
  if (topic === "" || topic.includes("/")) throw new UrlError("it names no topic");
  return {
    scheme: "kafka",
    brokers: addressesOf(url, 9092),
    topic,
    group: url.query.get("group")?.at(-1),
    format: url.query.get("format")?.at(-1),
    security: {
      tls: tlsOf(url),
      sasl: credentials === undefined ? undefined : { ...credentials, mechanism },
    },
  };
}

function readAmqp(url: UrlParts, secrets: Secrets): AmqpEndpoint {
  const tls = tlsOf(url);
  const hosts = url.authorities.map((one) => {
    const [address] = addressesOf({ ...url, authorities: [one] }, tls === undefined ? 5672 : 5671);
    if (address === undefined) throw new UrlError("it names no host");
    return { ...address, credentials: credentialsOf({ ...url, authorities: [one] }, secrets) };
  });
  return {
    scheme: "amqp",
    hosts,
    vhost: pathOf(url) || "/",
    exchanges: url.query.get("exchange") ?? [],
    topics: url.query.get("topic") ?? [],
    tls,
  };
}

function readInfluxdb(url: UrlParts, secrets: Secrets): StoreEndpoint {
  const database = pathOf(url);
  if (database === "") throw new UrlError("it names no database");
  return {
    scheme: "influxdb",
    ...oneAddress(url, 8086),
    tls: tlsOf(url),
    credentials: credentialsOf(url, secrets),
    database,
    databasePerTenant: false,
    newDatabaseRetentionHours: 0,
    requestLinesMax: requestLinesMaxDefault,
    gzip: "auto",
  };
}

function readInfluxdb2(url: UrlParts, secrets: Secrets): StoreEndpoint {
  const bucket = pathOf(url);
  if (bucket === "") throw new UrlError("it names no bucket");
  if (url.authorities.some((one) => one.user !== undefined)) {
    throw new UrlError(
      "it has a user",
      "the token in TPCTL_INFLUX_TOKEN or [influxdb2] token_file",
    );
  }
  return {
    scheme: "influxdb2",
    ...oneAddress(url, 8086),
    tls: tlsOf(url),
    org: url.query.get("org")?.at(-1) ?? "",
    bucket,
    token: secrets.influxToken,
    bucketPerTenant: false,
    newBucketRetentionHours: 0,
    requestLinesMax: requestLinesMaxDefault,
    gzip: "auto",
  };
}

function readElasticsearch(url: UrlParts, secrets: Secrets): StoreEndpoint {
  const index = pathOf(url);
  if (index === "") throw new UrlError("it names no index");
  return {
    scheme: "elasticsearch",
    nodes: addressesOf(url, 9200),
    tls: tlsOf(url),
    credentials: credentialsOf(url, secrets),
    apiKey: undefined,
    indexPrefix: index,
    retriesMax: 3,
  };
}

function readNull(url: UrlParts): Endpoint {
  if (url.rest !== "") throw new UrlError("it takes nothing behind the colon");
  return { scheme: "null" };
}

function oneAddress(url: UrlParts, defaultPort: number): { host: string; port: number } {
  const [address, second] = addressesOf(url, defaultPort);
  if (address === undefined || second !== undefined) throw new UrlError("it needs one host");
  return address;
}

/** `sqlite:x.db`, `sqlite:/x.db` and `sqlite:///x.db`; the text is a path, nothing is decoded. */
function filePath(url: UrlParts): string {
  const path = url.rest.replace(/^\/\/(?=\/)/, "");
  if (path === "") throw new UrlError("it names no path");
  return path;
}

function decodePath(url: UrlParts): string {
  const local = url.rest.replace(/^\/\/(localhost)?(?=\/)/, "");
  if (local === "" || local.startsWith("//")) throw new UrlError("it names no local path");
  try {
    return decodeURIComponent(local);
  } catch {
    throw new UrlError("its path is not percent-encoded");
  }
}
