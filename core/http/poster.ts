/**
 * Edge (net). `HttpPoster`: posts bodies to the URL of a publisher, as Ceilometer's HttpPublisher does
 * it: its own options taken out of the query, the rest kept, Basic credentials as written, redirects
 * with a method that keeps the body followed. Shared by all publishers that post; what they post is
 * theirs.
 */
import type { Clock } from "../clock.ts";
import {
  type PublisherOptionValues,
  type ReadPublisherOptions,
  readPublisherOptions,
} from "../config/publisher_options.ts";
import { shownUrl } from "../config/publisher_url.ts";
import type { PublisherSettings } from "../config/pipeline_config.ts";
import { StoreError } from "../delivery/writer.ts";
import { ConfigError } from "../errors.ts";
import type { Log } from "../log/log.ts";
import type { HttpFarEnd } from "../online/far_end.ts";
import type {
  PublisherDeps,
  PublisherKind,
  PublisherOption,
  PublisherUrl,
} from "../pipeline/publisher.ts";
import type { Answer } from "./answer.ts";
import { readClientTls } from "./client_tls.ts";
import { postRefusal } from "./post_reactions.ts";
import { type HttpRequest, type RequestOptions, sendRequest } from "./request.ts";

/** Options that every publisher takes that posts. */
export const postOptions: readonly PublisherOption[] = [
  {
    name: "timeout",
    kind: "int",
    default: "5",
    min: 1,
    max: 86_400,
    unit: "seconds",
    help: "From sending a request to the end of its answer.",
  },
  {
    name: "max_retries",
    kind: "int",
    default: "2",
    min: 0,
    max: 100,
    help: "Connections tried again at once before the publisher's policy has its turn.",
  },
  {
    name: "batch",
    kind: "bool",
    default: "true",
    help: "One request for all samples or events of a notification; false: one request each.",
  },
  {
    name: "verify_ssl",
    kind: "string",
    default: "true",
    help: "Whether the server's certificate is verified, or the path of a CA bundle to do it by.",
  },
  { name: "clientcert", kind: "path", help: "The client certificate, with its key if need be." },
  { name: "clientkey", kind: "path", help: "The key of the client certificate." },
  {
    name: "raw_only",
    kind: "bool",
    default: "false",
    help: "Of events only the stored payload of the notification is posted.",
  },
];

/** The option of schemes that say nothing about TLS. */
export const sslOption: PublisherOption = {
  name: "ssl",
  kind: "bool",
  default: "false",
  help: "Posts with https instead of http.",
};

/** What the reference takes its default for, where it cannot be read as an integer. */
const lenientOptions = ["timeout", "max_retries"];

/** Redirects followed in a row, as python-requests has it. */
const redirectsMax = 30;

/** How one kind of publisher posts. */
export interface PosterPlan {
  /** The kind; its options hold `postOptions`, and `sslOption` unless its scheme is http or https. */
  readonly kind: Pick<PublisherKind<PublisherSettings>, "options" | "unknownOptions">;
  readonly contentType: string;
  /** Asked first what an answer means, whatever its status; undefined: what it means for all. */
  refusalOf?(answer: Answer, name: string): StoreError | undefined;
}

/** What goes with one body. */
export interface PostOptions {
  readonly signal: AbortSignal;
  /** Put behind the URL's path, before its query. */
  readonly subPath?: string;
  /** Further headers; they win over the poster's own. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Where one publisher's URL posts to, and how. */
interface PostTarget extends HttpFarEnd {
  readonly read: ReadPublisherOptions;
}

/** Throws a ConfigError for a URL that cannot work. */
function postTarget(url: PublisherUrl, kind: PosterPlan["kind"]): PostTarget {
  const name = shownUrl(url.text);
  if (url.host === "") {
    throw new ConfigError(
      `Cannot use the publisher '${name}': it names no host, expected ` +
        `${url.scheme}://host:port/path`,
    );
  }
  const read = readPublisherOptions(url, kind);
  const { values, passedOn } = read;
  const isPlain = url.scheme === "http" || url.scheme === "https";
  const isSecure = isPlain ? url.scheme === "https" : values.bool("ssl");
  const credentials = basicCredentials(url, name);
  return {
    kind: "http",
    name,
    url: targetOf(url, isSecure ? "https" : "http", passedOn),
    headers: credentials === undefined ? {} : { Authorization: credentials },
    tls: isSecure
      ? readClientTls({
        verify: values.text("verify_ssl"),
        certFile: values.text("clientcert"),
        keyFile: values.text("clientkey"),
      })
      : undefined,
    read,
  };
}

/** What a publisher that posts connects to. Throws a ConfigError for a URL that cannot work. */
export function postFarEnd(url: PublisherUrl, kind: PosterPlan["kind"]): HttpFarEnd {
  const { read: _, ...farEnd } = postTarget(url, kind);
  return farEnd;
}

/** Posts to one publisher's URL. */
export class HttpPoster {
  /** `scheme://host:port/path`. */
  readonly name: string;
  readonly options: PublisherOptionValues;
  readonly #target: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #request: Omit<RequestOptions, "signal">;
  readonly #triesMax: number;
  readonly #clock: Clock;
  readonly #plan: PosterPlan;
  #isClosed = false;

