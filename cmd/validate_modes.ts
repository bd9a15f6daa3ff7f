/**
 * Edge (code loading). What `tpctl validate` can do beside checking files: one row per mode, each loaded
 * when its flag is given. The first whose flag is there is run, and nothing is checked besides.
 */
import type { ValidateFlags } from "./validate_flags.ts";

/** A mode. */
export interface ValidateMode {
  isAsked(flags: ValidateFlags): boolean;
  /** Resolves when it is done; sets process.exitCode itself for findings. */
  run(flags: ValidateFlags): Promise<void>;
}

/** The table. */
export const VALIDATE_MODES: readonly ValidateMode[] = [
  {
    isAsked: ({ rules }) => rules !== undefined,
    run: async (flags) => (await import("./validate_rules.ts")).showRules(flags),
  },
];
