/**
 * Edge (processes, files). A small disk of one's own, for tests of what happens when it is full or
 * read-only: a tmpfs, which takes the right to mount.
 */
import { mkdirSync, mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A mounted disk. */
export interface SmallDisk {
  /** Its folder. */
  readonly path: string;
  /** Changes options of the mount, as `ro` or `size=64m`; throws where that fails. */
  remount(options: string): void;
  /** Unmounts it, also while files on it are open; what is on it is lost. */
  remove(): void;
}

/** Why no small disk can be had here; undefined where one can. */
export function smallDiskMissing(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), "tpctl-small-disk-"));
  try {
    mountSmallDisk(folder, "64k").remove();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    rmdirSync(folder);
  }
}

/** Mounts a disk of `size` (as `64k`, `1m`) at `path`, which is made; throws where that fails. */
export function mountSmallDisk(path: string, size: string): SmallDisk {
  mkdirSync(path, { recursive: true });
  run("mount", "-t", "tmpfs", "-o", `size=${size}`, "tmpfs", path);
  return {
    path,
    remount: (options) => run("mount", "-o", `remount,${options}`, path),
    remove: () => run("umount", "-l", path),
  };
}

function run(program: string, ...args: readonly string[]): void {
  if (Bun.which(program) === null) throw new Error(`Cannot run '${program}': it is not there`);
  const { exitCode, stderr } = Bun.spawnSync([program, ...args]);
  if (exitCode === 0) return;
  const why = stderr.toString().trim();
  throw new Error(`Cannot ${program} a small disk: ${why}, expected the right to mount`);
}
