/**
 * Pure. The built-in event definitions: what OpenStack's services send, service by service. They hold
 * where no event_definitions.yaml is there.
 */
import compute from "./defaults/compute.yaml" with { type: "text" };
import identity from "./defaults/identity.yaml" with { type: "text" };
import network from "./defaults/network.yaml" with { type: "text" };
import orchestration from "./defaults/orchestration.yaml" with { type: "text" };
import storage from "./defaults/storage.yaml" with { type: "text" };
import telemetry from "./defaults/telemetry.yaml" with { type: "text" };
import { describeConfigError } from "../errors.ts";
import { loadYaml } from "../yaml/load.ts";
import { type EventDefinition, readEventDefinitions } from "./event_definitions.ts";

const FILES: readonly (readonly [name: string, text: string])[] = [
  ["compute.yaml", compute],
  ["storage.yaml", storage],
  ["network.yaml", network],
  ["identity.yaml", identity],
  ["orchestration.yaml", orchestration],
  ["telemetry.yaml", telemetry],
];

/** Reads them; the last that matches a type makes its events, as in any file. */
export function defaultEventDefinitions(): readonly EventDefinition[] {
  return FILES.flatMap(([name, text]) => {
    const { root, problems } = loadYaml(text, `built-in ${name}`);
    const read = root === undefined ? undefined : readEventDefinitions(root);
    const [problem] = [...problems, ...read?.problems ?? []];
    if (problem !== undefined) throw new Error(describeConfigError(problem));
    return read?.definitions ?? [];
  });
}
