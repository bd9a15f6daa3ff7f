/**
 * Edge (files). persister.conf and ceilometer.conf -> hits: what the daemons' own readers refuse or say,
 * then what lint rules find. A configuration may be several files, the later ones winning.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { findDefinitionFiles } from "../config/definition_files.ts";
import type { DefinitionPaths } from "../config/definition_files.ts";
import type { Tls } from "../config/endpoint.ts";
import type { IniFile } from "../config/ini.ts";
import { environmentName } from "../config/option_values.ts";
import { type LoadedConfig, loadedFrom, readSecretFile } from "../config/load.ts";
import { withCredentials } from "../config/load_pipeline_config.ts";
import type { Option } from "../config/option.ts";
import { PERSIST_OPTIONS } from "../config/persist_options.ts";
import type { PersistConfig } from "../config/persist_config.ts";
import type { PipelineConfig } from "../config/pipeline_config.ts";
import { PIPELINE_OPTIONS } from "../config/pipeline_options.ts";
import { readPersistConfig } from "../config/read_persist_config.ts";
import { readPipelineConfig } from "../config/read_pipeline_config.ts";
import { checkAccess } from "../amqp/connection.ts";
import type { Place } from "../errors.ts";
import { whyUnreadable } from "../files/file_failure.ts";
import { loadTls } from "../http/tls.ts";
import { planOfPythonLogging } from "../log/python_logging.ts";
import type { Hit } from "./finding.ts";
import { configErrorsOf, hitOfError, hitOfNotice } from "./hits.ts";
import { permissiveConfig } from "./permissive_config.ts";
import { lint } from "./rule.ts";
import { CONFIG_LINT, configSecrets } from "./rules/config_rules.ts";

/** The environment that a daemon would see. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What a ceilometer.conf says, as far as it can be read. */
export interface CheckedPipelineConfig {
  readonly hits: readonly Hit[];
  /** Undefined where it cannot be used. */
  readonly config: PipelineConfig | undefined;
  readonly definitions: DefinitionPaths | undefined;
}

/** Who needs which secret, by the names of their options. */
const secretOf: Readonly<Record<string, string>> = {
  username: "password",
  user_id: "password",
  application_credential_id: "application_credential_secret",
  application_credential_name: "application_credential_secret",
  service_username: "service_password",
  sasl_username: "sasl_password",
  elasticsearch_user: "elasticsearch_password",
};

/** Secrets come from the environment where a daemon runs, and are not asked for here. */
export const placeholders: Environment = { TPCTL_PASSWORD: "-", TPCTL_INFLUX_TOKEN: "-" };

/** Likewise passwords of users that the files name. */
function withSecrets(files: readonly IniFile[], environment: Environment): Environment {
  const values = files.flatMap((file) => file.values);
  const given = new Set(values.map(({ section, key }) => `${section}.${key}`));
  const missing = values.flatMap(({ section, key }): [string, string][] => {
    const name = secretOf[key];
    if (name === undefined || given.has(`${section}.${name}`)) return [];
    return [[environmentName({ section, name }), "-"]];
  });
  return { ...placeholders, ...Object.fromEntries(missing), ...environment };
}

/** Reads a persister.conf as `persist` does. */
export function checkPersistConfig(
  files: readonly IniFile[],
  environment: Environment,
): readonly Hit[] {
  const around = { environment: withSecrets(files, environment), values: new Map() };
  const loaded = loadedFrom(PERSIST_OPTIONS, files, around);
  const given = { from: undefined, kind: undefined, to: undefined };
  const read = attempt(() => readPersistConfig(loaded, given, readSecretFile));
  const { value: config } = read;
  return [
    ...placed(read.hits, files),
    ...noticeHits(config ?? loaded),
    ...(config === undefined ? [] : [
      ...config.inputs.flatMap(({ source, store }) => [
        ...("security" in source ? tlsHits(source.security.tls, files) : []),
        ...("tls" in store ? tlsHits(store.tls, files) : []),
      ]),
      ...logHits(config, files),
    ]),
  ];
}

/** Reads a ceilometer.conf as `pipeline` does; relative names are looked for here and beside it. */
export function checkPipelineConfig(
  files: readonly IniFile[],
  environment: Environment,
): CheckedPipelineConfig {
  const around = { environment: withSecrets(files, environment), values: new Map() };
  const loaded = withCredentials((options) => loadedFrom(options, files, around));
  const searchFolders = configSearchFolders(files);
  const given = {
    from: undefined,
    pipelineFile: undefined,
    eventPipelineFile: undefined,
    hostName: "localhost",
    searchFolders,
  };
  const { value, hits } = attempt(() => readPipelineConfig(loaded, given));
  const config = value ?? attempt(() =>
    readPipelineConfig(
      withCredentials((options) => loadedFrom(options, withoutFaulty(files, hits), around)),
      given,
    )
  ).value;
  if (config === undefined) {
    const all = [...placed(hits, files), ...noticeHits(loaded)];
    return { hits: all, config, definitions: undefined };
  }
  const definitions = findDefinitionFiles(config.definitions, config.pipelines);
  return {
    hits: [
      ...placed(hits, files),
      ...noticeHits(value ?? loaded),
      ...definitions.problems.map((problem) => hitOfError(problem, "config/missing-file")),
      ...noticeHits(definitions),
      ...transportHits(config, files),
      ...logHits(config, files),
    ],
    config,
    definitions,
  };
}

