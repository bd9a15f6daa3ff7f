/**
 * Edge (net). Requests to OpenStack services with the credentials of one configuration section: a
 * Keystone token that is kept, renewed before it ends and once more when a service refuses it, or
 * gnocchi-basic's header. Retrying and waiting are the caller's, who is told what to do by the
 * StoreError's reaction.
 */
import type { Clock } from "../clock.ts";
import type { BasicCredentials, KeystoneConfig } from "../config/keystone_config.ts";
import { shownUrl } from "../config/publisher_url.ts";
import { StoreError } from "../delivery/writer.ts";
import { ConfigError } from "../errors.ts";
import { type Answer, quotation } from "../http/answer.ts";
import type { FarEnd } from "../http/failures.ts";
import { drainBytesMax, type HttpRequest, sendRequest } from "../http/request.ts";
import { loadTls, type TlsMaterial } from "../http/tls.ts";
import { findEndpoint, type ServiceQuery } from "./catalog.ts";
import { tokenFailure } from "./token_failure.ts";
import {
  identityUrl,
  readToken,
  type Token,
  type TokenCredentials,
  type TokenProject,
  tokenRequest,
} from "./token.ts";

/** All methods reject with a StoreError, also when the signal aborts. */
export interface ServiceSession {
  /** The service's URL without a slash at its end; for `identity` the one of v3. */
  endpoint(service: ServiceQuery, signal: AbortSignal): Promise<string>;
  /**
   * Sends with credentials and gives the answer, whatever its status, but for a 401: then the token
   * is renewed and the request sent again, once; a fresh token refused is a `hold`.
   */
  send(request: HttpRequest, signal: AbortSignal): Promise<Answer>;
  /** The project that the credentials are for; undefined where there is none. */
  project(signal: AbortSignal): Promise<TokenProject | undefined>;
  /** Whether Keystone stands behind it; gnocchi-basic has none. */
  readonly hasKeystone: boolean;
}

/** What a session works with. */
export interface SessionDeps {
  readonly clock: Clock;
  /** For each request; undefined: the section's `timeout`, else `requestTimeoutMs`. */
  readonly timeoutMs?: number | undefined;
}

/** The time limit where nobody says another, in ms. */
export const requestTimeoutMs = 60_000;

/** A token is renewed this long before its end, or a quarter of its life if that is less; ms. */
const renewBeforeMsMax = 30_000;

/** Opens no connection yet. Throws a ConfigError for a section that lacks what it needs. */
export function createSession(config: KeystoneConfig, deps: SessionDeps): ServiceSession {
  const tls = loadTls(config.tls);
  const link = {
    tls,
    section: config.section,
    timeoutMs: deps.timeoutMs ?? config.timeoutMs ?? requestTimeoutMs,
  };
  if (config.authType === "none") {
    throw new ConfigError(
      `Cannot use the credentials of [${config.section}]: ${config.why}, expected what its ` +
        "auth_type needs",
    );
  }
  if (config.authType === "basic") return new BasicSession(config, link);
  return new KeystoneSession(config, deps.clock, link);
}

interface Link {
  readonly tls: TlsMaterial;
  readonly section: string;
  readonly timeoutMs: number;
}

function farEndOf(url: string, { section }: Link): FarEnd {
  const name = /^[a-z]+:\/\/[^/]*/i.exec(shownUrl(url))?.[0] ?? shownUrl(url);
  return { name, tlsOptions: `[${section}] cafile, insecure` };
}

/** gnocchi-basic: the user's name is all there is, and one endpoint serves whatever is asked for. */
class BasicSession implements ServiceSession {
  readonly hasKeystone = false;
  readonly #config: BasicCredentials;
  readonly #link: Link;

  constructor(config: BasicCredentials, link: Link) {
    this.#config = config;
    this.#link = link;
  }

