/**
 * Pure. An endpoint URL in its parts. The platform's URL class knows no lists of hosts and turns
 * some of our schemes' paths around, so the splitting is done here.
 */
import type { Credentials, HostPort, Tls } from "./endpoint.ts";
import { parseHostPort } from "./option.ts";

/** What is wrong with a URL, for the caller to wrap; the text holds no secret. */
export class UrlError extends Error {
  override readonly name = "UrlError";

  constructor(text: string, readonly expected?: string) {
    super(text);
  }
}

/** Secrets that may be given in the environment instead of the URL. */
export interface Secrets {
  /** TPCTL_PASSWORD: for a URL that has a user and no password. */
  readonly password: string | undefined;
  /** TPCTL_INFLUX_TOKEN. */
  readonly influxToken: string | undefined;
}

/** One host of a URL, with its own user. */
export interface Authority {
  /** Decoded; undefined where there is no `@`. */
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** `host`, `host:port` or `[v6]:port`. */
  readonly address: string;
}

/** A URL, split and not yet understood. */
export interface UrlParts {
  /** Lower case. */
  readonly scheme: string;
  /** All behind `scheme:`, untouched, without the query. */
  readonly rest: string;
  /** One per comma-separated host; empty where there is no `//`. */
  readonly authorities: readonly Authority[];
  /** Behind the authority, with its first slash, not decoded. */
  readonly path: string;
  /** Decoded, in order, by name. */
  readonly query: ReadonlyMap<string, readonly string[]>;
}

/** Splits `scheme:[//user:password@host:port,...][/path][?query]`. Throws UrlError. */
export function splitUrl(text: string): UrlParts {
  const colon = text.indexOf(":");
  const scheme = text.slice(0, colon).toLowerCase();
  const behind = text.slice(colon + 1);
  // A file's name may hold a question mark; only URLs with hosts have options.
  const mark = behind.startsWith("//") && !behind.startsWith("///") ? behind.indexOf("?") : -1;
  const rest = mark < 0 ? behind : behind.slice(0, mark);
  if (mark >= 0 && isCutPassword(rest, behind.slice(mark + 1))) {
    throw new UrlError("a '?' stands before its last '@'", "%3F for a '?' in a password");
  }
  const query = mark < 0 ? new Map<string, string[]>() : readQuery(behind.slice(mark + 1));
  if (!rest.startsWith("//")) return { scheme, rest, authorities: [], path: rest, query };
  // A password may hold a slash: the path begins behind the last host.
  const at = rest.lastIndexOf("@");
  const slash = rest.indexOf("/", Math.max(at, 2));
  const hosts = rest.slice(2, slash < 0 ? undefined : slash);
  return {
    scheme,
    rest,
    authorities: hosts === "" ? [] : splitHosts(hosts).map(readAuthority),
    path: slash < 0 ? "" : rest.slice(slash),
    query,
  };
}

/**
 * Whether what looks like options is the end of a password that holds a `?`: then neither it nor what
 * looks like hosts may be shown.
 */
function isCutPassword(hosts: string, query: string): boolean {
  if (query.split("&").some((pair) => pair.split("=", 1)[0]?.includes("@"))) return true;
  const arePlain = /^\/\/((\[[^\]]*\]|[^:,/[]*)(:\d*)?(,|$|(?=\/)))*(\/|$)/.test(hosts);
  return query.includes("@") && !hosts.includes("@") && !arePlain;
}

/** The hosts of a URL; at least one. */
export function addressesOf(url: UrlParts, defaultPort: number): HostPort[] {
  if (url.authorities.length === 0) throw new UrlError("it names no host");
  return url.authorities.map(({ address }) => {
    const parsed = parseHostPort(address, defaultPort);
    if ("unreadable" in parsed) {
      throw new UrlError(parsed.unreadable.why, parsed.unreadable.expected);
    }
    return parsed.value;
  });
}

/** User and password of the first host that has them. */
export function credentialsOf(url: UrlParts, secrets: Secrets): Credentials | undefined {
  const found = url.authorities.find((one) => one.user !== undefined);
  if (found?.user === undefined) return undefined;
  const password = found.password ?? secrets.password;
  if (password === undefined) {
    throw new UrlError("it has a user and no password", "the password in TPCTL_PASSWORD");
  }
  return { user: found.user, password };
}

/** The path without its first slash, decoded. */
export function pathOf(url: UrlParts): string {
  return decode(url.path.replace(/^\//, ""), "its path");
}

/** TLS where the scheme ends in `s`; `ca`, `cert` and `key` elsewhere are a mistake. */
export function tlsOf(url: UrlParts): Tls | undefined {
  const [caFile, certFile, keyFile] = ["ca", "cert", "key"].map((name) =>
    url.query.get(name)?.at(-1)
  );
  if (!url.scheme.endsWith("s")) {
    if ((caFile ?? certFile ?? keyFile) === undefined) return undefined;
    throw new UrlError("ca, cert and key are for TLS", `${url.scheme}s://`);
  }
  if ((certFile === undefined) !== (keyFile === undefined)) {
    throw new UrlError("cert and key go together", "both or none");
  }
  return { caFile, certFile, keyFile, verify: true, verifyGiven: true };
}

/** Commas between hosts; a comma inside a password belongs to it. */
function splitHosts(hosts: string): string[] {
  const parts: string[] = [];
  for (const part of hosts.split(",")) {
    const last = parts.at(-1);
    const isOpen = last !== undefined && !last.includes("@") && part.includes("@") &&
      last.includes(":") && !/:\d+$/.test(last);
    if (isOpen) parts[parts.length - 1] = `${last},${part}`;
    else parts.push(part);
  }
  return parts;
}

function readAuthority(text: string): Authority {
  const at = text.lastIndexOf("@");
  if (at < 0) return { user: undefined, password: undefined, address: text };
  const userInfo = text.slice(0, at);
  const colon = userInfo.indexOf(":");
  return {
    user: decode(colon < 0 ? userInfo : userInfo.slice(0, colon), "its user"),
    password: colon < 0 ? undefined : decode(userInfo.slice(colon + 1), "its password"),
    address: text.slice(at + 1),
  };
}

function readQuery(text: string): Map<string, string[]> {
  const query = new Map<string, string[]>();
  for (const pair of text.split("&").filter((one) => one !== "")) {
    const equal = pair.indexOf("=");
    const name = decode(equal < 0 ? pair : pair.slice(0, equal), "its query");
    const value = equal < 0 ? "" : decode(pair.slice(equal + 1), "its query");
    query.set(name, [...(query.get(name) ?? []), value]);
  }
  return query;
}

function decode(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new UrlError(`${what} is not percent-encoded`);
  }
}
