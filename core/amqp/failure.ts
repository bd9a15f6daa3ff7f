/**
 * Pure. What goes wrong between us and a RabbitMQ broker, in a form that code can decide by (`kind`)
 * and with a text that an operator understands: no stack, no password. The client library gives no
 * codes for a refused handshake, so this one file reads its texts.
 */
import { type AmqpHost, hostPortText } from "../config/endpoint.ts";
import type { Reaction } from "../delivery/writer.ts";
import { systemCode } from "../files/file_failure.ts";

/**
 * - `unreachable`: no TCP connection, or no answer in time.
 * - `tls`: the handshake failed: a certificate, a file of ours, or a port that is not TLS.
 * - `authentication`: the broker refused who we are.
 * - `vhost`: the virtual host is not there or not ours.
 * - `permission`: the account may not declare, read or write.
 * - `declaration`: an exchange or queue exists with other arguments.
 * - `too_large`: the broker takes no message of this size.
 * - `full`: the queue took no more (x-overflow = reject-publish).
 * - `unroutable`: no queue is bound for the message.
 * - `blocked`: the broker is short of memory or disk and takes nothing.
 * - `closed`: the connection, channel or consumer went.
 */
export type AmqpFailureKind =
  | "unreachable"
  | "tls"
  | "authentication"
  | "vhost"
  | "permission"
  | "declaration"
  | "too_large"
  | "full"
  | "unroutable"
  | "blocked"
  | "closed";

/** A failure of one connection or one message; every kind may pass, so all are tried again. */
export class AmqpFailure extends Error {
  override readonly name = "AmqpFailure";

  constructor(text: string, readonly kind: AmqpFailureKind, options?: ErrorOptions) {
    super(text, options);
  }
}

/** What a writer's caller is to do: the operator's faults hold, outages are tried again. */
export const failureReactions: Readonly<Record<AmqpFailureKind, Reaction>> = {
  unreachable: "retry",
  tls: "hold",
  authentication: "hold",
  vhost: "hold",
  permission: "hold",
  declaration: "hold",
  too_large: "split",
  full: "retry",
  unroutable: "retry",
  blocked: "retry",
  closed: "retry",
};

/** What was tried, for texts. */
export interface Attempt {
  readonly host: AmqpHost;
  readonly vhost: string;
  readonly tls: boolean;
  readonly loginMethod: string;
}

/** What opening a connection came to. */
export function connectFailure(error: unknown, attempt: Attempt): AmqpFailure {
  if (error instanceof AmqpFailure) return error;
  const { host, vhost } = attempt;
  const { code, text } = factsOf(error);
  const where = `RabbitMQ '${hostPortText(host)}'`;
  const user = host.credentials?.user ?? "guest";
  const cause = { cause: error };
  if (/ACCESS[-_]REFUSED/.test(text) && /Login|mechanism/.test(text)) {
    return new AmqpFailure(
      `Cannot log on to ${where} as '${user}': it refused the login (${attempt.loginMethod}), ` +
        "expected a user and password that it knows",
      "authentication",
      cause,
    );
  }
  if (/SASL mechanism/.test(text)) {
    return new AmqpFailure(
      `Cannot log on to ${where} as '${user}': it does not offer ${attempt.loginMethod}, ` +
        "expected another [oslo_messaging_rabbit] rabbit_login_method",
      "authentication",
      cause,
    );
  }
  // The library drops the broker's words; after the login only the virtual host is left to refuse.
  if (/Expected ConnectionOpenOk; got <ConnectionClose/.test(text)) {
    return new AmqpFailure(
      `Cannot open virtual host '${vhost}' on ${where} as '${user}': the broker refused it, ` +
        "expected one that exists, that this user may use and that takes another connection",
      "vhost",
      cause,
    );
  }
  if (attempt.tls && !socketCodes.has(code) && !/ETIMEDOUT/.test(text)) {
    const why = code === "" || text.includes(code) ? text : `${text} (${code})`;
    return new AmqpFailure(
      `Cannot open a TLS connection to ${where}: ${why}, expected a TLS port whose certificate ` +
        "verifies (see [oslo_messaging_rabbit] ssl_ca_file, ssl_cert_file, ssl_key_file, " +
        "ssl_enforce_hostname_verification)",
      "tls",
      cause,
    );
  }
  const why = code === "" || text.includes(code) ? text : `${text} (${code})`;
  return new AmqpFailure(
    `Cannot connect to ${where}: ${why}, expected a broker that answers there`,
    "unreachable",
    cause,
  );
}

