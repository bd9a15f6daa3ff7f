/**
 * Edge (processes, files). A self-signed certificate for a test server, made by openssl: nothing
 * trusts it unless told to.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { findProgram } from "./server.ts";

/** PEM files and their text. */
export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
  readonly cert: string;
  readonly key: string;
}

/** Valid for two days, for 127.0.0.1 and localhost; the files stand in `folder`. */
export function selfSignedCertificate(folder: string, name = "server"): Promise<Certificate> {
  return makeCertificate(folder, name, ["-subj", "/CN=localhost"]);
}

/** A client's, with `CN=<name>`, signed by another one's key. */
export function signedCertificate(
  folder: string,
  name: string,
  signer: Certificate,
): Promise<Certificate> {
  const by = ["-CA", signer.certFile, "-CAkey", signer.keyFile];
  return makeCertificate(folder, name, ["-subj", `/CN=${name}`, ...by]);
}

async function makeCertificate(
  folder: string,
  name: string,
  subject: readonly string[],
): Promise<Certificate> {
  const certFile = join(folder, `${name}.crt`);
  const keyFile = join(folder, `${name}.key`);
  const openssl = findProgram("openssl");
  if (openssl === undefined) throw new Error("openssl is not installed");
  const names = "subjectAltName=IP:127.0.0.1,DNS:localhost";
  const argv = [
    openssl,
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
  ];
  argv.push("-nodes", "-days", "2", ...subject, "-addext", names);
  const child = Bun.spawn([...argv, "-keyout", keyFile, "-out", certFile], { stderr: "pipe" });
  if (await child.exited !== 0) throw new Error(await new Response(child.stderr).text());
  return {
    certFile,
    keyFile,
    cert: await readFile(certFile, "utf8"),
    key: await readFile(keyFile, "utf8"),
  };
}
