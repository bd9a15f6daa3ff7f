/**
 * Pure. The name of a publisher's folder in the spool: readable, the same at every start, and another
 * for each URL and cargo. A new password, user, certificate or time limit is the same publisher: what
 * waits behind a mistake in one of these is sent once it is put right.
 */
import { shownUrl } from "../config/publisher_url.ts";
import type { Cargo } from "./pipeline.ts";

/** Of the readable part. */
const lengthMax = 80;

/** Options that say how a far end is reached, not which one it is or what it is sent. */
const reaching: ReadonlySet<string> = new Set([
  "timeout",
  "max_retries",
  "max_retry",
  "max_queue_length",
  "policy",
  "ssl",
  "verify_ssl",
  "clientcert",
  "clientkey",
  "ca",
  "cert",
  "key",
  "token_file",
  "mechanism",
]);

/** `<readable>-<cargo>-<16 hex digits>`. */
export function spoolFolder(text: string, carries: Cargo): string {
  const readable = shownUrl(text).replace(/[^A-Za-z0-9.-]+/g, "_").slice(0, lengthMax);
  const hash = Bun.hash(identityOf(text)).toString(16).padStart(16, "0");
  return `${readable}-${carries}-${hash}`;
}

function identityOf(text: string): string {
  const [address = "", query = ""] = text.replace(/:\/\/[^/?#]*@/, "://").split(/\?(.*)/s);
  const pairs = query.split("&").filter((pair) => !reaching.has(pair.replace(/=.*/s, "")));
  const left = pairs.filter((pair) => pair !== "");
  return left.length === 0 ? address : `${address}?${left.join("&")}`;
}
