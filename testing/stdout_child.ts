/**
 * Edge (stdout). The process whose stdout the text stores' tests read slowly or stop reading: writes
 * batches of 1,000 lines and says on stderr how many lines were taken.
 */
import { systemClock } from "../core/clock.ts";
import { silentLog } from "../core/log/log.ts";
import { createLineWriter } from "../core/text_stores/line.ts";
import { lineBatch } from "./batches.ts";

let gone = false;
const writer = await createLineWriter({ path: "-" }, {
  clock: systemClock,
  log: silentLog,
  onReaderGone: () => {
    gone = true;
  },
});
const batch = lineBatch(Array.from({ length: 1000 }, (_, i) => `m,host=a value=${i}.5 ${i}`));
let durable = 0;
for (let n = 0; n < Number(process.argv[2]) && !gone; n++) {
  await writer.write(batch, new AbortController().signal).then(() => {
    durable += batch.count;
  }, () => undefined);
}
await writer.close();
console.error(`durable ${durable} gone ${gone}`);