  endpoint(): Promise<string> {
    return Promise.resolve(this.#config.endpoint.replace(/\/+$/, ""));
  }

  async send(request: HttpRequest, signal: AbortSignal): Promise<Answer> {
    const { user, section } = this.#config;
    const credentials = Buffer.from(`${user}:`).toString("base64");
    const headers = { ...request.headers, Authorization: `basic ${credentials}` };
    const farEnd = farEndOf(request.url, this.#link);
    const answer = await sendRequest({ ...request, headers }, {
      ...this.#link,
      farEnd,
      keptBytesMax: drainBytesMax,
      signal,
    });
    if (answer.status === 401) throw refusedUser(farEnd, section, answer);
    return answer;
  }

  project(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
}

function refusedUser(farEnd: FarEnd, section: string, answer: Answer): StoreError {
  return new StoreError(
    `Cannot use '${farEnd.name}' with the credentials of [${section}]: it answered 401 ` +
      `${quotation(answer.text)}, expected credentials that it accepts`,
    "hold",
  );
}

interface KeptToken extends Token {
  /** On the monotonic clock, from when it is renewed. */
  readonly renewAtMs: number;
}

class KeystoneSession implements ServiceSession {
  readonly hasKeystone = true;
  readonly #config: TokenCredentials;
  readonly #clock: Clock;
  readonly #link: Link;
  #token: KeptToken | undefined;
  #asking: Promise<KeptToken> | undefined;

  constructor(config: TokenCredentials, clock: Clock, link: Link) {
    this.#config = config;
    this.#clock = clock;
    this.#link = link;
  }

  async endpoint(service: ServiceQuery, signal: AbortSignal): Promise<string> {
    const { interface: kind, regionName, section } = this.#config;
    const { catalog } = await this.#currentToken(signal);
    const found = findEndpoint(catalog, service, { interface: kind, regionName });
    if ("url" in found) return service.type === "identity" ? identityUrl(found.url) : found.url;
    throw new StoreError(
      `Cannot find the service '${service.type}': ${found.why}, expected one, or other values of ` +
        `[${section}] interface, region_name`,
      "hold",
    );
  }

  async send(request: HttpRequest, signal: AbortSignal): Promise<Answer> {
    const token = await this.#currentToken(signal);
    const answer = await this.#sendWith(token, request, signal);
    if (answer.status !== 401) return answer;
    // Several requests may find out at once; one of them renews.
    if (this.#token === token) this.#token = undefined;
    const renewed = await this.#sendWith(await this.#currentToken(signal), request, signal);
    if (renewed.status !== 401) return renewed;
    throw refusedUser(farEndOf(request.url, this.#link), this.#config.section, renewed);
  }

  async project(signal: AbortSignal): Promise<TokenProject | undefined> {
    return (await this.#currentToken(signal)).project;
  }

  #sendWith(token: Token, request: HttpRequest, signal: AbortSignal): Promise<Answer> {
    const headers = { ...request.headers, "X-Auth-Token": token.id };
    const farEnd = farEndOf(request.url, this.#link);
    return sendRequest({ ...request, headers }, {
      ...this.#link,
      farEnd,
      keptBytesMax: drainBytesMax,
      signal,
    });
  }

  async #currentToken(signal: AbortSignal): Promise<KeptToken> {
    const kept = this.#token;
    if (kept !== undefined && this.#clock.monotonic() < kept.renewAtMs) return kept;
    this.#asking ??= this.#askToken().finally(() => this.#asking = undefined);
    // One caller that gives up must not take the token away from the others.
    return await orAborted(this.#asking, signal, farEndOf(this.#config.authUrl, this.#link));
  }

  async #askToken(): Promise<KeptToken> {
    const askedAtMs = this.#clock.monotonic();
    const { authUrl, section } = this.#config;
    const farEnd = farEndOf(authUrl, this.#link);
    const answer = await sendRequest({
      method: "POST",
      url: `${identityUrl(authUrl)}/auth/tokens`,
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: tokenRequest(this.#config),
    }, {
      ...this.#link,
      farEnd,
      keptBytesMax: drainBytesMax,
      signal: new AbortController().signal,
    });
    const token = answer.status === 201 ? readToken(answer) : undefined;
    if (token === undefined) {
      throw tokenFailure(answer, { name: farEnd.name, section, nowMs: this.#clock.now() });
    }
    const early = Math.min(renewBeforeMsMax, token.lifetimeMs / 4);
    this.#token = { ...token, renewAtMs: askedAtMs + token.lifetimeMs - early };
    return this.#token;
  }
}

function orAborted<T>(promise: Promise<T>, signal: AbortSignal, farEnd: FarEnd): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => {
      const why = "given up while waiting for a token";
      reject(new StoreError(`Cannot reach '${farEnd.name}': ${why}, expected an answer`, "retry"));
    };
    if (signal.aborted) giveUp();
    signal.addEventListener("abort", giveUp, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", giveUp));
  });
}
