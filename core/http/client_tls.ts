/**
 * Edge (files). The TLS options of publishers' URLs (`verify_ssl`, `clientcert`, `clientkey`), read as
 * python-requests understands them, once, at start: a file that is missing or is no PEM is then a
 * configuration error and not an outage later.
 */
import { createPrivateKey } from "node:crypto";
import { isCertificate, readPem, type TlsMaterial } from "./tls.ts";

/** What the options say. */
export interface ClientTls {
  /** Words for yes and no as oslo has them; anything else is the path of a CA bundle. */
  readonly verify: string | undefined;
  /** A certificate, and its key too unless `keyFile` is given. */
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
}

const yes = ["1", "t", "true", "on", "y", "yes"];
const no = ["0", "f", "false", "off", "n", "no"];

/** Reads the files. Throws a ConfigError that names the file. */
export function readClientTls({ verify = "true", certFile, keyFile }: ClientTls): TlsMaterial {
  const word = verify.trim().toLowerCase();
  const isFile = !yes.includes(word) && !no.includes(word) && word !== "";
  return {
    rejectUnauthorized: !no.includes(word),
    ...(isFile ? { ca: readPem(verify, "CA bundle of verify_ssl", isCertificate) } : {}),
    ...(certFile === undefined ? {} : {
      cert: readPem(certFile, "client certificate", isCertificate),
      key: readPem(keyFile ?? certFile, "key of the client certificate", createPrivateKey),
    }),
  };
}
