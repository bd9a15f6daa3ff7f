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
  {
    isAsked: ({ schema }) => schema !== undefined,
    run: async (flags) => await (await import("./validate_schema.ts")).showSchema(flags),
  },
  {
    isAsked: ({ explain }) => explain !== undefined,
    run: async (flags) => await (await import("./validate_explain.ts")).showName(flags),
  },
  {
    isAsked: ({ explainMessage }) => explainMessage !== undefined,
    run: async (flags) => await (await import("./validate_explain.ts")).showMessage(flags),
  },
  {
    isAsked: ({ graph }) => graph !== undefined,
    run: async (flags) => await (await import("./validate_graph.ts")).showGraph(flags),
  },
  {
    isAsked: ({ tests }) => tests !== undefined,
    run: async (flags) => await (await import("./validate_tests.ts")).showTests(flags),
  },
];
