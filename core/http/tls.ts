/**
 * Edge (files). Reads the PEM files that an endpoint's TLS options name, once, at start: a file that
 * is missing or is no PEM is then a configuration error and not an outage later.
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Tls } from "../config/endpoint.ts";
import { ConfigError } from "../errors.ts";
import { whyUnreadable } from "../files/file_failure.ts";

/** What fetch wants for TLS. */
export interface TlsMaterial {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly rejectUnauthorized: boolean;
}

/** Loads TLS files; undefined in, undefined out. Rejects with a ConfigError that names the file. */
export function readTls(tls: Tls | undefined): Promise<TlsMaterial | undefined> {
  return Promise.try(() => tls === undefined ? undefined : loadTls(tls));
}

/** The same at once, for what is made while starting. Throws a ConfigError that names the file. */
export function loadTls(tls: Tls): TlsMaterial {
  const { caFile, certFile, keyFile } = tls;
  if ((certFile === undefined) !== (keyFile === undefined)) {
    throw new ConfigError(
      `Cannot use client certificate '${certFile ?? keyFile}': a certificate and its key ` +
        "belong together, expected both files",
      undefined,
      { rule: "config/bad-value" },
    );
  }
  return {
    rejectUnauthorized: tls.verify,
    ...(caFile === undefined ? {} : { ca: readPem(caFile, "CA file", isCertificate) }),
    ...(certFile === undefined ? {} : { cert: readPem(certFile, "certificate", isCertificate) }),
    ...(keyFile === undefined ? {} : { key: readPem(keyFile, "key", createPrivateKey) }),
  };
}

/** The text of a PEM file that `check` takes without throwing. Throws a ConfigError that names it. */
export function readPem(path: string, what: string, check: (text: string) => unknown): string {
  let text: string | undefined;
  try {
    text = readFileSync(path, "utf8");
    check(text);
    return text;
  } catch (error) {
    const why = text === undefined || !(error instanceof Error)
      ? whyUnreadable(error)
      : error.message;
    throw new ConfigError(`Cannot read ${what} '${path}': ${why}, expected a PEM file`, undefined, {
      cause: error,
      rule: "file/unreadable",
    });
  }
}

/** A check for `readPem`. */
export function isCertificate(text: string): X509Certificate {
  return new X509Certificate(text);
}
