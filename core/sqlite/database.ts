/**
 * Edge (sqlite files). Opens tpctl's SQLite files, for writing (made if absent, brought to our schema) or
 * for reading. What cannot be used is a ConfigError that says why; nothing of a file that is not
 * ours is changed.
 */
import type { Database } from "bun:sqlite";
import { accessSync, constants, type Stats, statSync } from "node:fs";
import { dirname } from "node:path";
import type { Clock } from "../clock.ts";
import { ConfigError } from "../errors.ts";
import { sqliteCodeOf, sqliteReactionTo } from "./reactions.ts";
import { applicationId, schemaText, schemaVersion } from "./schema.ts";

/**
 * How long SQLite waits for another process's transaction. It waits on our thread, so it stays well
 * below the session timeout of a Kafka group; the delivery loop waits on after that.
 */
export const busyTimeoutMs = 2000;

/** How often opening is tried while other processes open the same new file. */
const openAttemptsMax = 20;
const openPauseMs = 100;

/**
 * Page cache of one connection, and how much the write-ahead log may grow before it is taken over
 * into the file: large enough that a page is taken over once for several batches.
 */
const cacheKib = 16 * 1024;
const checkpointPages = 8192;

/** The file open for writing: WAL, synchronous=FULL, our schema in place. Rejects with ConfigError. */
export async function openForWriting(path: string, clock: Clock): Promise<Database> {
  const folder = dirname(path);
  if (!isFolder(folder)) {
    throw refusal(path, {
      why: `the folder '${folder}' does not exist`,
      expected: "a path in an existing folder",
    });
  }
  const { Database } = await import("bun:sqlite");
  for (let attempt = 1;; attempt++) {
    let database: Database | undefined;
    try {
      database = new Database(path, { readwrite: true, create: true, strict: true });
      prepare(database, path);
      return database;
    } catch (error) {
      database?.close();
      const busy = sqliteCodeOf(error)?.startsWith("SQLITE_BUSY") ?? false;
      if (!busy || attempt >= openAttemptsMax) throw explain(path, error);
    }
    await clock.sleep(openPauseMs);
  }
}

/**
 * The file open for reading only; integers come as bigint. Rejects with ConfigError. Where the user may
 * write the file, SQLite opens it so: only then does the last one to close take away `-wal` and `-shm`.
 */
export async function openForReading(path: string): Promise<Database> {
  const { Database } = await import("bun:sqlite");
  let database: Database | undefined;
  try {
    database = new Database(path, { readwrite: true, strict: true, safeIntegers: true });
    database.run("PRAGMA query_only = 1");
    database.run(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
    if (versionOf(database, path) === 0) {
      throw refusal(path, { why: "it is empty", expected: "a file that tpctl has written" });
    }
    return database;
  } catch (error) {
    database?.close();
    throw explain(path, error);
  }
}

function prepare(database: Database, path: string): void {
  database.run(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
  versionOf(database, path);
  database.run("PRAGMA journal_mode = WAL");
  database.run("PRAGMA synchronous = FULL");
  database.run(`PRAGMA cache_size = -${cacheKib}`);
  database.run(`PRAGMA wal_autocheckpoint = ${checkpointPages}`);
  database.run("BEGIN IMMEDIATE");
  if (versionOf(database, path) === 0) {
    database.run(schemaText);
    database.run(`PRAGMA application_id = ${applicationId}`);
    database.run(`PRAGMA user_version = ${schemaVersion}`);
  }
  database.run("COMMIT");
}

/** The schema's version, 0 for an empty file; throws for a file that we cannot use. */
function versionOf(database: Database, path: string): number {
  const version = numberOf(database, "SELECT user_version AS n FROM pragma_user_version");
  const application = numberOf(database, "SELECT application_id AS n FROM pragma_application_id");
  const tables = numberOf(database, "SELECT count(*) AS n FROM sqlite_schema");
  if (application === 0 && version === 0 && tables === 0) return 0;
  if (application !== applicationId) {
    throw refusal(path, {
      why: "it is another program's database",
      expected: "a new file, or one made by tpctl",
    });
  }
  if (version > schemaVersion) {
    throw refusal(path, {
      why: `its schema has version ${version}, made by a newer tpctl`,
      expected: `version ${schemaVersion} at most, or a newer tpctl`,
    });
  }
  return version;
}

function numberOf(database: Database, query: string): number {
  const row = database.query<{ n: number | bigint }, []>(query).get();
  return Number(row?.n ?? 0);
}

function isFolder(path: string): boolean {
  return statOf(path)?.isDirectory() ?? false;
}

/** Undefined where there is none, also where what should be a folder on the way is a file. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

interface Reason {
  readonly why: string;
  readonly expected: string;
  readonly cause?: unknown;
}

function refusal(path: string, { why, expected, cause }: Reason): ConfigError {
  const text = `Cannot open SQLite file '${path}': ${why}, expected ${expected}`;
  return new ConfigError(text, undefined, { cause });
}

function explain(path: string, cause: unknown): unknown {
  const code = sqliteCodeOf(cause);
  if (code === undefined) return cause;
  const stat = statOf(path);
  const cannotOpen = code.startsWith("SQLITE_CANTOPEN");
  if (stat === undefined && cannotOpen) {
    const why = "it does not exist or cannot be made";
    return refusal(path, { why, expected: "a readable file", cause });
  }
  if (stat?.isDirectory()) {
    return refusal(path, { why: "it is a folder", expected: "a file", cause });
  }
  if (cannotOpen && !isWritable(path)) {
    const expected = "a file that this user may write";
    return refusal(path, { why: "the file is read-only", expected, cause });
  }
  const text = sqliteReactionTo(code)?.text ?? (cause instanceof Error ? cause.message : "");
  const expected = "a SQLite file that this user may use";
  return refusal(path, { why: `${text} (${code})`, expected, cause });
}
