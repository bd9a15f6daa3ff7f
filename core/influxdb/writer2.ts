/**
 * Edge (net). The Writer for InfluxDB 2.x and 3.x and whatever else speaks /api/v2/write.
 *
 * One request per batch, at most two in flight; 204 is durable, any other answer is judged by
 * reactions2.ts. Buckets are made only when the server has said that one is missing (2.x; 3.x makes
 * its databases itself). Retrying, halving and waiting are the delivery loop's.
 */
import type { Influxdb2Endpoint } from "../config/endpoint.ts";
import type { Writer } from "../delivery/writer.ts";
import { type InfluxdbWriterDeps, openConnection } from "./connection.ts";
import { asLines } from "./line_request.ts";
import { isObject, parseObject } from "./reactions.ts";
import { creation2, organization2, reactions2, tenantCreation2 } from "./reactions2.ts";

/** Rejects with a ConfigError where a TLS file cannot be used. Nothing is sent yet. */
export async function createInfluxdb2Writer(
  endpoint: Influxdb2Endpoint,
  deps: InfluxdbWriterDeps,
): Promise<Writer> {
  const connection = await openConnection(endpoint, deps);
  const { name } = connection;
  const organization: Record<string, string> = endpoint.org === "" ? {} : { org: endpoint.org };
  const bucketOf = (destination: string): string =>
    destination === "" ? endpoint.bucket : destination;
  const writePath = (bucket: string, precision: "ms" | "ns"): string =>
    `/api/v2/write?${new URLSearchParams({ ...organization, bucket, precision })}`;
  const tenantRows = endpoint.bucketPerTenant ? tenantCreation2 : [];
  const organizationId = async (signal: AbortSignal): Promise<string> => {
    const path = `/api/v2/orgs?${new URLSearchParams(organization)}`;
    const answer = await connection.send("GET", path, {}, signal);
    const list = answer.status === 200 ? parseObject(answer.text)?.orgs : undefined;
    const first: unknown = Array.isArray(list) ? list[0] : undefined;
    if (isObject(first) && typeof first.id === "string") return first.id;
    const what = `find organization '${endpoint.org}' in '${name}'`;
    throw connection.refusal([...tenantRows, ...organization2, ...reactions2], answer, what);
  };

  return {
    name,
    takes: ["lines"],
    concurrency: 2,
    write: async (batch, signal) => {
      const path = writePath(bucketOf(batch.destination), asLines(batch).precision);
      const answer = await connection.sendLines(path, batch, signal);
      if (answer.status === 204) return;
      throw connection.refusal(reactions2, answer, `write to '${name}'`);
    },
    createDestination: async (destination, signal) => {
      const bucket = bucketOf(destination);
      const body = JSON.stringify({
        orgID: await organizationId(signal),
        name: bucket,
        retentionRules: retentionRules(endpoint.newBucketRetentionHours),
      });
      const answer = await connection.send("POST", "/api/v2/buckets", { body }, signal);
      // Made by somebody else meanwhile: then its retention is theirs.
      if (answer.status === 201 || parseObject(answer.text)?.code === "conflict") return;
      const what = `create bucket '${bucket}' in '${name}'`;
      throw connection.refusal([...tenantRows, ...creation2, ...reactions2], answer, what);
    },
    ping: (signal) => connection.ping(writePath(endpoint.bucket, "ms"), reactions2, signal),
    close: () => Promise.resolve(connection.close()),
  };
}

function retentionRules(hours: number): readonly { type: string; everySeconds: number }[] {
  return hours <= 0 ? [] : [{ type: "expire", everySeconds: hours * 3600 }];
}
