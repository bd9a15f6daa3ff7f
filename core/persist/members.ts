/**
 * Pure. `num_processors`: how many processes share the work, and which kinds of message each of them
 * reads. Worker n is member n of every group that has so many.
 */
import type { PersistConfig } from "../config/persist_config.ts";

/** Worker processes to start; 1 means that one process does it all. */
export function workersOf({ inputs }: Pick<PersistConfig, "inputs">): number {
  return Math.max(1, ...inputs.map(({ processors }) => processors));
}

/** The configuration as worker `number` (from 1) sees it; undefined is a process that does it all. */
export function configOfWorker(config: PersistConfig, number: number | undefined): PersistConfig {
  if (number === undefined) return config;
  return { ...config, inputs: config.inputs.filter(({ processors }) => processors >= number) };
}
