/**
 * Edge (files). What `persist` and `pipeline` do at start with a folder of configuration files, by their
 * own code and without a validate in sight: refuse, leave something out, or start.
 */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { systemClock } from "../../core/clock.ts";
import { loadConfig, PERSIST_NAMES, readSecretFile } from "../../core/config/load.ts";
import { loadPipelineConfig } from "../../core/config/load_pipeline_config.ts";
import { PERSIST_OPTIONS } from "../../core/config/persist_options.ts";
import { readPersistConfig } from "../../core/config/read_persist_config.ts";
import { ConfigError, ConfigErrors, UsageError } from "../../core/errors.ts";
import { silentLog } from "../../core/log/log.ts";
import { openLog } from "../../core/log/open_log.ts";
import { createMetrics } from "../../core/observe/metrics.ts";
import { openStore } from "../../core/persist/open_store.ts";
import type { PipelineFile } from "../../core/pipeline/pipeline.ts";
import { openSetup } from "../../core/pipeline/open_setup.ts";
import { loadPublisherKind, publisherSchemes } from "../../publishers/mod.ts";

/** Why the daemon does not start, or what it leaves out; undefined: it starts with everything. */
export type StartVerdict = string | undefined;

/** Starts `pipeline` in this process, up to where it would connect. */
export async function startPipeline(folder: string): Promise<StartVerdict> {
  return await verdictOf(async () => {
    const config = loadPipelineConfig(sourcesIn(folder, "ceilometer.conf"), nothingTyped);
    const kindsOf = (schemes: readonly string[]) =>
      Promise.all([...schemes].map((scheme) => loadPublisherKind(scheme)));
    const { pipelines } = await openSetup(config, {
      schemes: publisherSchemes,
      kindsOf: async (schemes) => [...new Set(await kindsOf(schemes))],
      knownName: undefined,
    });
    for (const side of [pipelines.samples, pipelines.events]) {
      if (side !== undefined) await makePublishers(side.file, config.publishers);
    }
    await tryLog(config.log);
    const left = pipelines.samples?.meters.problems.filter(({ error }) =>
      error.place?.file.startsWith("built-in") !== true
    ) ?? [];
    return left[0]?.error.message;
  });
}

const nothingTyped = { from: undefined, pipelineFile: undefined, eventPipelineFile: undefined };

async function makePublishers(
  file: PipelineFile,
  settings: Parameters<Awaited<ReturnType<typeof loadPublisherKind>>["create"]>[1]["settings"],
): Promise<void> {
  // Those of a sink that no source uses are not opened.
  const used = new Set(file.pipelines.flatMap(({ sink }) => sink.publishers));
  for (const { url } of used) {
    const kind = await loadPublisherKind(url.scheme);
    const deps = {
      settings,
      carries: file.carries,
      log: silentLog,
      clock: systemClock,
      registry: createMetrics(),
    };
    // Writing to the machine's own folders is not what is asked here.
    if (kind.check === undefined) await kind.create(url, deps).close();
    else kind.check(url, deps);
  }
}

/** Starts `persist` in this process, up to where it would connect. */
export async function startPersist(folder: string): Promise<StartVerdict> {
  return await verdictOf(async () => {
    const loaded = loadConfig(
      PERSIST_OPTIONS,
      PERSIST_NAMES,
      sourcesIn(folder, "persister.conf"),
    );
    const given = { from: undefined, kind: undefined, to: undefined };
    const config = readPersistConfig(loaded, given, readSecretFile);
    for (const { store } of config.inputs) {
      if (store.scheme === "sqlite") continue;
      const deps = { clock: systemClock, log: silentLog, onReaderGone: () => undefined };
      await (await openStore(store, deps)).close();
    }
    await tryLog(config.log);
    return undefined;
  });
}

async function tryLog(config: Parameters<typeof openLog>[0]): Promise<void> {
  if (config.configAppend === undefined) return;
  const origin = { pid: 1, hostname: "localhost", program: `tpctl-${randomUUID()}` };
  await (await openLog(config, { clock: systemClock, stderr: process.stderr, origin })).close();
}

function sourcesIn(folder: string, name: string): Parameters<typeof loadPipelineConfig>[0] {
  return {
    sources: [{ kind: "file", path: join(folder, name) }],
    values: new Map(),
    environment: {},
    home: undefined,
    root: join(folder, "no-root"),
  };
}

async function verdictOf(start: () => Promise<StartVerdict>): Promise<StartVerdict> {
  try {
    return await start();
  } catch (error) {
    if (error instanceof ConfigError || error instanceof UsageError) return error.message;
    if (error instanceof ConfigErrors) return error.message;
    throw error;
  }
}