  /** Throws a ConfigError for a URL or an option that cannot work. */
  constructor(url: PublisherUrl, deps: PublisherDeps<PublisherSettings>, plan: PosterPlan) {
    this.#clock = deps.clock;
    this.#plan = plan;
    const target = postTarget(url, plan.kind);
    reportOptions(target.read, deps.log);
    this.name = target.name;
    this.options = target.read.values;
    this.#target = target.url;
    this.#headers = { "Content-Type": plan.contentType, ...target.headers };
    this.#request = {
      farEnd: { name: this.name, tlsOptions: "verify_ssl, clientcert and clientkey of its URL" },
      tls: target.tls,
      timeoutMs: this.options.number("timeout") * 1000,
    };
    this.#triesMax = this.options.number("max_retries") + 1;
  }

  /** Resolves when the server has accepted the body (2xx); rejects with a StoreError. */
  async post(body: string | Uint8Array, options: PostOptions): Promise<void> {
    if (this.#isClosed) throw new Error(`${this.name} is closed`);
    const { signal, subPath, headers } = options;
    const request: HttpRequest = {
      method: "POST",
      url: subPath === undefined ? this.#target : this.#target.replace(/(?=\?|$)/, () => subPath),
      headers: headers === undefined ? this.#headers : { ...this.#headers, ...headers },
      body,
    };
    const answer = await this.#follow(request, signal);
    const refusal = this.#plan.refusalOf?.(answer, this.name) ??
      postRefusal(answer, this.name, this.#clock.now());
    if (refusal !== undefined) throw refusal;
  }

  /** Further posts are a mistake. Connections belong to the runtime's pool. */
  close(): void {
    this.#isClosed = true;
  }

  /** 307 and 308 say that the same request is wanted elsewhere; others would lose the body. */
  async #follow(request: HttpRequest, signal: AbortSignal): Promise<Answer> {
    let wanted = request;
    for (let redirects = 0;; redirects++) {
      const answer = await this.#send(wanted, signal);
      if (answer.status !== 307 && answer.status !== 308) return answer;
      const location = answer.headers.get("location");
      if (location === null || redirects === redirectsMax) return answer;
      const url = URL.parse(location, wanted.url);
      if (url === null) return answer;
      wanted = { ...wanted, url: url.href, headers: headersFor(url, wanted) };
    }
  }

  async #send(request: HttpRequest, signal: AbortSignal): Promise<Answer> {
    const options = { ...this.#request, signal };
    for (let tries = 1;; tries++) {
      try {
        return await sendRequest(request, options);
      } catch (error) {
        if (tries >= this.#triesMax || signal.aborted || !isQuickFailure(error)) throw error;
      }
    }
  }
}

/** A connection that failed at once may work at once; one that was silent has had its time. */
function isQuickFailure(error: unknown): boolean {
  if (!(error instanceof StoreError) || error.reaction !== "retry") return false;
  return !(error.cause instanceof Error && error.cause.name === "TimeoutError");
}

function reportOptions({ errors, notes }: ReadPublisherOptions, log: Log): void {
  for (const { option, text } of errors) {
    if (!lenientOptions.includes(option)) throw new ConfigError(text);
    log.warning(`${text}; the default is used`);
  }
  for (const { text } of notes) log.info(text);
}

/** Another host is not told the credentials, as with python-requests. */
function headersFor(url: URL, request: HttpRequest): Readonly<Record<string, string>> {
  const before = new URL(request.url);
  const isUpgrade = before.hostname === url.hostname && before.protocol === "http:" &&
    url.protocol === "https:" && before.port === "" && url.port === "";
  if (before.origin === url.origin || isUpgrade) return request.headers ?? {};
  const { Authorization: _, ...others } = request.headers ?? {};
  return others;
}

/** The URL without credentials and without the options that are ours. */
function targetOf(
  { host, port, path }: PublisherUrl,
  scheme: "http" | "https",
  passedOn: PublisherUrl["query"],
): string {
  const address = host.includes(":") ? `[${host}]` : host;
  const query = encodeQuery(passedOn);
  return `${scheme}://${address}${port === undefined ? "" : `:${port}`}${path}` +
    (query === "" ? "" : `?${query}`);
}

/** As parse_qs and urlencode make it: values of one name together, blank ones dropped. */
function encodeQuery(pairs: PublisherUrl["query"]): string {
  const values = new Map<string, string[]>();
  for (const [name, value] of pairs) {
    if (value !== "") values.set(name, [...values.get(name) ?? [], value]);
  }
  return [...values].flatMap(([name, all]) =>
    all.map((value) => `${quotePlus(name)}=${quotePlus(value)}`)
  ).join("&");
}

/** Python's `quote_plus`. */
function quotePlus(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%20", "+");
}

/** The header for user and password as they stand in the URL: not percent-decoded, latin-1 if it can be. */
function basicCredentials({ user, password }: PublisherUrl, name: string): string | undefined {
  if (user === undefined || user === "") return undefined;
  if (password === undefined) {
    throw new ConfigError(
      `Cannot use the publisher '${name}': its user has no password, expected user:password@host`,
    );
  }
  const text = `${user}:${password}`;
  // deno-lint-ignore no-control-regex
  const encoding = /^[\x00-\xff]*$/.test(text) ? "latin1" : "utf8";
  return `Basic ${Buffer.from(text, encoding).toString("base64")}`;
}
