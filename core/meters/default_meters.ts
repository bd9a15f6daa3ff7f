/**
 * Pure. The built-in meter definitions, one file per service, embedded in the executable. They cover
 * what Ceilometer's own data/meters.d covers: the same names, types, units, events and members.
 */
import blockStorage from "./defaults/block_storage.yaml" with { type: "text" };
import compute from "./defaults/compute.yaml" with { type: "text" };
import computeHosts from "./defaults/compute_hosts.yaml" with { type: "text" };
import containers from "./defaults/containers.yaml" with { type: "text" };
import database from "./defaults/database.yaml" with { type: "text" };
import dns from "./defaults/dns.yaml" with { type: "text" };
import identity from "./defaults/identity.yaml" with { type: "text" };
import image from "./defaults/image.yaml" with { type: "text" };
import network from "./defaults/network.yaml" with { type: "text" };
import objectStorage from "./defaults/object_storage.yaml" with { type: "text" };
import sharedFileSystems from "./defaults/shared_file_systems.yaml" with { type: "text" };
import type { MeterFile } from "./meter_files.ts";

/** They come after the files of every configured folder: a name that is in use stays in use. */
export const defaultMeterFiles: readonly MeterFile[] = Object.entries({
  block_storage: blockStorage,
  compute,
  compute_hosts: computeHosts,
  containers,
  database,
  dns,
  identity,
  image,
  network,
  object_storage: objectStorage,
  shared_file_systems: sharedFileSystems,
}).map(([name, text]) => ({ name: `built-in ${name}.yaml`, text: text as string }));
