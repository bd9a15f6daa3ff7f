/**
 * Pure. The line that `tpctl --version` prints; apart, so that it loads nothing else.
 */
import { buildInfo } from "./build_info.ts";

/** Version, commit, runtime and platform. */
export function versionText(): string {
  const { version, commit, runtime } = buildInfo;
  return `tpctl ${version} (commit ${commit}, ${runtime}, ${process.platform}-${process.arch})`;
}
