/**
 * Edge (files, stdio). A process of its own that publishes samples to a file, for tests of several
 * writers, of a full disk and of a kill: `URL MARK CALLS PER_CALL`. After each call that was accepted
 * it writes the number of the call to stdout, `refused REACTION` for one that was not.
 */
import { makePublisher } from "./publishers.ts";
import { makeSample } from "./samples.ts";
import { StoreError } from "../core/delivery/writer.ts";
import { fileKind } from "../publishers/file.ts";

const [url = "", mark = "", calls = "1", perCall = "1"] = process.argv.slice(2);
const publisher = makePublisher(fileKind, url);
const signal = new AbortController().signal;
const filler = "x".repeat(200);
for (let call = 0; call < Number(calls); call++) {
  const samples = Array.from({ length: Number(perCall) }, (_, n) => {
    return makeSample({ resource_id: `${mark}-${call}-${n}`, user_id: filler });
  });
  const line = await publisher.publishSamples(samples, signal).then(
    () => String(call),
    (error: unknown) => {
      if (!(error instanceof StoreError)) throw error;
      return `refused ${error.reaction}: ${error.message}`;
    },
  );
  await new Promise<void>((resolve) => process.stdout.write(`${line}\n`, () => resolve()));
}
await publisher.close();
