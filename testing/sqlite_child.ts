/**
 * Edge (sqlite files). The process that the SQLite tests start several of, and kill: writes batches of 500
 * points into a file and says a line on stdout for each that was resolved.
 */
import { systemClock } from "../core/clock.ts";
import { StoreError } from "../core/delivery/writer.ts";
import { createSqliteWriter } from "../core/sqlite/writer.ts";
import { lineBatch } from "./batches.ts";

const [path = "", name = "", batches = "0"] = process.argv.slice(2);
const writer = await createSqliteWriter({ path }, { clock: systemClock });
for (let n = 0; n < Number(batches); n++) {
  const lines = Array.from({ length: 500 }, (_, i) => `${name},n=${i} value=${n} ${n}`);
  for (;;) {
    try {
      await writer.write(lineBatch(lines), new AbortController().signal);
      break;
    } catch (error) {
      if (!(error instanceof StoreError) || error.reaction !== "retry") throw error;
    }
  }
  process.stdout.write(`${n}\n`);
}
await writer.close();
