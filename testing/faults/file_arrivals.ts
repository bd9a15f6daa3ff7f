/**
 * Edge (files). What the file publisher has written, line by line; a torn line throws.
 */
import { existsSync, readFileSync } from "node:fs";
import { memberOf } from "./http_far_end.ts";
import { Arrivals } from "./notifications.ts";

/** Reads the whole file anew. */
export function arrivalsInFile(path: string, count: number): Arrivals {
  const arrivals = new Arrivals(count);
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const sample: unknown = JSON.parse(line);
    arrivals.add(memberOf(sample, "resource_id"), memberOf(sample, "volume"));
  }
  return arrivals;
}
