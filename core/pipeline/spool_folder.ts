/**
 * Pure. The name of a publisher's folder in the spool: readable, the same at every start, and another
 * for each URL and cargo. A new password or user is the same publisher.
 */
import { shownUrl } from "../config/publisher_url.ts";
import type { Cargo } from "./pipeline.ts";

/** Of the readable part. */
const lengthMax = 80;

/** `<readable>-<cargo>-<16 hex digits>`. */
export function spoolFolder(text: string, carries: Cargo): string {
  const readable = shownUrl(text).replace(/[^A-Za-z0-9.-]+/g, "_").slice(0, lengthMax);
  const withoutUser = text.replace(/:\/\/[^/?#]*@/, "://");
  const hash = Bun.hash(withoutUser).toString(16).padStart(16, "0");
  return `${readable}-${carries}-${hash}`;
}
