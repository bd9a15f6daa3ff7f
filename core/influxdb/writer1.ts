/**
 * Edge (net). The Writer for InfluxDB 1.x and whatever else speaks its /write (VictoriaMetrics).
 *
 * One request per batch, at most four in flight; 204 is durable, any other answer is judged by
 * reactions1.ts. Databases are made only when the server has said that one is missing. Retrying,
 * halving and waiting are the delivery loop's.
 */
import type { InfluxdbEndpoint } from "../config/endpoint.ts";
import type { Writer } from "../delivery/writer.ts";
import type { Answer } from "../http/answer.ts";
import { type InfluxdbWriterDeps, openConnection } from "./connection.ts";
import { asLines } from "./line_request.ts";
import { isObject, parseObject } from "./reactions.ts";
import { creation1, reactions1, tenantCreation1 } from "./reactions1.ts";

/** Rejects with a ConfigError where a TLS file cannot be used. Nothing is sent yet. */
export async function createInfluxdb1Writer(
  endpoint: InfluxdbEndpoint,
  deps: InfluxdbWriterDeps,
): Promise<Writer> {
  const connection = await openConnection(endpoint, deps);
  const { name } = connection;
  const databaseOf = (destination: string): string =>
    destination === "" ? endpoint.database : destination;
  const tenantRows = endpoint.databasePerTenant ? tenantCreation1 : [];
  const query = (statement: string, signal: AbortSignal): Promise<Answer> => {
    const body = `${new URLSearchParams({ q: statement })}`;
    const headers = { "Content-Type": "application/x-www-form-urlencoded" };
    return connection.send("POST", "/query", { headers, body }, signal);
  };

  return {
    name,
    takes: ["lines"],
    concurrency: 4,
    write: async (batch, signal) => {
      const path = writePath(databaseOf(batch.destination), asLines(batch).precision);
      const answer = await connection.sendLines(path, batch, signal);
      if (answer.status === 204) return;
      throw connection.refusal(reactions1, answer, `write to '${name}'`);
    },
    createDestination: async (destination, signal) => {
      const database = databaseOf(destination);
      const hours = endpoint.newDatabaseRetentionHours;
      const answer = await query(createDatabaseStatement(database, hours), signal);
      const error = statementError(answer);
      if (answer.status === 200 && error === undefined) return;
      // Made by somebody else meanwhile, with a policy of their own: then it is theirs.
      if (databaseNames(await query("SHOW DATABASES", signal)).includes(database)) return;
      const said = error === undefined ? answer : { ...answer, text: JSON.stringify({ error }) };
      const what = `create database '${database}' in '${name}'`;
      throw connection.refusal([...tenantRows, ...creation1, ...reactions1], said, what);
    },
    ping: (signal) => connection.ping(writePath(endpoint.database, "ms"), reactions1, signal),
    close: () => Promise.resolve(connection.close()),
  };
}

/**
 * One statement, so that a crash never leaves a database without its policy; it changes nothing about
 * one that exists (InfluxDB answers with an error then). Monasca Persister names the policy and its
 * duration `<hours>h`, replication 1, default.
 */
export function createDatabaseStatement(database: string, retentionHours: number): string {
  const create = `CREATE DATABASE ${quoteIdentifier(database)}`;
  if (retentionHours <= 0) return create;
  const policy = `${retentionHours}h`;
  return `${create} WITH DURATION ${policy} REPLICATION 1 NAME ${quoteIdentifier(policy)}`;
}

/** An InfluxQL identifier in double quotes, in which nothing can end it. */
export function quoteIdentifier(name: string): string {
  const escaped = name.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n");
  return `"${escaped}"`;
}

/** 1.x takes an unknown precision for ns silently; "n" is its own word for it. */
function writePath(database: string, precision: "ms" | "ns"): string {
  const query = new URLSearchParams({ db: database, precision: precision === "ms" ? "ms" : "n" });
  return `/write?${query}`;
}

/** `error` of the first result of a query; an answer that is no query's at all is one as well. */
function statementError(answer: Answer): string | undefined {
  if (answer.status !== 200) return undefined;
  const result = firstResult(answer);
  if (result === undefined) return `no answer to a query: ${answer.text}`;
  return typeof result.error === "string" ? result.error : undefined;
}

function databaseNames(answer: Answer): readonly unknown[] {
  const series = firstResult(answer)?.series;
  const first: unknown = Array.isArray(series) ? series[0] : undefined;
  const rows: unknown = isObject(first) ? first.values : undefined;
  return Array.isArray(rows) ? rows.map((row) => Array.isArray(row) ? row[0] : undefined) : [];
}

function firstResult(answer: Answer): Readonly<Record<string, unknown>> | undefined {
  const results = parseObject(answer.text)?.results;
  const first: unknown = Array.isArray(results) ? results[0] : undefined;
  return isObject(first) ? first : undefined;
}
