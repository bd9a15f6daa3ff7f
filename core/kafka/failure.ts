/**
 * Pure. What goes wrong between us and a broker, in a form that code can decide by (`kind`, `code`)
 * and with a text that an operator understands: no stack, no password.
 */
import { type HostPort, hostPortText } from "../config/endpoint.ts";
import type { KafkaConnectionOptions } from "./connection_options.ts";

/**
 * - `unreachable`: no TCP connection (refused, no route, name unknown, no answer).
 * - `tls`: the handshake failed: a certificate or a listener that is not TLS.
 * - `authentication`: the broker refused who we are.
 * - `closed`: the connection went while a request was under way, or we closed it.
 * - `timeout`: a broker that is connected does not answer.
 * - `protocol`: the broker answered with an error code.
 */
export type FailureKind =
  | "unreachable"
  | "tls"
  | "authentication"
  | "closed"
  | "timeout"
  | "protocol";

/** A failure of one connection or one request; all kinds may pass, so all are tried again. */
export class KafkaFailure extends Error {
  override readonly name = "KafkaFailure";
  /** The broker's error code for `protocol`, else 0. */
  readonly code: number;

  constructor(
    text: string,
    readonly kind: FailureKind,
    options?: ErrorOptions & { code?: number },
  ) {
    super(text, options);
    this.code = options?.code ?? 0;
  }
}

/** What connecting to a broker came to, from what the client library or the socket threw. */
export function connectFailure(
  error: unknown,
  address: HostPort,
  options: KafkaConnectionOptions,
): KafkaFailure {
  if (error instanceof KafkaFailure) return error;
  const { name, code, text } = factsOf(error);
  const where = `Kafka broker '${hostPortText(address)}'`;
  const cause = { cause: error };
  if (name.includes("SASL") || /^SASL|^ILLEGAL_SASL/.test(code)) {
    const { mechanism, username } = options.sasl ?? { mechanism: "SASL", username: "" };
    return new KafkaFailure(
      `Cannot log on to ${where} as '${username}': ${firstLine(text)}, ` +
        `expected a user and password that it knows for ${mechanism}`,
      "authentication",
      cause,
    );
  }
  if (options.tls !== undefined && !socketCodes.has(code)) {
    const why = /Connection closed|closed the connection|Connection timeout/.test(text)
      ? "it ended the handshake"
      : firstLine(text);
    return new KafkaFailure(
      `Cannot open a TLS connection to ${where}: ${why}, expected ` +
        "a TLS listener whose certificate the configured CA has signed for this host, " +
        "and a client certificate if it asks for one",
      "tls",
      cause,
    );
  }
  if (/Closed connection|Connection closed/.test(text) || code === "ECONNRESET") {
    return new KafkaFailure(
      `Cannot talk to ${where}: it closed the connection at once, ` +
        "expected a listener of the configured security protocol",
      "closed",
      cause,
    );
  }
  const why = text.includes(code) ? firstLine(text) : `${firstLine(text)} (${code})`;
  return new KafkaFailure(
    `Cannot connect to ${where}: ${why}, expected a listening broker`,
    "unreachable",
    cause,
  );
}

/** What a request on a connection that had been open came to. */
export function requestFailure(
  error: unknown,
  request: string,
  address: HostPort,
): KafkaFailure {
  if (error instanceof KafkaFailure) return error;
  const { text } = factsOf(error);
  return new KafkaFailure(
    `Cannot finish ${request} at Kafka broker '${hostPortText(address)}': ${firstLine(text)}`,
    "closed",
    { cause: error },
  );
}

/** Reasons that the network gives, whatever runs over it. */
const socketCodes = new Set([
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ETIMEDOUT",
]);

function factsOf(error: unknown): { name: string; code: string; text: string } {
  if (!(error instanceof Error)) return { name: "", code: "", text: String(error) };
  const { code, type } = error as { code?: unknown; type?: unknown };
  const known = typeof type === "string" ? type : typeof code === "string" ? code : "";
  return { name: error.name, code: known, text: error.message.replace(/^Connection error: /, "") };
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0]?.trim().replace(/\.$/, "") ?? "";
}
