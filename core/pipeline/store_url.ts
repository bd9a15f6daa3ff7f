/**
 * Pure. From a publisher's URL that names a store (kafka, influxdb, influxdb2, sqlite) to its typed
 * endpoint, by the same rules as on the command line.
 */
import { parseStore } from "../config/endpoint_url.ts";
import type { StoreEndpoint } from "../config/endpoint.ts";
import type { Secrets } from "../config/url_parts.ts";
import { ConfigError, UsageError } from "../errors.ts";
import type { PublisherUrl } from "./publisher.ts";

/** What the command line does not know of the URL, and what fills its gaps. */
export interface StoreUrlOptions {
  /** Options of the publisher alone, which are no part of the endpoint. */
  readonly own: readonly string[];
  readonly secrets: Secrets;
}

/** Throws a ConfigError, which never shows a password. */
export function storeOf(url: PublisherUrl, { own, secrets }: StoreUrlOptions): StoreEndpoint {
  const text = url.text.trim();
  const mark = text.indexOf("?");
  const pairs = (mark < 0 ? "" : text.slice(mark + 1)).split("&").filter((pair) => {
    const name = pair.replace(/=.*$/s, "");
    return pair !== "" && !own.includes(name);
  });
  const head = mark < 0 ? text : text.slice(0, mark);
  try {
    return parseStore(pairs.length === 0 ? head : `${head}?${pairs.join("&")}`, secrets);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new ConfigError(error.message, undefined, { cause: error });
  }
}
