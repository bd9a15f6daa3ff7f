/**
 * Edge (files). `--spool DIR --dry-run`: the spools there are, a line each.
 */
import { openFileLocks } from "../files/file_lock.ts";
import { findSpools, readSpool } from "./spool_folders.ts";

/** What is known of one spool. */
export interface SpoolRow {
  readonly path: string;
  readonly notifications: number;
  readonly items: number;
  readonly bytes: number;
  /** ISO 8601; null where it is empty. */
  readonly oldest: string | null;
  /** A process that lives drains it. */
  readonly owned: boolean;
}

/** Rejects with a UsageError where there is none. */
export async function listSpools(folder: string): Promise<readonly SpoolRow[]> {
  const rows: SpoolRow[] = [];
  for (const spool of await findSpools(folder, openFileLocks())) {
    let [notifications, items, oldestMs] = [0, 0, Infinity];
    for await (const record of readSpool(spool)) {
      notifications++;
      items += record.items.length;
      oldestMs = Math.min(oldestMs, record.timeMs);
    }
    const oldest = oldestMs === Infinity ? null : new Date(oldestMs).toISOString();
    const { path, bytes, owned } = spool;
    rows.push({ path, notifications, items, bytes, oldest, owned: owned > 0 });
  }
  return rows;
}

/** Lines of text, each with its newline. */
export function spoolListText(rows: readonly SpoolRow[]): string {
  return rows.map(({ path, notifications, items, bytes, oldest, owned }) => {
    const since = oldest === null ? "empty" : `since ${oldest}`;
    const owner = owned ? "; a running process drains it" : "; nobody drains it";
    return `${path}\n  ${items} samples or events of ${notifications} notifications, ${bytes} bytes, ` +
      `${since}${owner}\n`;
  }).join("");
}
