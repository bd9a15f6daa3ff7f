/**
 * Edge (processes, net, files). `tpctl persist`: puts configuration, log, sources, stores and the
 * daemon together, and turns how it ended into the exit code. Everything that computes is in core/.
 */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { systemClock } from "../core/clock.ts";
import { loadConfig, PERSIST_NAMES, readSecretFile, withSearch } from "../core/config/load.ts";
import { endpointName } from "../core/config/endpoint.ts";
import type { PersistConfig } from "../core/config/persist_config.ts";
import { PERSIST_OPTIONS } from "../core/config/persist_options.ts";
import { readPersistConfig } from "../core/config/read_persist_config.ts";
import type { Log } from "../core/log/log.ts";
import { closingAccount, formatAccount, nothingStored } from "../core/observe/closing.ts";
import { createMetrics } from "../core/observe/metrics.ts";
import { configOfWorker, workersOf } from "../core/persist/members.ts";
import { deadLetterPlace, openDeadLetters } from "../core/persist/open_dead_letters.ts";
import { encoderOf } from "../core/persist/open_encoder.ts";
import { checkSource, openSource } from "../core/persist/open_source.ts";
import { openStore } from "../core/persist/open_store.ts";
import { type PersistWorkDeps, startPersistWork } from "../core/persist/persist_work.ts";
import { endedWell } from "../core/running/daemon.ts";
import type { LogSwitch } from "../core/running/log_switch.ts";
import { logThrough } from "../core/running/log_through.ts";
import { runService, type ServiceOutcome } from "../core/running/service.ts";
import type { WorkerChannel } from "../core/running/worker_channel.ts";
import { buildInfo } from "./build_info.ts";
import { openOutput, openProgress, runProcess, surroundings } from "./daemon_output.ts";
import { type PersistFlags, persistFlags } from "./flags.ts";

const command = "persist";
const clock = systemClock;

/** The subcommand. */
export function persistCommand(): CommandUnknownOpts {
  const { command: persist, read } = persistFlags();
  persist.action(() => runProcess((channel) => runPersist(read(), channel)));
  return persist;
}

async function runPersist(
  flags: PersistFlags,
  channel: WorkerChannel | undefined,
): Promise<void> {
  const { env, pid } = process;
  const config = readConfig(flags, channel);
  for (const input of config.inputs) await checkSource(input);
  const progress = openProgress(channel);
  const output = await openOutput(config.log, channel);
  let readerGone = false;
  const shown = progress?.above(output.log) ?? output.log;
  const log = logThrough(() => readerGone ? undefined : shown);
  if (channel === undefined) sayConfig(config, log);
  const metrics = createMetrics();
  const reread = async (): Promise<PersistConfig> => {
    const after = readConfig(flags, channel);
    await output.reopen(after.log);
    return after;
  };
  const deps = { clock, log, registry: metrics };
  const workDeps: PersistWorkDeps = {
    ...deps,
    random: Math.random,
    reread,
    openDeadLetters: (hooks) => openDeadLetters(config, { command, pid }, { ...deps, ...hooks }),
    openStore: (endpoint, onGone) => {
      const onReaderGone = (): void => {
        readerGone = true;
        onGone();
      };
      return openStore(endpoint, { ...deps, onReaderGone });
    },
    openSource: (input, { offsetOutOfRange }, events) =>
      openSource(input, { once: flags.once, offsetOutOfRange }, { ...deps, events }),
    encoderOf: (input) => encoderOf(input, { today: () => new Date(clock.now()) }),
  };
  try {
    const outcome = await runService(
      {
        start: (events) => startPersistWork(config, events, workDeps),
        reloadParent: () => reread().then(() => undefined),
      },
      { ...config, workers: flags.once ? 1 : workersOf(config), build: buildInfo },
      { ...deps, metrics, env, pid, channel, progress },
    );
    if (channel === undefined) close(outcome, { once: flags.once, config }, output);
  } finally {
    await output.close();
  }
}

function readConfig(flags: PersistFlags, channel: WorkerChannel | undefined): PersistConfig {
  const around = surroundings();
  const loaded = loadConfig(PERSIST_OPTIONS, PERSIST_NAMES, { ...flags.config, ...around });
  try {
    const config = readPersistConfig(loaded, flags.persist, readSecretFile);
    return configOfWorker(config, channel?.number);
  } catch (error) {
    throw withSearch(error, PERSIST_NAMES, { ...around, files: loaded.files });
  }
}

/** Once at start: the files, what they say without effect, what is read and where it goes. */
function sayConfig(config: PersistConfig, log: Log): void {
  log.info(`Configuration: ${config.files.join(", ") || "no file, defaults"}`);
  for (const { level, text, place } of config.notices) log[level](text, { ...place });
  for (const { kind, source, store, processors } of config.inputs) {
    const group = source.scheme === "kafka" ? { group: source.group } : {};
    const text = `Storing ${kind}: ${endpointName(source)} to ${endpointName(store)}`;
    log.info(text, { ...group, processors });
  }
}

/** The closing account, and the exit code where it is not 0. */
function close(
  outcome: ServiceOutcome,
  { once, config }: { readonly once: boolean; readonly config: PersistConfig },
  { log, isJson }: LogSwitch,
): void {
  const account = closingAccount(outcome.snapshot, {
    command,
    time: clock.now(),
    complete: outcome.complete,
    deadLetters: deadLetterPlace(config),
  });
  const bad = nothingStored(account);
  if (bad !== undefined) log.warning(bad);
  if (once || isJson) process.stderr.write(`${JSON.stringify(account)}\n`);
  else log.info(`Over: ${formatAccount(account)}`);
  if (!endedWell(outcome, once)) process.exitCode = 3;
}
