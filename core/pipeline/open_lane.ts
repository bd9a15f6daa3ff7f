/**
 * Edge (files, net). Opens one publisher and its lane: loads the code of its scheme, makes it, and
 * gives it the spool that its policy asks for.
 */
import { join } from "node:path";
import type { PipelineConfig, PublisherSettings } from "../config/pipeline_config.ts";
import { ConfigError, type Place } from "../errors.ts";
import { openFileLocks } from "../files/file_lock.ts";
import { Lane, type LaneDeps } from "./lane.ts";
import type { LaneOrder } from "./lane_order.ts";
import type { LaneRequest } from "./lane_set.ts";
import { policyOf } from "./policy.ts";
import type { Publisher, PublisherKind } from "./publisher.ts";
import { openSpool } from "./spool.ts";
import type { Spool } from "./spool_contract.ts";
import { spoolFolder } from "./spool_folder.ts";

/** What a lane needs besides what it is told by the work. */
export interface OpenLaneDeps extends Omit<LaneDeps, "publisher" | "spool" | "order"> {
  /** A file goes out in its order; of a bus that several share there is none. */
  readonly keepsOrder: boolean;
  /** The order of the lanes to the far end of a scheme. */
  readonly orderOf: (scheme: string) => LaneOrder;
  readonly loadKind: (scheme: string, place?: Place) => Promise<PublisherKind<PublisherSettings>>;
}

/** Rejects with a ConfigError, at the publisher's place in its file. */
export async function openLane(
  { reference, carries }: LaneRequest,
  config: PipelineConfig,
  deps: OpenLaneDeps,
): Promise<Lane> {
  const { place, url } = reference;
  const kind = await deps.loadKind(url.scheme, place);
  const publisher = create();
  const { policy, queueParcelsMax } = policyOf(url, config.policies);
  const { gather } = kind;
  const { parallelRequestsMax } = config.publishers;
  const concurrency = deps.keepsOrder ? 1 : Math.min(kind.concurrency, parallelRequestsMax);
  return new Lane(
    { carries, policy, concurrency, gather, queueParcelsMax },
    {
      ...deps,
      publisher,
      spool: policy === "spool" ? await spoolOf() : undefined,
      order: kind.eventsFirst === true ? deps.orderOf(url.scheme) : undefined,
    },
  );

  async function spoolOf(): Promise<Spool> {
    const folder = join(config.stateDir, "spool", spoolFolder(reference.text, carries));
    const bytesMax = config.policies.spoolBytesMax;
    try {
      return await openSpool({ folder, bytesMax, name: deps.name }, {
        ...deps,
        locks: openFileLocks(),
      });
    } catch (error) {
      await publisher.close();
      const why = error instanceof Error ? error.message : String(error);
      const text =
        `Cannot open the spool '${folder}': ${why}, expected a folder that can be written`;
      throw new ConfigError(text, place, { cause: error });
    }
  }

  function create(): Publisher {
    try {
      return kind.create(url, { ...deps, settings: config.publishers, carries });
    } catch (error) {
      if (!(error instanceof ConfigError) || error.place !== undefined) throw error;
      throw new ConfigError(error.message, place, { cause: error });
    }
  }
}
