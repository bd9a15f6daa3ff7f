/**
 * Edge (process). What a process says of itself on `/metrics`: its resident memory and its build.
 */
import type { Memory } from "../running/memory.ts";
import type { Registry } from "./registry.ts";

/** Which tpctl this is, as `tpctl --version` says it. */
export interface BuildInfo {
  readonly version: string;
  readonly commit: string;
  readonly runtime: string;
}

/** This process's memory. */
export const processMemory: Memory = {
  resident: () => process.memoryUsage.rss(),
  collect: () => Bun.gc(true),
};

/** Registers both; the function returned reads the memory anew, to be called before a snapshot. */
export function observeProcess(registry: Registry, build: BuildInfo): () => void {
  registry.gauge("tpctl_build_info", "The build that runs, always 1.", { ...build }).set(1);
  const resident = registry.gauge(
    "process_resident_memory_bytes",
    "Resident memory of the process in bytes.",
  );
  const read = (): void => resident.set(processMemory.resident());
  read();
  return read;
}
