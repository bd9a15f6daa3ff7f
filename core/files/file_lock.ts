/**
 * Edge (files). flock(2) on an open file: several processes write to one file in turn, and the lock of
 * a process that was killed is gone with it. The runtime has no call for it, so libc's is used.
 */
import { dlopen } from "bun:ffi";
import { RunError } from "../errors.ts";
import { openLibc } from "../libc.ts";

const LOCK_EX_NB = 2 | 4;
const LOCK_UN = 8;

/** The lock of open files. */
export interface FileLocks {
  /** Whether the descriptor's file is locked for it now; false while another descriptor has it. */
  tryLock(descriptor: number): boolean;
  unlock(descriptor: number): void;
}

/** Loads libc; throws a RunError where there is none that we know. */
export function openFileLocks(): FileLocks {
  const flock = loadFlock();
  return {
    tryLock: (descriptor) => flock(descriptor, LOCK_EX_NB) === 0,
    unlock: (descriptor) => void flock(descriptor, LOCK_UN),
  };
}

function loadFlock(): (descriptor: number, operation: number) => number {
  try {
    const flock = { args: ["i32", "i32"], returns: "i32" } as const;
    return openLibc((name) => dlopen(name, { flock }).symbols.flock);
  } catch (cause) {
    throw new RunError("Cannot lock files: no C library was found, expected glibc or musl", {
      cause,
    });
  }
}
