/**
 * Pure. What tpctl does about each answer of SQLite: one table, by result code. How to open, write
 * and read is the business of the files beside this one.
 */
import { type Reaction, StoreError } from "../delivery/writer.ts";

interface Row {
  readonly code: string;
  readonly reaction: Reaction;
  readonly text: string;
}

/**
 * By the start of the code's name, the first that fits (SQLITE_IOERR_WRITE falls under SQLITE_IOERR).
 * `retry` is an outage that ends by itself, `hold` needs the operator; both try the same batch again.
 */
export const sqliteReactions: readonly Row[] = [
  { code: "SQLITE_BUSY", reaction: "retry", text: "another process keeps the database locked" },
  { code: "SQLITE_LOCKED", reaction: "retry", text: "another process keeps the database locked" },
  { code: "SQLITE_FULL", reaction: "hold", text: "disk full" },
  { code: "SQLITE_IOERR_SHMSIZE", reaction: "hold", text: "disk full or not writable" },
  { code: "SQLITE_READONLY", reaction: "hold", text: "the file is read-only" },
  { code: "SQLITE_PERM", reaction: "hold", text: "no permission" },
  { code: "SQLITE_CORRUPT", reaction: "hold", text: "the database is damaged" },
  { code: "SQLITE_NOTADB", reaction: "hold", text: "the file is not a SQLite database" },
  { code: "SQLITE_TOOBIG", reaction: "split", text: "longer than SQLite takes" },
  { code: "SQLITE_IOERR", reaction: "hold", text: "the disk reports an error" },
  { code: "SQLITE_CANTOPEN", reaction: "hold", text: "the file cannot be opened" },
  { code: "SQLITE_NOMEM", reaction: "retry", text: "out of memory" },
];

/** The code of an error from bun:sqlite (`SQLITE_FULL`), or undefined if it is another error. */
export function sqliteCodeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" && error.code.startsWith("SQLITE_")
    ? error.code
    : undefined;
}

/** The table's row for a code. */
export function sqliteReactionTo(code: string): Row | undefined {
  return sqliteReactions.find((row) => code.startsWith(row.code));
}

/**
 * A failure of SQLite as a StoreError that names the store (`sqlite:/path`); anything else, and codes
 * that only a defect of ours can cause (SQLITE_ERROR, SQLITE_CONSTRAINT), come back as they are.
 */
export function sqliteFailure(store: string, error: unknown): unknown {
  const code = sqliteCodeOf(error);
  const row = code === undefined ? undefined : sqliteReactionTo(code);
  if (row === undefined) return error;
  const words = error instanceof Error ? error.message : "";
  return new StoreError(
    `Cannot write to ${store}: ${row.text} (${code}: ${words})`,
    row.reaction,
    { cause: error },
  );
}
