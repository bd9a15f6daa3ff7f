/**
 * Pure. A publisher's URL taken apart as Python's urllib.parse does it, because pipeline.yaml was
 * written for that: no percent-decoding of user, password and path, a netloc that ends at the first
 * of `/?#`, a lower-case host. Its options are publisher_options.ts.
 */
import { ConfigError, type Place } from "../errors.ts";
import type { PublisherUrl } from "../pipeline/publisher.ts";

const LEADING_JUNK = /^[\x20\p{Cc}]+/u;
const IGNORED = /[\t\r\n]/g;
const SCHEME = /^([a-z][a-z0-9+.-]*):/i;

/** Schemes of ours whose URLs name a file and no host. */
const FILE = /^[\x20\p{Cc}]*sqlite:/iu;

/** Schemes of ours that name several hosts, each with its port; they stay together in `host`. */
const CLUSTER = /^kafkas?$/i;

/**
 * Takes a URL apart; one without `://` is only a scheme, as the reference's older form has it. Throws
 * a ConfigError, which never shows the user, the password or the query.
 */
export function parsePublisherUrl(text: string, place?: Place): PublisherUrl {
  const whole = text.includes("://") || FILE.test(text) ? text : `${text}://`;
  const clean = whole.replace(LEADING_JUNK, "").replace(IGNORED, "");
  const scheme = SCHEME.exec(clean)?.[1];
  const fail = (why: string, expected: string) =>
    new ConfigError(
      `Cannot use the publisher '${shownUrl(whole)}': ${why}, expected ${expected}`,
      place,
      { rule: "publisher/bad-url" },
    );
  if (scheme === undefined) throw fail("it has no scheme", "scheme://host:port/path?options");
  const rest = clean.slice(scheme.length + 1).replace(/#.*$/s, "");
  const mark = rest.indexOf("?");
  const hierarchy = mark < 0 ? rest : rest.slice(0, mark);
  const { netloc, path } = splitNetloc(hierarchy);
  const at = netloc.lastIndexOf("@");
  const address = CLUSTER.test(scheme)
    ? { host: netloc.slice(at + 1), port: undefined }
    : splitAddress(netloc.slice(at + 1));
  if (address === undefined) throw fail("its brackets hold no IPv6 address", "[address]:port");
  const port = readPort(address.port);
  if (port === null) throw fail(`its port '${address.port}' is none`, "a port from 0 to 65535");
  const userInfo = at < 0 ? undefined : netloc.slice(0, at);
  const colon = userInfo?.indexOf(":") ?? -1;
  return {
    text: whole,
    scheme: scheme.toLowerCase(),
    user: colon < 0 ? userInfo : userInfo?.slice(0, colon),
    password: colon < 0 ? undefined : userInfo?.slice(colon + 1),
    host: address.host.toLowerCase(),
    port,
    path,
    query: readQuery(mark < 0 ? "" : rest.slice(mark + 1)),
  };
}

/** The URL as it may be shown: without user, password, query and fragment. */
export function shownUrl(text: string): string {
  return text.replace(/[?#].*$/s, "").replace(/:\/\/[^/]*@/s, "://");
}

function splitNetloc(text: string): { readonly netloc: string; readonly path: string } {
  if (!text.startsWith("//")) return { netloc: "", path: text };
  const slash = text.indexOf("/", 2);
  if (slash < 0) return { netloc: text.slice(2), path: "" };
  return { netloc: text.slice(2, slash), path: text.slice(slash) };
}

function splitAddress(text: string): { host: string; port: string | undefined } | undefined {
  if (/[[\]]/.test(text)) {
    const parts = /^\[([0-9a-f:.]*:[0-9a-f:.]*(?:%[^\]]*)?)\](?::(.*))?$/i.exec(text);
    return parts === null ? undefined : { host: parts[1] ?? "", port: parts[2] };
  }
  const colon = text.indexOf(":");
  if (colon < 0) return { host: text, port: undefined };
  return { host: text.slice(0, colon), port: text.slice(colon + 1) };
}

/** Null where it is no port. */
function readPort(text: string | undefined): number | undefined | null {
  if (text === undefined || text === "") return undefined;
  const port = Number(text);
  return /^[0-9]+$/.test(text) && port <= 65535 ? port : null;
}

/** As parse_qsl with blank values kept; `+` is a space, broken escapes stay as they are. */
function readQuery(text: string): [name: string, value: string][] {
  return text.split("&").filter((pair) => pair !== "").map((pair) => {
    const equal = pair.indexOf("=");
    if (equal < 0) return [decode(pair), ""];
    return [decode(pair.slice(0, equal)), decode(pair.slice(equal + 1))];
  });
}

const UTF8 = new TextDecoder();

function decode(text: string): string {
  return text.replaceAll("+", " ").replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => {
    const bytes = escapes.slice(1).split("%").map((hex) => Number.parseInt(hex, 16));
    return UTF8.decode(new Uint8Array(bytes));
  });
}
