/**
 * Edge (files). Spools that an earlier configuration filled and that no publisher empties any more:
 * said at every start and in the metrics, and never deleted.
 */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { PipelineConfig } from "../config/pipeline_config.ts";
import type { Log } from "../log/log.ts";
import type { Registry } from "../observe/registry.ts";
import type { LaneRequest } from "./lane_set.ts";
import { policyOf } from "./policy.ts";
import { spoolFolder } from "./spool_folder.ts";

/** Looks through the spools of the state folder for those that none of the publishers has. */
export async function leftSpools(
  { stateDir, policies }: PipelineConfig,
  publishers: readonly LaneRequest[],
  { log, registry }: { readonly log: Log; readonly registry: Registry },
): Promise<void> {
  const root = join(stateDir, "spool");
  const used = new Set(
    publishers.filter(({ reference }) => policyOf(reference.url, policies).policy === "spool")
      .map(({ reference, carries }) => spoolFolder(reference.text, carries)),
  );
  for (const name of await readdir(root).catch(() => [])) {
    const spool = join(root, name);
    const bytes = used.has(name) ? 0 : await bytesIn(spool);
    const help = "Bytes of a spool that no configured publisher empties.";
    if (bytes > 0) registry.gauge("tpctl_spool_left_bytes", help, { spool: name }).set(bytes);
    if (bytes === 0) continue;
    log.error("A spool is left that no configured publisher empties; tpctl replay --spool does", {
      spool,
      bytes,
    });
  }
}

async function bytesIn(folder: string): Promise<number> {
  let sum = 0;
  for (const name of await readdir(folder, { recursive: true }).catch(() => [])) {
    if (!name.endsWith(".seg")) continue;
    const found = await stat(join(folder, name)).catch(() => undefined);
    sum += found?.size ?? 0;
  }
  return sum;
}
