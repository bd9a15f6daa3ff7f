/**
 * Edge (net). The port that monitoring asks: `/metrics`, `/healthz`, `/readyz`. One for all workers;
 * what they answer is given by the caller.
 */
import { type HostPort, hostPortText } from "../config/endpoint.ts";
import type { ListenConfig } from "../config/persist_config.ts";
import { RunError } from "../errors.ts";
import { systemCode } from "../files/file_failure.ts";
import type { Log } from "../log/log.ts";
import { expositionType } from "./exposition.ts";
import type { ReadinessState } from "./readiness.ts";

/** What the port tells, asked at each request. */
export interface ObserveServerDeps {
  /** The exposition text, made anew at each request. */
  readonly metrics: () => string;
  readonly readiness: () => ReadinessState;
  readonly log: Log;
}

/** A port that is open. */
export interface ObserveServer {
  /** Where it listens, with the port the system chose for 0. */
  readonly address: HostPort;
  stop(): Promise<void>;
}

/** An idle keep-alive connection is closed after this. */
const idleTimeoutSeconds = 30;

/**
 * Listens, or returns undefined (and warns) when a default port cannot be had. A configured one that
 * cannot be had throws a RunError.
 */
export function startObserveServer(
  listen: ListenConfig,
  deps: ObserveServerDeps,
): ObserveServer | undefined {
  const { host, port } = listen;
  try {
    const server = Bun.serve({
      hostname: host,
      port,
      idleTimeout: idleTimeoutSeconds,
      fetch: (request) => answer(request, deps),
    });
    const address = { host, port: server.port ?? port };
    deps.log.info(`Listening on ${hostPortText(address)} for /metrics, /healthz and /readyz`);
    return { address, stop: () => server.stop(true) };
  } catch (cause) {
    const text = `Cannot listen on '${hostPortText(listen)}': ${
      reasonOf(cause)
    }, expected a free local address`;
    if (listen.given) throw new RunError(text, { cause });
    deps.log.warning(`${text}; there will be no metrics ([tpctl] listen chooses another)`);
    return undefined;
  }
}

function answer(request: Request, deps: ObserveServerDeps): Response {
  if (request.method !== "GET" && request.method !== "HEAD") {
    return plain("only GET and HEAD are answered here\n", 405, { allow: "GET, HEAD" });
  }
  switch (new URL(request.url).pathname) {
    case "/metrics":
      return plain(deps.metrics(), 200, { "content-type": expositionType });
    case "/healthz":
      return plain("ok\n", 200);
    case "/readyz": {
      const { ready, reasons } = deps.readiness();
      return ready
        ? plain("ready\n", 200)
        : plain(`${["not ready", ...reasons].join("\n")}\n`, 503);
    }
    default:
      return plain("not found: there are /metrics, /healthz and /readyz\n", 404);
  }
}

function plain(body: string, status: number, headers: Record<string, string> = {}): Response {
  return new Response(body, {
    status,
    headers: {
      "content-type": "text/plain; charset=utf-8",
      "cache-control": "no-store",
      ...headers,
    },
  });
}

function reasonOf(cause: unknown): string {
  const code = systemCode(cause);
  if (code === "EADDRINUSE") return "the port is taken";
  if (code === "EACCES") return "the system does not permit it";
  if (code === "EADDRNOTAVAIL") return "this machine has no such address";
  return cause instanceof Error ? cause.message : String(cause);
}
