/**
 * Edge (net). An HTTP server as a publisher's far end that can go away and come back on its port. What
 * is posted is handed on as parsed JSON, item by item, before it is answered.
 */
import { freePort } from "../servers/server.ts";

/** How the far end takes what comes. */
export interface HttpFarEndOptions {
  /** Called for each item of a posted list, or for what was posted. */
  readonly take: (item: unknown, request: Request) => void;
  /** Whether the request may come in at all; an answer that says why not. */
  readonly refuse?: (request: Request) => Promise<Response | undefined>;
  /** Waits before it answers. */
  readonly delayMs?: number;
}

/** See above; `up` is needed first. */
export class HttpFarEnd {
  readonly port: number;
  requests = 0;
  #options: HttpFarEndOptions;
  #server: ReturnType<typeof Bun.serve> | undefined;

  constructor(port: number, options: HttpFarEndOptions) {
    this.port = port;
    this.#options = options;
  }

  up(): void {
    this.#server ??= Bun.serve({
      port: this.port,
      hostname: "127.0.0.1",
      maxRequestBodySize: 1024 * 1024 * 1024,
      fetch: (request) => this.#answer(request),
    });
  }

  /** Refuses connections from now on. */
  async down(): Promise<void> {
    await this.#server?.stop(true);
    this.#server = undefined;
  }

  async #answer(request: Request): Promise<Response> {
    const { take, refuse, delayMs } = this.#options;
    const refused = await refuse?.(request);
    if (refused !== undefined) return refused;
    const body: unknown = await request.json();
    if (delayMs !== undefined) await Bun.sleep(delayMs);
    this.requests++;
    for (const item of Array.isArray(body) ? body : [body]) take(item, request);
    return new Response("");
  }
}

/** One that is up, on a free port. */
export async function startHttpFarEnd(options: HttpFarEndOptions): Promise<HttpFarEnd> {
  const farEnd = new HttpFarEnd(await freePort(), options);
  farEnd.up();
  return farEnd;
}

/** A member of an object, or undefined. */
export function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}
