/**
 * Edge (net). One statement of InfluxQL and its answer as series, as InfluxDB 1.x, 2.x (buckets have a
 * mapping of their own name) and 3.x all give it at /query.
 */
import type { Influxdb2Endpoint, InfluxdbEndpoint } from "../config/endpoint.ts";
import { StoreError } from "../delivery/writer.ts";
import { loadValue } from "../notifications/load_value.ts";
import { isDict, PyFloat, type Value } from "../notifications/value.ts";
import { JsonError } from "../python/json_load.ts";
import type { Connection } from "./connection.ts";
import type { FieldValue } from "./line_protocol.ts";
import { reactions1 } from "./reactions1.ts";
import { reactions2 } from "./reactions2.ts";

/** Who is asked, and how much may come back. */
export interface Asked {
  readonly connection: Connection;
  readonly scheme: (InfluxdbEndpoint | Influxdb2Endpoint)["scheme"];
  readonly database: string;
  readonly bytesMax: number;
}

/** Rows of one measurement, or of one series of it where they are grouped by tags. */
export interface ResultSeries {
  readonly name: string;
  /** None where nothing is grouped. */
  readonly tags: readonly (readonly [key: string, value: string])[];
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Value[])[];
}

/** The answer is longer than is taken in one piece. */
export class AnswerTooLong extends Error {}

/** Times are in ns. Rejects with a StoreError, or AnswerTooLong. */
export async function askInfluxql(
  { connection, scheme, database, bytesMax }: Asked,
  q: string,
): Promise<readonly ResultSeries[]> {
  const query = new URLSearchParams({ db: database, epoch: "ns", q });
  const what = `read '${connection.name}'`;
  const answer = await connection.send("GET", `/query?${query}`, { keptBytesMax: bytesMax });
  if (answer.status !== 200) {
    throw connection.refusal(scheme === "influxdb" ? reactions1 : reactions2, answer, what);
  }
  if (Buffer.byteLength(answer.text) >= bytesMax) throw new AnswerTooLong();
  const cannot = (why: string): StoreError => new StoreError(`Cannot ${what}: ${why}`, "hold");
  const body = bodyOf(answer.text, cannot);
  const results = isDict(body) ? body["results"] : undefined;
  const [result] = Array.isArray(results) ? results : [];
  if (!isDict(result)) throw cannot("its answer has no results");
  const { error, series } = result;
  if (typeof error === "string") throw cannot(error);
  const all = Array.isArray(series) ? series : [];
  // A series is called partial too where its rows came in chunks of 10,000 and are all there; only the
  // result itself says that the server's max-row-limit cut it (1.6.7, 15,000 rows).
  if (result["partial"] === true) {
    throw cannot("its answer was cut off, expected all rows (max-row-limit = 0)");
  }
  return all.map(seriesOf);
}

/** The time of a row, in ns. */
export function rowTime(row: readonly Value[] | undefined): bigint {
  return BigInt(String(row?.[0] ?? 0));
}

/** A column's value; undefined: the point has no such field. */
export function fieldValue(value: Value): FieldValue | undefined {
  if (value instanceof PyFloat) return value.value;
  if (value === null) return undefined;
  return typeof value === "object" ? JSON.stringify(value) : value;
}

function bodyOf(text: string, cannot: (why: string) => StoreError): Value {
  try {
    return loadValue(text);
  } catch (error) {
    if (error instanceof JsonError) throw cannot(`its answer is no JSON: ${error.message}`);
    throw error;
  }
}

function seriesOf(series: Value): ResultSeries {
  const { name = "", tags = {}, columns = [], values = [] } = isDict(series) ? series : {};
  return {
    name: String(name),
    tags: Object.entries(isDict(tags) ? tags : {}).map(([key, value]) => [key, String(value)]),
    columns: Array.isArray(columns) ? columns.map(String) : [],
    rows: Array.isArray(values) ? values.filter((row) => Array.isArray(row)) : [],
  };
}
