/**
 * Edge (process). A process that writes dead letters until it is killed, for tests: each letter that
 * counts as kept is said on stdout. Arguments: folder, name, letters to write.
 */
import { systemClock } from "../core/clock.ts";
import { openDeadLetterFiles } from "../core/delivery/dead_letter_files.ts";
import { silentLog } from "../core/log/log.ts";
import { createMetrics } from "../core/observe/metrics.ts";

const [folder = "", name = "", count = "0"] = process.argv.slice(2);
const box = await openDeadLetterFiles(
  { folder, command: "persist", host: "here", pid: 1, bytesMax: 2 ** 30, fileBytesMax: 50_000 },
  {
    clock: systemClock,
    log: silentLog,
    registry: createMetrics(),
    onState: () => undefined,
    onStep: () => undefined,
  },
);
const never = new AbortController().signal;
for (let i = 0; i < Number(count); i++) {
  const payload = new TextEncoder().encode(`${name} ${i} ${"x".repeat(i % 2000)}`);
  const source = { file: name, line: i + 1 };
  await box.append(
    [{ source, class: "decode", reason: "test", destination: "", payload }],
    never,
  );
  process.stdout.write(`${i}\n`);
}
await box.close();
