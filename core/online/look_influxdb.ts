/**
 * Edge (net). InfluxDB 1.x, 2.x and what speaks like them: a write of nothing, which passes credentials,
 * grants and the database's name and stores nothing; and where the database is missing, whether we
 * could make it, which is only asked and not done.
 */
import type { Clock } from "../clock.ts";
import type { Influxdb2Endpoint, InfluxdbEndpoint } from "../config/endpoint.ts";
import { StoreError } from "../delivery/writer.ts";
import type { Answer } from "../http/answer.ts";
import { type Connection, openConnection } from "../influxdb/connection.ts";
import type { ReactionRow } from "../influxdb/reactions.ts";
import { reactions1 } from "../influxdb/reactions1.ts";
import { reactions2 } from "../influxdb/reactions2.ts";
import type { InfluxdbFarEnd } from "./far_end.ts";
import { connectionRemark, type Remark, statusRemark } from "./remark.ts";

/** What a look needs from outside. */
export interface LookDeps {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Rejects with a ConfigError for a file that cannot be used. */
export async function lookAtInfluxdb(
  { endpoint }: InfluxdbFarEnd,
  deps: LookDeps,
): Promise<readonly Remark[]> {
  const connection = await openConnection(endpoint, deps);
  try {
    return endpoint.scheme === "influxdb"
      ? await lookAt1(connection, endpoint, deps.signal)
      : await lookAt2(connection, endpoint, deps.signal);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return [connectionRemark(error)];
  } finally {
    connection.close();
  }
}

async function lookAt1(
  connection: Connection,
  { database, databasePerTenant }: InfluxdbEndpoint,
  signal: AbortSignal,
): Promise<Remark[]> {
  const query = new URLSearchParams({ db: database, precision: "ms" });
  const answer = await connection.send("POST", `/write?${query}`, {}, signal);
  const remark = writeRemark(connection, answer, reactions1);
  if (remark !== undefined && remark !== "missing") return [remark];
  if (remark === undefined && !databasePerTenant) return [];
  // Only an admin is shown the users, and only an admin may make a database.
  const asked = new URLSearchParams({ q: "SHOW USERS" });
  const users = await connection.send("GET", `/query?${asked}`, {}, signal);
  const mayMake = users.status === 200;
  if (remark === "missing") return [missingRemark(`database '${database}'`, connection, mayMake)];
  return mayMake ? [] : [tenantRemark(connection, users)];
}

async function lookAt2(
  connection: Connection,
  { org, bucket }: Influxdb2Endpoint,
  signal: AbortSignal,
): Promise<Remark[]> {
  const named: Record<string, string> = org === "" ? {} : { org };
  const query = new URLSearchParams({ ...named, bucket, precision: "ms" });
  const answer = await connection.send("POST", `/api/v2/write?${query}`, {}, signal);
  const remark = writeRemark(connection, answer, reactions2);
  if (remark === undefined) return [];
  return [remark === "missing" ? missingRemark(`bucket '${bucket}'`, connection, true) : remark];
}

/**
 * By the writer's own table. Whoever refuses the data of a write of nothing is there to take one, and
 * lets us in.
 */
function writeRemark(
  connection: Connection,
  answer: Answer,
  table: readonly ReactionRow[],
): Remark | "missing" | undefined {
  if (answer.status === 204) return undefined;
  const { reaction, message } = connection.refusal(table, answer, `write to '${connection.name}'`);
  if (reaction === "bisect") return undefined;
  if (reaction === "create") return "missing";
  const { status } = answer;
  if (status === 404) return { rule: "online/missing", about: "name", text: message };
  return { ...statusRemark(answer, ""), text: message };
}

function missingRemark(what: string, { name }: Connection, mayMake: boolean): Remark {
  if (mayMake) {
    const text = `There is no ${what} in '${name}' yet: it is made with the first write`;
    return { rule: "online/not-yet-there", about: "name", text };
  }
  const text = `Cannot write to '${name}': there is no ${what}, and this user may not make it, ` +
    "expected one that exists, or an admin";
  return { rule: "online/missing", about: "name", text };
}

function tenantRemark({ name }: Connection, answer: Answer): Remark {
  const text = `Cannot make databases of tenants in '${name}': it answered ${answer.status} to ` +
    "SHOW USERS, expected an admin, which db_per_tenant needs";
  return { rule: "online/permission", about: "credentials", text };
}
