/**
 * Edge (net). Writers on InfluxDB test servers with everything left at its default but what a test is
 * about.
 */
import { systemClock } from "../core/clock.ts";
import type { Influxdb2Endpoint, InfluxdbEndpoint } from "../core/config/endpoint.ts";
import type { StoreError, Writer } from "../core/delivery/writer.ts";
import type { InfluxdbWriterDeps } from "../core/influxdb/connection.ts";
import { createInfluxdb1Writer } from "../core/influxdb/writer1.ts";
import { createInfluxdb2Writer } from "../core/influxdb/writer2.ts";
import { lineBatch } from "./batches.ts";
import { storeErrorOf } from "./writer_conformance.ts";

/** Where a test server listens on 127.0.0.1. */
export interface TestServer {
  readonly port: number;
}

/** A 1.x writer: database "mon", no credentials, no TLS. */
export function influxdb1Writer(
  server: TestServer,
  changes: Partial<InfluxdbEndpoint> = {},
  deps: Partial<InfluxdbWriterDeps> = {},
): Promise<Writer> {
  const endpoint: InfluxdbEndpoint = {
    scheme: "influxdb",
    host: "127.0.0.1",
    port: server.port,
    tls: undefined,
    credentials: undefined,
    database: "mon",
    databasePerTenant: false,
    newDatabaseRetentionHours: 0,
    requestLinesMax: 5000,
    gzip: "auto",
    ...changes,
  };
  return createInfluxdb1Writer(endpoint, { clock: systemClock, ...deps });
}

/** A 2.x writer: organization "tp", bucket "b", no token, no TLS. */
export function influxdb2Writer(
  server: TestServer,
  changes: Partial<Influxdb2Endpoint> = {},
  deps: Partial<InfluxdbWriterDeps> = {},
): Promise<Writer> {
  const endpoint: Influxdb2Endpoint = {
    scheme: "influxdb2",
    host: "127.0.0.1",
    port: server.port,
    tls: undefined,
    org: "tp",
    bucket: "b",
    token: undefined,
    bucketPerTenant: false,
    newBucketRetentionHours: 0,
    requestLinesMax: 5000,
    gzip: "auto",
    ...changes,
  };
  return createInfluxdb2Writer(endpoint, { clock: systemClock, ...deps });
}

/** How the writer rejects these lines; fails the test where it does not. */
export async function refusalTo(
  lines: readonly string[],
  writer: Writer,
  destination = "",
): Promise<StoreError> {
  const batch = lineBatch(lines, { destination });
  return await storeErrorOf(writer.write(batch, new AbortController().signal));
}
