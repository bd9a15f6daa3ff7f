/**
 * Edge (sqlite files). The Writer of `sqlite:`: one transaction per batch, durable when it has resolved
 * (synchronous=FULL). Several processes may write the same file. The tables stand in schema.ts, what
 * is done about failures in reactions.ts; reading back is reader.ts.
 */
import type { Database, Statement } from "bun:sqlite";
import { statSync } from "node:fs";
import type { Clock } from "../clock.ts";
import type { SqliteEndpoint } from "../config/endpoint.ts";
import { type Batch, type DocumentBatch, type LineBatch, lineStart } from "../delivery/batch.ts";
import {
  PartialWriteError,
  type RefusedItem,
  StoreError,
  type Writer,
} from "../delivery/writer.ts";
import { parseSeries } from "../influxdb/line_protocol.ts";
import { LineError, type LineSpans, scanLine } from "../influxdb/line_scan.ts";
import { openForWriting } from "./database.ts";
import { sqliteFailure } from "./reactions.ts";
import { createRowReader } from "./rows.ts";

/** What the writer needs from outside. */
export interface SqliteWriterDeps {
  readonly clock: Clock;
}

/** Opens or makes the file; rejects with a ConfigError that says why it cannot be used. */
export async function createSqliteWriter(
  endpoint: Pick<SqliteEndpoint, "path">,
  deps: SqliteWriterDeps,
): Promise<Writer> {
  const database = await openForWriting(endpoint.path, deps.clock);
  return new SqliteWriter(endpoint.path, database, deps.clock);
}

/** Series ids kept in memory; beyond it all are forgotten and asked for again (about 20 MB). */
const seriesCachedMax = 50_000;

const insertPoint = `
INSERT INTO points (time, series, value, fields) VALUES (?, ?, ?, ?)
ON CONFLICT (time, series) DO UPDATE SET
  value = iif(excluded.fields ->> '$.value' IS NULL, coalesce(excluded.value, value), NULL),
  fields = nullif(json_patch(
    coalesce(iif(excluded.value IS NULL, fields, json_remove(fields, '$.value')), '{}'),
    coalesce(excluded.fields, '{}')), '{}')`;

const insertDocument = `
INSERT INTO documents (index_name, id, document) VALUES (?, ?, ?)
ON CONFLICT (index_name, id) DO UPDATE SET document = excluded.document`;

class SqliteWriter implements Writer {
  readonly name: string;
  readonly takes = ["lines", "documents"] as const;
  readonly concurrency = 1;
  readonly #path: string;
  readonly #clock: Clock;
  readonly #database: Database;
  readonly #file: string;
  readonly #findSeries: Statement<{ id: number }, [string, string, string]>;
  readonly #addSeries: Statement<{ id: number }, [string, string, string]>;
  readonly #addPoint: Statement<unknown, [bigint, number, number | null, string | null]>;
  readonly #addDocument: Statement<unknown, [string, string, string]>;
  readonly #statements: readonly { finalize(): void }[];
  /** Database -> series key as it stands in the line (latin1 of its bytes) -> id. */
  readonly #seriesIds = new Map<string, Map<string, number>>();
  #seriesCached = 0;
  readonly #rests = new Map<string, string>();
  #closed = false;

