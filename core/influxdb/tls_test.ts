/**
 * Edge (processes, net). TLS of the InfluxDB writers, against a real InfluxDB 1.x with a certificate that
 * nothing trusts.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import type { Tls } from "../config/endpoint.ts";
import { ConfigError } from "../errors.ts";
import { lineBatch } from "../../testing/batches.ts";
import { influxdb1Writer, refusalTo } from "../../testing/influxdb_writers.ts";
import { startScriptedHttp } from "../../testing/scripted_http.ts";
import { selfSignedCertificate } from "../../testing/servers/certificate.ts";
import { type Influxdb, influxdbMissing, startInfluxdb } from "../../testing/servers/influxdb.ts";
import { tempFolder } from "../../testing/servers/server.ts";

const missing = influxdbMissing();
if (missing !== undefined) console.error(`InfluxDB TLS tests skipped: ${missing}`);

const never = new AbortController().signal;
const nowMs = Date.now();

describe.skipIf(missing !== undefined)("against a real InfluxDB 1.x with TLS", () => {
  let server: Influxdb;
  beforeAll(async () => {
    server = await startInfluxdb({ https: true });
    await server.query("CREATE DATABASE mon");
  });
  afterAll(() => server.remove());
  const tls = (changes: Partial<Tls>): Tls => ({
    caFile: undefined,
    certFile: undefined,
    keyFile: undefined,
    verify: true,
    verifyGiven: true,
    ...changes,
  });

  test("a certificate that does not verify holds, and names the options that settle it", async () => {
    const on = await influxdb1Writer(server, { tls: tls({}) });
    const refusal = await refusalTo(["m v=1"], on);
    expect(refusal.reaction).toBe("hold");
    expect(refusal.message).toContain("its certificate does not verify");
    expect(refusal.message).not.toContain("Monasca Persister");
    const unset = await influxdb1Writer(server, { tls: tls({ verifyGiven: false }) });
    expect((await refusalTo(["m v=1"], unset)).message).toContain(
      "verify_ssl = false to take any, which Monasca Persister does if it is unset",
    );
    expect(refusal.message).toContain("[influxdb] ca_file (ca= in a URL), or verify_ssl = false");
  });
  test("it is taken with its CA, or when nobody asks", async () => {
    const { certificate } = server;
    for (const changes of [{ caFile: certificate?.certFile }, { verify: false }]) {
      const on = await influxdb1Writer(server, { tls: tls(changes) });
      await on.write(lineBatch([`m v=1 ${nowMs}`]), never);
    }
  });
  test("another CA does not verify it", async () => {
    await using folder = await tempFolder("ca");
    const other = await selfSignedCertificate(folder.path, "other");
    const on = await influxdb1Writer(server, { tls: tls({ caFile: other.certFile }) });
    expect((await refusalTo(["m v=1"], on)).reaction).toBe("hold");
  });
  test("a client certificate is shown to a server that wants one", async () => {
    await using folder = await tempFolder("mtls");
    const own = await selfSignedCertificate(folder.path, "server");
    const client = await selfSignedCertificate(folder.path, "client");
    const scripted = await startScriptedHttp({ tls: { ...own, clientCa: client.cert } });
    try {
      const files = { certFile: client.certFile, keyFile: client.keyFile };
      const on = await influxdb1Writer(scripted, { tls: tls({ caFile: own.certFile, ...files }) });
      await on.write(lineBatch(["m v=1"]), never);
      expect(scripted.requests).toHaveLength(1);
      const without = await influxdb1Writer(scripted, { tls: tls({ caFile: own.certFile }) });
      const refusal = await refusalTo(["m v=1"], without);
      expect([refusal.reaction, refusal.message]).toEqual([
        "hold",
        expect.stringContaining("accepts our certificate"),
      ]);
      expect(scripted.requests).toHaveLength(1);
    } finally {
      await scripted.stop();
    }
  });
  test("plain HTTP to it, or TLS to a plain server, is the operator's to mend", async () => {
    const plain = await refusalTo(["m v=1"], await influxdb1Writer(server));
    expect([plain.reaction, plain.message]).toEqual([
      "hold",
      expect.stringContaining("400 Client sent an HTTP request to an HTTPS server"),
    ]);
    const scripted = await startScriptedHttp();
    try {
      const on = await influxdb1Writer(scripted, { tls: tls({}) });
      expect((await refusalTo(["m v=1"], on)).reaction).toBe("hold");
    } finally {
      await scripted.stop();
    }
  });
  test("a TLS file that cannot be used is a configuration error that names it", async () => {
    await using folder = await tempFolder("ca");
    const notPem = join(folder.path, "not.pem");
    await Bun.write(notPem, "not PEM");
    for (const path of [notPem, join(folder.path, "missing.pem")]) {
      const failure = await influxdb1Writer(server, { tls: tls({ caFile: path }) }).catch((error) =>
        error
      );
      expect(failure).toBeInstanceOf(ConfigError);
      expect(failure.message).toContain(`Cannot read CA file '${path}'`);
    }
    const half = await influxdb1Writer(server, { tls: tls({ certFile: notPem }) }).catch((error) =>
      error
    );
    expect(half).toBeInstanceOf(ConfigError);
  });
});
