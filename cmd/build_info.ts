/**
 * Pure. Which tpctl this is: what build.ts stamped into the executable, or that it runs from source.
 */
import manifest from "../package.json" with { type: "json" };
import type { BuildInfo } from "../core/observe/process.ts";

declare const TPCTL_VERSION: string | undefined;
declare const TPCTL_COMMIT: string | undefined;

/** Version, commit (`source` where it was not compiled) and runtime. */
export const buildInfo: BuildInfo = {
  version: typeof TPCTL_VERSION === "string" ? TPCTL_VERSION : manifest.version,
  commit: typeof TPCTL_COMMIT === "string" ? TPCTL_COMMIT : "source",
  runtime: `Bun ${Bun.version}`,
};
