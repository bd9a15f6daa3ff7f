/**
 * Edge (files). Whether a file that is to be read as text is a SQLite database: by its first bytes.
 */
import { closeSync, openSync, readSync, statSync } from "node:fs";

const magic = "SQLite format 3\0";

/** Why the file cannot be read as text; undefined where it may be. The file is there, and readable. */
export function sqliteRefusal(path: string): string | undefined {
  // A pipe's first bytes are its reader's.
  if (!statSync(path).isFile() || startOf(path) !== magic) return undefined;
  return `Cannot read '${path}' as text: it is a SQLite file, expected lines; ` +
    `tpctl tail 'sqlite:${path}' shows what it holds`;
}

function startOf(path: string): string {
  const start = new Uint8Array(magic.length);
  const file = openSync(path, "r");
  try {
    return new TextDecoder("latin1").decode(start.subarray(0, readSync(file, start)));
  } finally {
    closeSync(file);
  }
}