  constructor(path: string, database: Database, clock: Clock) {
    this.name = `sqlite:${path}`;
    this.#path = path;
    this.#clock = clock;
    this.#database = database;
    this.#file = fileIdentity(path);
    this.#findSeries = database.prepare(
      "SELECT id FROM series WHERE database = ? AND measurement = ? AND tags = ?",
    );
    this.#addSeries = database.prepare(
      "INSERT INTO series (database, measurement, tags) VALUES (?, ?, ?) RETURNING id",
    );
    this.#addPoint = database.prepare(insertPoint);
    this.#addDocument = database.prepare(insertDocument);
    this.#statements = [this.#findSeries, this.#addSeries, this.#addPoint, this.#addDocument];
  }

  write(batch: Batch, signal: AbortSignal): Promise<void> {
    return Promise.try(() => this.#write(batch, signal));
  }

  /** Databases are a column of `series`: there is nothing to make. */
  createDestination(): Promise<void> {
    return Promise.resolve();
  }

  ping(): Promise<void> {
    return Promise.try(() => {
      try {
        this.#expectSameFile();
        this.#database.query("SELECT count(*) FROM sqlite_schema").get();
      } catch (error) {
        throw sqliteFailure(this.name, error);
      }
    });
  }

  /** Takes the write-ahead log over into the file, unless another process is still busy with it. */
  close(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#closed = true;
    try {
      this.#database.run("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch {
      // The log stays beside the file and holds all that is missing in it: nothing is lost.
    }
    for (const statement of this.#statements) statement.finalize();
    this.#database.close(true);
    return Promise.resolve();
  }

  #write(batch: Batch, signal: AbortSignal): void {
    if (this.#closed) throw new Error(`a write to ${this.name} after its close`);
    if (signal.aborted) throw new StoreError(`Cannot write to ${this.name}: aborted`, "retry");
    const refused = this.#transaction(() =>
      batch.kind === "lines" ? this.#writeLines(batch) : this.#writeDocuments(batch)
    );
    const first = refused[0];
    if (first === undefined) return;
    throw new PartialWriteError(
      `${this.name} stored ${batch.count - refused.length} of ${batch.count}: ${first.reason}`,
      refused,
    );
  }

  #transaction(work: () => RefusedItem[]): RefusedItem[] {
    try {
      this.#expectSameFile();
      this.#database.run("BEGIN IMMEDIATE");
      const refused = work();
      this.#database.run("COMMIT");
      return refused;
    } catch (error) {
      this.#forgetSeries();
      this.#rollBack();
      throw sqliteFailure(this.name, error);
    }
  }

  #rollBack(): void {
    try {
      if (this.#database.inTransaction) this.#database.run("ROLLBACK");
    } catch {
      // Where the disk is full or gone SQLite has rolled back by itself.
    }
  }

  #writeLines(batch: LineBatch): RefusedItem[] {
    const refused: RefusedItem[] = [];
    const { body, ends, count } = batch;
    const nsPerUnit = batch.precision === "ms" ? 1_000_000n : 1n;
    const nowNs = BigInt(Math.trunc(this.#clock.now())) * 1_000_000n;
    const buffer = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    const reader = createRowReader(body, this.#rests);
    for (let item = 0; item < count; item++) {
      try {
        const line = scanLine(body, lineStart(batch, item), (ends[item] ?? 0) - 1);
        const row = reader.read(line, nsPerUnit, nowNs);
        const series = this.#seriesId(batch.destination, buffer, line);
        this.#addPoint.run(row.timeNs, series, row.value, row.fields);
      } catch (error) {
        if (!(error instanceof LineError)) throw error;
        refused.push({ item, reaction: "bisect", reason: error.message });
      }
    }
    return refused;
  }

  #writeDocuments(batch: DocumentBatch): RefusedItem[] {
    for (const { index, id, json } of batch.documents) this.#addDocument.run(index, id, json);
    return [];
  }

  #seriesId(database: string, body: Buffer, line: LineSpans): number {
    let ids = this.#seriesIds.get(database);
    if (ids === undefined) {
      ids = new Map();
      this.#seriesIds.set(database, ids);
    }
    const key = body.toString("latin1", line.keyStart, line.keyEnd);
    const known = ids.get(key);
    if (known !== undefined) return known;
    const { measurement, tags } = parseSeries(body, line);
    const tagsText = JSON.stringify(Object.fromEntries(tags));
    const row = this.#findSeries.get(database, measurement, tagsText) ??
      this.#addSeries.get(database, measurement, tagsText);
    if (row === null) throw new Error(`SQLite gave no id to series '${measurement}'`);
    if (this.#seriesCached >= seriesCachedMax) this.#forgetSeries();
    else ids.set(key, row.id);
    this.#seriesCached++;
    return row.id;
  }

  /** After a rollback ids of this transaction belong to nobody. */
  #forgetSeries(): void {
    this.#seriesIds.clear();
    this.#seriesCached = 0;
  }

  /** SQLite goes on writing into a file that was removed or replaced: all of it would be lost. */
  #expectSameFile(): void {
    if (fileIdentity(this.#path) === this.#file) return;
    throw new StoreError(
      `Cannot write to ${this.name}: the file was removed or replaced while in use, ` +
        "expected it back in its place, or a restart of tpctl",
      "hold",
    );
  }
}

function fileIdentity(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? "" : `${stat.dev}:${stat.ino}`;
}
