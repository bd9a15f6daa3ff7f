/**
 * Pure. What a failed connection means: one table over the error codes of the runtime's fetch.
 *
 * An outage is retried for ever; what only an operator can mend (a certificate that does not verify,
 * no TLS at that port) holds. Answers with a status are judged by each dialect's own table.
 */
import { type Reaction, StoreError } from "../delivery/writer.ts";
import { systemCode } from "../files/file_failure.ts";

/** What one kind of failed connection means. */
export interface FailureRow {
  readonly codes: readonly string[];
  readonly reaction: Reaction;
  /** What happened, in words. */
  readonly why: string;
  /** What the operator is told to look at. */
  readonly expected: string;
  /** The words of the text that name the TLS options follow. */
  readonly aboutCertificate?: boolean;
}

/** Codes as Bun 1.4.5 gives them (OpenSSL's names for certificates); the first row that holds wins. */
export const failureRows: readonly FailureRow[] = [
  {
    codes: ["ECONNREFUSED"],
    reaction: "retry",
    why: "connection refused",
    expected: "a server that listens there",
  },
  {
    codes: ["ECONNRESET", "EPIPE", "ECONNABORTED", "ConnectionClosed"],
    reaction: "retry",
    why: "connection closed before the answer was complete",
    expected: "an answer",
  },
  {
    codes: ["ENOTFOUND", "EAI_AGAIN", "EAI_FAIL"],
    reaction: "retry",
    why: "the host name cannot be resolved",
    expected: "a name that the resolver knows",
  },
  {
    codes: ["TimeoutError", "ETIMEDOUT"],
    reaction: "retry",
    why: "no answer in time",
    expected: "an answer",
  },
  {
    codes: ["AbortError"],
    reaction: "retry",
    why: "given up while waiting for the answer",
    expected: "an answer",
  },
  {
    codes: [
      "DEPTH_ZERO_SELF_SIGNED_CERT",
      "SELF_SIGNED_CERT_IN_CHAIN",
      "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
      "UNABLE_TO_GET_ISSUER_CERT",
      "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
      "CERT_SIGNATURE_FAILURE",
      "CERT_NOT_YET_VALID",
      "CERT_HAS_EXPIRED",
      "CERT_CHAIN_TOO_LONG",
      "CERT_REVOKED",
      "CERT_UNTRUSTED",
      "CERT_REJECTED",
      "INVALID_CA",
      "INVALID_PURPOSE",
      "PATH_LENGTH_EXCEEDED",
      "HOSTNAME_MISMATCH",
      "ERR_TLS_CERT_ALTNAME_INVALID",
      "UNKNOWN_CERTIFICATE_VERIFICATION_ERROR",
    ],
    reaction: "hold",
    why: "its certificate does not verify",
    expected: "a certificate that verifies",
    aboutCertificate: true,
  },
  {
    codes: ["EPROTO"],
    reaction: "hold",
    why: "the TLS handshake failed",
    expected: "a server that speaks TLS on this port and accepts our certificate",
  },
  {
    codes: [],
    reaction: "retry",
    why: "the connection failed",
    expected: "an answer",
  },
];

/** Who was asked, for the error's text. */
export interface FarEnd {
  /** Without user, password or query. */
  readonly name: string;
  /** The options that settle a certificate that does not verify: "[influxdb] ca_file, verify_ssl". */
  readonly tlsOptions: string;
}

/** The StoreError for an error of fetch; its text holds the far end's name, never its URL. */
export function connectionFailure(error: unknown, farEnd: FarEnd): StoreError {
  const code = failureCode(error);
  const row = failureRows.find(({ codes }) => codes.length === 0 || codes.includes(code));
  if (row === undefined) throw error;
  const options = row.aboutCertificate ? ` (see ${farEnd.tlsOptions})` : "";
  return new StoreError(
    `Cannot reach '${farEnd.name}': ${row.why} (${code}), expected ${row.expected}${options}`,
    row.reaction,
    { cause: error },
  );
}

/** `code` where it is a name, else the error's own name (fetch's timeouts carry a number). */
function failureCode(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return systemCode(error) ?? error.name;
}