/** Where relative names are looked for: beside the files, the last one first. */
export function configSearchFolders(files: readonly IniFile[]): readonly string[] {
  return [...new Set(files.toReversed().map(({ file }) => dirname(file)))];
}

/** So that the files which a faulty configuration names are checked too. */
function withoutFaulty(files: readonly IniFile[], hits: readonly Hit[]): IniFile[] {
  const faulty = new Set(hits.map(({ place }) => `${place?.file}:${place?.line}`));
  const kept = files.map((file) => ({
    ...file,
    values: file.values.filter(({ place }) => !faulty.has(`${place.file}:${place.line}`)),
    errors: [],
  }));
  return [permissiveConfig, ...kept];
}

/** What lint rules find in each file by itself. */
export function lintConfig(
  file: IniFile,
  { kind, isPublic }: {
    readonly kind: "persister.conf" | "ceilometer.conf";
    readonly isPublic: boolean;
  },
): readonly Hit[] {
  const options: readonly Option[] = kind === "persister.conf" ? PERSIST_OPTIONS : PIPELINE_OPTIONS;
  const subject = { file, options, isPublic };
  return [...lint(CONFIG_LINT, subject), ...configSecrets(subject)];
}

function transportHits({ input }: PipelineConfig, files: readonly IniFile[]): Hit[] {
  return input.transports.flatMap((transport) => {
    if (transport.driver === "kafka") return tlsHits(transport.security.tls, files);
    const { hits } = attempt(() => checkAccess({ transport, options: input.rabbit }));
    return [...hits, ...tlsHits(transport.tls, files)];
  });
}

function tlsHits(tls: Tls | undefined, files: readonly IniFile[]): readonly Hit[] {
  if (tls === undefined) return [];
  const { hits } = attempt(() => loadTls(tls));
  const missing = [tls.caFile, tls.certFile, tls.keyFile].find((path) =>
    path !== undefined && !existsSync(path)
  );
  return hits.map((hit) => ({ ...hit, place: hit.place ?? placeOf(missing, files) }));
}

function logHits(
  { log }: Pick<PersistConfig, "log">,
  files: readonly IniFile[],
): readonly Hit[] {
  const path = log.configAppend;
  if (path === undefined) return [];
  const place = placeOf(path, files);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const expected = "a Python logging configuration";
    const why = whyUnreadable(error);
    const said = `Cannot read log_config_append '${path}': ${why}, expected ${expected}`;
    return [{ rule: "config/log-file", place, text: said, expected }];
  }
  const { hits } = attempt(() => planOfPythonLogging(text, path));
  return hits.map((hit) => ({ ...hit, rule: "config/log-file" }));
}

/** Where an option has this value. */
function placeOf(value: string | undefined, files: readonly IniFile[]): Place | undefined {
  const values = files.toReversed().flatMap((file) => file.values);
  return value === undefined ? undefined : values.find((one) => one.value === value)?.place;
}

function noticeHits({ notices }: Pick<LoadedConfig, "notices">): Hit[] {
  return notices.flatMap((notice) => {
    // Built-in files that hold because there are no others are no finding.
    if (notice.rule === undefined && notice.level === "info") return [];
    const hit = hitOfNotice(notice, "config/input-off");
    return [notice.rule === "config/unknown-option" ? { ...hit, hidesValue: true } : hit];
  });
}

/** What is missing is shown at its section, where the files have it. */
function placed(hits: readonly Hit[], files: readonly IniFile[]): readonly Hit[] {
  return hits.map((hit) => {
    if (hit.place !== undefined) return hit;
    const [, section = ""] = /\[([^\]]+)\]/.exec(hit.text) ?? [];
    const found = files.toReversed().find(({ sections }) => sections.has(section));
    return { ...hit, place: found?.sections.get(section) };
  });
}

function attempt<T>(
  read: () => T,
): { readonly value: T | undefined; readonly hits: readonly Hit[] } {
  try {
    return { value: read(), hits: [] };
  } catch (error) {
    const errors = configErrorsOf(error);
    return { value: undefined, hits: errors.map((one) => hitOfError(one, "config/bad-value")) };
  }
}
