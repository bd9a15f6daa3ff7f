/**
 * Edge (net, files). `gnocchi://`: samples as measures of Gnocchi's metrics, events as resources made,
 * updated and ended. What meters and events mean is a definitions file's business; the far end is
 * found with Keystone's catalogue or named by gnocchi-basic.
 */
import { existsSync, readFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import type { KeystoneConfig } from "../core/config/keystone_config.ts";
import { readPublisherOptions } from "../core/config/publisher_options.ts";
import type { PublisherOptionValues } from "../core/config/publisher_options.ts";
import { shownUrl } from "../core/config/publisher_url.ts";
import type { PublisherSettings } from "../core/config/pipeline_config.ts";
import { ConfigError, ConfigErrors } from "../core/errors.ts";
import { ActivityFilter } from "../core/gnocchi/activity_filter.ts";
import { AttributeCache } from "../core/gnocchi/attribute_cache.ts";
import { GnocchiClient, gnocchiService } from "../core/gnocchi/client.ts";
import { defaultResources, resourcesFileName } from "../core/gnocchi/default_resources.ts";
import { EventWriter } from "../core/gnocchi/event_writer.ts";
import { planMeasures } from "../core/gnocchi/measures.ts";
import { PolicyKeeper } from "../core/gnocchi/policy_keeper.ts";
import {
  readResourceDefinitions,
  type ResourceDefinitions,
} from "../core/gnocchi/resource_definitions.ts";
import { SampleWriter } from "../core/gnocchi/sample_writer.ts";
import { TypeKeeper } from "../core/gnocchi/type_keeper.ts";
import { createSession } from "../core/keystone/session.ts";
import type { Log } from "../core/log/log.ts";
import type { Event } from "../core/pipeline/event.ts";
import type {
  Publisher,
  PublisherDeps,
  PublisherKind,
  PublisherOption,
  PublisherUrl,
} from "../core/pipeline/publisher.ts";
import type { Sample } from "../core/pipeline/sample.ts";

/** Requests about single resources at once, whatever max_parallel_requests says. */
const requestsMax = 8;

/** Names of meters without a definition that are remembered, to say each once. */
const unhandledNamesMax = 1000;

const msPerSecond = 1000;

const options: readonly PublisherOption[] = [
  {
    name: "archive_policy",
    kind: "string",
    help: "The archive policy of all metrics, instead of those that the definitions name.",
  },
  {
    name: "filter_project",
    kind: "string",
    default: "service",
    help: "Samples of this project are left out: it is the one that Gnocchi stores its data with.",
  },
  {
    name: "filter_domain",
    kind: "string",
    default: "Default",
    help: "The domain of filter_project.",
  },
  {
    name: "enable_filter_project",
    kind: "bool",
    default: "true",
    help: "Whether samples of filter_project are left out.",
  },
  {
    name: "resources_definition_file",
    kind: "path",
    help: `The definitions of resources; not set: ${resourcesFileName} in the configuration ` +
      "folders, else the built-in ones.",
  },
  {
    name: "timeout",
    kind: "float",
    min: 0.1,
    default: "6.05",
    unit: "s",
    help: "The time limit of a request.",
  },
];

/** What it takes of ceilometer.conf. */
export type GnocchiSettings = Pick<
  PublisherSettings,
  "gnocchi" | "keystone" | "parallelRequestsMax" | "searchFolders"
>;

/** `gnocchi://?archive_policy=NAME&filter_project=NAME&resources_definition_file=FILE`. */
export const gnocchiKind: PublisherKind<GnocchiSettings> = {
  schemes: ["gnocchi"],
  help: "Stores samples as measures in Gnocchi; events make, update and end its resources.",
  takes: ["samples", "events"],
  options,
  unknownOptions: "error",
  concurrency: 1,
  gather: { items_max: 1000, wait_ms: 0 },
  // The end of a resource must not fall on what the same notification's samples make anew.
  eventsFirst: true,
  farEnd: (_url, { settings }) => ({
    kind: "openstack",
    credentials: credentialsOf(settings),
    service: gnocchiService,
    path: "/v1/archive_policy",
  }),
  create: (url, deps) => new GnocchiPublisher(url, deps),
};

class GnocchiPublisher implements Publisher {
  readonly name: string;
  readonly #log: Log;
  readonly #definitions: ResourceDefinitions;
  readonly #filter: ActivityFilter;
  readonly #samples: SampleWriter;
  readonly #events: EventWriter;
  readonly #unhandled = new Set<string>();
  #isClosed = false;

  constructor(url: PublisherUrl, { settings, clock, log }: PublisherDeps<GnocchiSettings>) {
    this.name = shownUrl(url.text);
    this.#log = log;
    const { values, errors } = readPublisherOptions(url, gnocchiKind);
    throwAll(errors.map(({ text }) => new ConfigError(text)));
    this.#definitions = loadDefinitions(values, settings, log);
    const session = createSession(credentialsOf(settings), {
      clock,
      timeoutMs: values.number("timeout") * msPerSecond,
    });
    const client = new GnocchiClient(this.name, session, clock);
    const { byMetric, definitions, archivePolicies } = this.#definitions;
    const types = new TypeKeeper(client, {
      wanted: [...new Set(definitions.map(({ resourceType }) => resourceType))],
      creates: settings.gnocchi.createResourceTypes,
      log,
    });
    const parts = {
      client,
      types,
      log,
      cache: new AttributeCache(clock),
      requestsMax: Math.min(requestsMax, settings.parallelRequestsMax),
    };
    this.#filter = new ActivityFilter(filterQuery(values), { session, byMetric, log });
    const policies = new PolicyKeeper(client, archivePolicies);
    this.#samples = new SampleWriter({ ...parts, policies });
    this.#events = new EventWriter({ ...parts, clock, definitions });
  }

  async publishSamples(samples: readonly Sample[], signal: AbortSignal): Promise<void> {
    this.#checkOpen();
    if (samples.length === 0) return;
    const isSkipped = await this.#filter.ready(signal);
    const plan = planMeasures(samples, { byMetric: this.#definitions.byMetric, isSkipped });
    for (const name of plan.unhandled) this.#sayUnhandled(name);
    await this.#samples.write(plan, signal);
  }

  async publishEvents(events: readonly Event[], signal: AbortSignal): Promise<void> {
    this.#checkOpen();
    await this.#events.write(events, signal);
  }

  ignores(item: Sample | Event): boolean {
    return "event_type" in item && !this.#events.means(item);
  }

  close(): Promise<void> {
    this.#isClosed = true;
    return Promise.resolve();
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new Error(`${this.name} is closed`);
  }

  #sayUnhandled(name: string): void {
    if (this.#unhandled.has(name) || this.#unhandled.size >= unhandledNamesMax) return;
    this.#unhandled.add(name);
    this.#log.warning(`No resource definition has the metric '${name}': Gnocchi gets none of it`);
  }
}

function filterQuery(
  values: PublisherOptionValues,
): { readonly project: string; readonly domain: string } | undefined {
  if (!values.bool("enable_filter_project")) return undefined;
  return {
    project: values.text("filter_project") ?? "",
    domain: values.text("filter_domain") ?? "",
  };
}

function credentialsOf({ gnocchi, keystone }: GnocchiSettings): KeystoneConfig {
  const credentials = keystone.get(gnocchi.authSection);
  if (credentials !== undefined) return credentials;
  throw new ConfigError(
    `Cannot use [gnocchi] auth_section '${gnocchi.authSection}': there is no such section, ` +
      "expected one with credentials",
  );
}

function loadDefinitions(
  values: PublisherOptionValues,
  { searchFolders }: GnocchiSettings,
  log: Log,
): ResourceDefinitions {
  const given = values.text("resources_definition_file");
  const path = findFile(given ?? resourcesFileName, searchFolders);
  if (path === undefined && given !== undefined) {
    throw new ConfigError(
      `Cannot read the resource definitions '${given}': there is no such file, expected it here ` +
        `or in ${searchFolders.join(", ")}`,
      undefined,
      { rule: "file/unreadable" },
    );
  }
  const source = path === undefined ? defaultResources : { file: path, text: readText(path) };
  const archivePolicy = values.text("archive_policy");
  const definitions = readResourceDefinitions({ ...source, archivePolicy });
  throwAll(definitions.problems);
  for (const { text, place } of definitions.notes) log.warning(text, { ...place });
  return definitions;
}

function findFile(name: string, folders: readonly string[]): string | undefined {
  const candidates = isAbsolute(name)
    ? [name]
    : [name, ...folders.map((folder) => join(folder, name))];
  return candidates.find((path) => existsSync(path));
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const text = `Cannot read the resource definitions '${path}': ${why}, expected a YAML file`;
    throw new ConfigError(text, undefined, { cause: error, rule: "file/unreadable" });
  }
}

function throwAll(errors: readonly ConfigError[]): void {
  const [first, second] = errors;
  if (second !== undefined) throw new ConfigErrors(errors);
  if (first !== undefined) throw first;
}
