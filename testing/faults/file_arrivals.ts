/**
 * Edge (files). What the file publisher has written: how many lines so far, at little cost, and which
 * samples, line by line, where a torn line throws.
 */
import { existsSync, readFileSync } from "node:fs";
import { memberOf } from "./http_far_end.ts";
import { Arrivals } from "./notifications.ts";

const newline = 0x0a;

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

/** Lines of a file that grows; `read` looks at what is new since the last call. */
export class GrowingLines {
  readonly #path: string;
  #at = 0;
  #lines = 0;

  constructor(path: string) {
    this.#path = path;
  }

  async read(): Promise<number> {
    if (!existsSync(this.#path)) return 0;
    const bytes = await Bun.file(this.#path).slice(this.#at).bytes();
    this.#at += bytes.length;
    for (const byte of bytes) if (byte === newline) this.#lines++;
    return this.#lines;
  }
}