/** What a request on an open connection came to; `doing` is the verb and thing of the text. */
export function requestFailure(error: unknown, doing: string): AmqpFailure {
  if (error instanceof AmqpFailure) return error;
  const { text } = factsOf(error);
  const reason = closeReason(text);
  const cause = { cause: error };
  if (/message size \d+ (is )?larger than/.test(reason)) {
    return new AmqpFailure(
      `Cannot ${doing}: ${reason}, expected a smaller one`,
      "too_large",
      cause,
    );
  }
  if (/PRECONDITION[-_]FAILED/.test(text)) {
    return new AmqpFailure(`Cannot ${doing}: ${declarationReason(reason)}`, "declaration", cause);
  }
  if (/ACCESS[-_]REFUSED/.test(text)) {
    return new AmqpFailure(
      `Cannot ${doing}: ${reason}, expected an account with that permission`,
      "permission",
      cause,
    );
  }
  return new AmqpFailure(`Cannot ${doing}: ${reason}`, "closed", cause);
}

/** Which option makes our declaration what is there already; the arguments as RabbitMQ names them. */
const argumentOptions: Readonly<Record<string, string>> = {
  durable: "amqp_durable_queues (rabbit_quorum_queue implies it)",
  auto_delete: "amqp_auto_delete",
  "x-queue-type": "rabbit_quorum_queue",
  "x-delivery-limit": "rabbit_quorum_delivery_limit",
  "x-max-in-memory-length": "rabbit_quorum_max_memory_length",
  "x-max-in-memory-bytes": "rabbit_quorum_max_memory_bytes",
};

/**
 * RabbitMQ says `inequivalent arg 'durable' for exchange 'nova' in vhost '/': received 'true' but
 * current is 'false'`, for arguments `received the value 'quorum' of type 'longstr' but current is
 * none`.
 */
function declarationReason(reason: string): string {
  const parts =
    /inequivalent arg '([^']+)' for (queue|exchange) '(.*)' in vhost '.*': received (.*) but current is (.*)$/
      .exec(reason);
  const [, name = "", thing = "", , ours = "", theirs = ""] = parts ?? [];
  if (parts === null) return reason;
  const option = argumentOptions[name];
  const remedy = option === undefined
    ? `delete the ${thing}`
    : `set [oslo_messaging_rabbit] ${option} to match, or delete the ${thing}`;
  return `it exists with ${name} = ${valueText(theirs)}, ` +
    `expected ${name} = ${valueText(ours)} (${remedy})`;
}

function valueText(text: string): string {
  return /'([^']*)'/.exec(text)?.[1] ?? text;
}

/** The broker's own words out of the library's wrapping. */
function closeReason(text: string): string {
  const quoted = /with message "(.*)"/.exec(text)?.[1] ?? /replyText:? ?"?([^"]*)"/.exec(text)?.[1];
  return (quoted ?? text).replace(/^[A-Z_]+ - /, "").replace(/\.$/, "");
}

/** Reasons that the network gives, whatever runs over it. */
const socketCodes = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ETIMEDOUT",
]);

function factsOf(error: unknown): { readonly code: string; readonly text: string } {
  if (!(error instanceof Error)) return { code: "", text: String(error) };
  const text = error.message.split("\n", 1)[0]?.trim() ?? "";
  return { code: systemCode(error) ?? "", text };
}
