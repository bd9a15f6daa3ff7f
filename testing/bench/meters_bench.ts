/**
 * Edge (files, clock). What a notification costs in decoding and in making samples, without source,
 * publishers or events: microseconds of processor time each, over a file of messages, one per line.
 *
 *     bun testing/bench/meters_bench.ts FILE [ROUNDS]
 */
import { readFileSync } from "node:fs";
import { defaultMeterFiles } from "../../core/meters/default_meters.ts";
import { sampleDefaults } from "../../core/meters/make_sample.ts";
import { readMeterFiles } from "../../core/meters/meter_files.ts";
import { createSampleMaker } from "../../core/meters/sample_maker.ts";
import { decodeNotification } from "../../core/notifications/oslo.ts";

const [file, rounds = "5"] = process.argv.slice(2);
if (file === undefined) throw new Error("Cannot measure: no file, expected one message per line");
const lines = readLines(file);
const { definitions } = readMeterFiles(defaultMeterFiles);
let ids = 0;
const newId = (): string => `sample-${++ids}`;
const make = createSampleMaker({ definitions, options: sampleDefaults, newId });

for (let round = 1; round <= Number(rounds); round++) {
  const decoding = cost((line) => void decodeNotification(line));
  let samples = 0;
  let refused = 0;
  const all = cost((line) => {
    const decoded = decodeNotification(line);
    if (decoded.kind !== "notification") return;
    const made = make(decoded.notification);
    samples += made.samples.length;
    if (made.refusal !== undefined) refused++;
  });
  console.log(
    `round ${round}: ${lines.length} notifications, ${samples} samples, ${refused} refused; ` +
      `decoding ${decoding.toFixed(1)} us, with samples ${all.toFixed(1)} us each`,
  );
}

/** Microseconds for each message; nothing is kept, as in the pipeline. */
function cost(handle: (line: Uint8Array) => void): number {
  const started = cpuMicroseconds();
  for (const line of lines) handle(line);
  return (cpuMicroseconds() - started) / lines.length;
}

function readLines(path: string): readonly Uint8Array[] {
  const bytes = readFileSync(path);
  const found: Uint8Array[] = [];
  for (let from = 0; from < bytes.length;) {
    const end = bytes.indexOf(0x0a, from);
    const to = end < 0 ? bytes.length : end;
    if (to > from) found.push(bytes.subarray(from, to));
    from = to + 1;
  }
  return found;
}

function cpuMicroseconds(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
