/**
 * Edge (net). Names of users and projects for `[polling] identity_name_discovery`, asked of Keystone
 * with the service's credentials. While Keystone is away samples go on without names, as they do with
 * the reference, and it is not asked for every one of them.
 */
import type { Clock } from "../clock.ts";
import { defaultAuthSection } from "../config/keystone_options.ts";
import type { PipelineConfig } from "../config/pipeline_config.ts";
import { RunError } from "../errors.ts";
import type { NameDirectory } from "../keystone/names.ts";
import type { KnownName, WantedName } from "../meters/names.ts";

/** One notification waits for names no longer than this. */
const waitMsMax = 10_000;
/** After a failure Keystone is left alone for so long. */
const pauseMs = 30_000;

/** Names as far as they are known, and the way to more. */
export interface NameLookup {
  /** Takes the credentials of this configuration from now on. */
  use(config: PipelineConfig): void;
  readonly known: KnownName;
  /** Rejects when they cannot be had now; at once while Keystone is left alone. */
  lookUp(wanted: readonly WantedName[]): Promise<void>;
}

/** Asks nobody before `use`. */
export function createNameLookup(clock: Clock): NameLookup {
  let config: PipelineConfig | undefined;
  let directory: NameDirectory | undefined;
  let pausedUntilMs = -Infinity;
  const open = async (): Promise<NameDirectory> => {
    const credentials = config?.publishers.keystone.get(defaultAuthSection);
    if (credentials === undefined) throw new RunError("Cannot look up names: no credentials");
    const [{ NameDirectory: Directory }, { createSession }] = await Promise.all([
      import("../keystone/names.ts"),
      import("../keystone/session.ts"),
    ]);
    return directory ??= new Directory(createSession(credentials, { clock }), clock);
  };
  return {
    use(after): void {
      config = after;
      directory = undefined;
    },
    // While Keystone is left alone, what is not known counts as having no name.
    known(kind, id): string | null | undefined {
      const name = directory?.known(kind, id);
      return name === undefined && clock.monotonic() < pausedUntilMs ? null : name;
    },
    async lookUp(wanted): Promise<void> {
      try {
        await (await open()).lookUp(wanted, AbortSignal.timeout(waitMsMax));
      } catch (error) {
        pausedUntilMs = clock.monotonic() + pauseMs;
        throw error;
      }
    },
  };
}
