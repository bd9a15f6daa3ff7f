/**
 * Pure. From the loaded files and the command line to the one object that `pipeline` runs by. What is
 * wrong is thrown at once: UsageError for the command line, ConfigErrors for all the rest together.
 */
import { join } from "node:path";
import type { ConfigNotice } from "./check_options.ts";
import { readDaemonConfig } from "./daemon_options.ts";
import { parseSource } from "./endpoint_url.ts";
import type { KeystoneConfig } from "./keystone_config.ts";
import { defaultAuthSection, readKeystone } from "./keystone_options.ts";
import type { LoadedConfig } from "./load.ts";
import { readLogConfig } from "./log_options.ts";
import {
  monascaAuthSection,
  monascaCredentials,
  readMonasca,
  readMonascaCredentials,
} from "./monasca_options.ts";
import type { OptionValues } from "./option_values.ts";
import {
  type DefinitionConfig,
  kafkaCodecs,
  type MessagingTransport,
  type NamedFile,
  type NotificationInput,
  type NotifierConfig,
  notifierDrivers,
  type PipelineConfig,
  type PipelineName,
  type PolicyConfig,
  publisherPolicies,
  type PublisherSettings,
  type SampleConfig,
} from "./pipeline_config.ts";
import { defaultExchanges, policySchemes } from "./pipeline_options.ts";
import {
  readKafkaTransportSecurity,
  readRabbitOptions,
  readTransport,
  transportOfAmqp,
  transportOfKafka,
  type UrlOrigin,
} from "./read_messaging.ts";
import { readSecrets } from "./read_persist_config.ts";
import { didYouMean } from "./suggest.ts";
import type { Secrets } from "./url_parts.ts";

/** What the command line and the machine say besides oslo's options. */
export interface PipelineArguments {
  /** `--from`, as typed. */
  readonly from: string | undefined;
  /** `--pipeline` and `--event-pipeline`, as typed. */
  readonly pipelineFile: string | undefined;
  readonly eventPipelineFile: string | undefined;
  /** This machine's name, where `[DEFAULT] host` says nothing. */
  readonly hostName: string;
  /** Where relative file names are searched, in order. */
  readonly searchFolders: readonly string[];
}

const MS_PER_SECOND = 1000;
/** The reference waits without an end where no batch_timeout is set. */
const batchWaitSecondsDefault = 1;
const PIPELINE_NAMES: readonly PipelineName[] = ["meter", "event"];

/** The sections of credentials besides the usual one, which are to be read as such. */
export function authSections(values: OptionValues): string[] {
  const named = ["gnocchi", "zaqar"].map((section) => values.text(section, "auth_section"));
  const all = [...named, monascaAuthSection(values)];
  const others = all.filter((section) => section !== undefined && section !== defaultAuthSection);
  return [...new Set(others)].flatMap((section) =>
    section === undefined || section === monascaCredentials ? [] : [section]
  );
}

/** `loaded` was read with `pipelineOptions(authSections(...))`. */
export function readPipelineConfig(
  loaded: LoadedConfig,
  given: PipelineArguments,
): PipelineConfig {
  return new PipelineReading(loaded, given).config();
}

class PipelineReading {
  readonly #loaded: LoadedConfig;
  readonly #values: OptionValues;
  readonly #given: PipelineArguments;
  readonly #secrets: Secrets;

  constructor(loaded: LoadedConfig, given: PipelineArguments) {
    this.#loaded = loaded;
    this.#values = loaded.values;
    this.#given = given;
    this.#secrets = readSecrets(loaded.environment);
  }

  config(): PipelineConfig {
    const values = this.#values;
    const host = values.host("DEFAULT", "host") ?? this.#given.hostName;
    const config: PipelineConfig = {
      ...readDaemonConfig(values, this.#loaded.environment),
      files: this.#loaded.files,
      pipelines: this.#pipelines(),
      workers: values.number("notification", "workers"),
      input: this.#input(),
      definitions: this.#definitions(),
      samples: this.#samples(host),
      publishers: this.#publishers(host),
      policies: this.#policies(),
      log: readLogConfig(values, "tpctl-pipeline"),
      notices: joinedNotices(this.#loaded.notices),
    };
    values.finish();
    return config;
  }

  #pipelines(): PipelineName[] {
    const named = this.#values.multi("notification", "pipelines");
    const known = PIPELINE_NAMES.filter((name) => named.length === 0 || named.includes(name));
    for (const name of named) {
      if (PIPELINE_NAMES.some((pipeline) => pipeline === name)) continue;
      const hint = didYouMean(name, PIPELINE_NAMES);
      const text = `Cannot use the pipeline '${name}': there is none of this name, expected ` +
        `meter or event${hint}`;
      this.#values.problem("notification", "pipelines", text);
    }
    return known;
  }

  #input(): NotificationInput {
    const values = this.#values;
    const waitSeconds = values.number("notification", "batch_timeout");
    const exchanges = values.multi("notification", "notification_control_exchanges");
    const configured: NotificationInput = {
      file: undefined,
      transports: [],
      exchanges: exchanges.length > 0 ? [...new Set(exchanges)] : defaultExchanges,
      topics: [...new Set(values.list("oslo_messaging_notifications", "topics"))],
      rabbit: readRabbitOptions(values),
      kafka: {
        group: values.text("oslo_messaging_kafka", "consumer_group") ?? "",
        fetchBytesMax: values.number("oslo_messaging_kafka", "kafka_max_fetch_bytes"),
      },
      batch: {
        messagesMax: values.number("notification", "batch_size"),
        waitMs: (waitSeconds || batchWaitSecondsDefault) * MS_PER_SECOND,
      },
      ackOnEventError: values.bool("notification", "ack_on_event_error"),
    };
    if (this.#given.from !== undefined) {
      return withinPrefetch(this.#named(configured, this.#given.from));
    }
    return withinPrefetch({ ...configured, transports: this.#transports() });
  }

  /** `--from` instead of what the files say. */
  #named(input: NotificationInput, from: string): NotificationInput {
    const source = parseSource(from, this.#secrets);
    if (source.scheme === "file") return { ...input, file: source };
    if (source.scheme === "kafka") {
      const group = source.group ?? input.kafka.group;
      const transports = [transportOfKafka(source)];
      return { ...input, transports, kafka: { ...input.kafka, group } };
    }
    return {
      ...input,
      transports: [transportOfAmqp(source)],
      exchanges: source.exchanges.length > 0 ? source.exchanges : input.exchanges,
      topics: source.topics.length > 0 ? source.topics : input.topics,
    };
  }

  #transports(): MessagingTransport[] {
    const urls = this.#values.multi("notification", "messaging_urls");
    const origin = { section: "notification", name: "messaging_urls" };
    if (urls.length > 0) {
      return urls.flatMap((url) =>
        readTransport(this.#values, url, { origin, secrets: this.#secrets }) ?? []
      );
    }
    const url = this.#transportUrl();
    if (url === undefined) {
      const text = "Cannot tell where notifications come from: no transport_url is set, expected " +
        "[oslo_messaging_notifications] transport_url or --from";
      this.#values.problem("oslo_messaging_notifications", "transport_url", text);
      return [];
    }
    const transport = readTransport(this.#values, url.text, { ...url, secrets: this.#secrets });
    return transport === undefined ? [] : [transport];
  }

  #transportUrl(): { readonly text: string; readonly origin: UrlOrigin } | undefined {
    for (const section of ["oslo_messaging_notifications", "DEFAULT"]) {
      const text = this.#values.text(section, "transport_url");
      if (text !== undefined) return { text, origin: { section, name: "transport_url" } };
    }
    return undefined;
  }

  #definitions(): DefinitionConfig {
    const values = this.#values;
    const file = (section: string, name: string, typed?: string): NamedFile => {
      if (typed !== undefined) return { path: typed, given: true };
      const place = values.given(section, name);
      return { path: values.text(section, name) ?? "", given: place !== undefined, place };
    };
    const folders = values.multi("meter", "meter_definitions_dirs");
    const foldersPlace = values.given("meter", "meter_definitions_dirs");
    return {
      pipelineFile: file("DEFAULT", "pipeline_cfg_file", this.#given.pipelineFile),
      eventPipelineFile: file("DEFAULT", "event_pipeline_cfg_file", this.#given.eventPipelineFile),
      eventDefinitionsFile: file("event", "definitions_cfg_file"),
      meterFolders: folders.length === 0
        ? undefined
        : folders.map((path) => ({ path, given: true, place: foldersPlace })),
      dropUnmatchedNotifications: values.bool("event", "drop_unmatched_notifications"),
      storeRaw: values.multi("event", "store_raw").map((priority) => priority.toLowerCase()),
      searchFolders: this.#given.searchFolders,
      ignoreBadPublishers: values.bool("tpctl", "ignore_bad_publishers"),
    };
  }

  #samples(host: string): SampleConfig {
    const values = this.#values;
    return {
      host,
      source: values.text("DEFAULT", "sample_source") ?? "",
      reservedNamespaces: values.list("DEFAULT", "reserved_metadata_namespace"),
      reservedLengthMax: values.number("DEFAULT", "reserved_metadata_length"),
      reservedKeys: values.list("DEFAULT", "reserved_metadata_keys"),
      identityNameDiscovery: values.bool("polling", "identity_name_discovery"),
    };
  }

  #publishers(host: string): PublisherSettings {
    const values = this.#values;
    const keystone = this.#keystone();
    const section = (name: string) => values.text(name, "auth_section") ?? defaultAuthSection;
    const monascaTls = keystone.get(monascaAuthSection(values))?.tls;
    if (monascaTls === undefined) throw new Error("the credentials of [monasca] are not read");
    return {
      telemetrySecret: values.text("publisher", "telemetry_secret") ?? "",
      host,
      parallelRequestsMax: values.number("DEFAULT", "max_parallel_requests"),
      keystone,
      gnocchi: {
        authSection: section("gnocchi"),
        createResourceTypes: values.bool("tpctl", "gnocchi_create_resource_types"),
      },
      zaqar: { authSection: section("zaqar") },
      monasca: readMonasca(values, monascaTls),
      notifier: this.#notifier(),
      kafkaSecurity: readKafkaTransportSecurity(values),
      kafkaCodec: values.choice("oslo_messaging_kafka", "compression_codec", kafkaCodecs),
      secrets: this.#secrets,
      searchFolders: this.#given.searchFolders,
    };
  }

  #keystone(): Map<string, KeystoneConfig> {
    const { environment } = this.#loaded;
    const sections = [defaultAuthSection, ...authSections(this.#values)];
    const keystone = new Map(
      sections.map((section) => [section, readKeystone(this.#values, section, environment)]),
    );
    if (monascaAuthSection(this.#values) === monascaCredentials) {
      keystone.set(monascaCredentials, readMonascaCredentials(this.#values));
    }
    return keystone;
  }

  #notifier(): NotifierConfig {
    const values = this.#values;
    const url = this.#transportUrl();
    const section = "publisher_notifier";
    return {
      meteringTopic: values.text(section, "metering_topic") ?? "",
      eventTopic: values.text(section, "event_topic") ?? "",
      driver: values.choice(section, "telemetry_driver", notifierDrivers),
      exchange: values.text("DEFAULT", "control_exchange") ?? "",
      transport: url && readTransport(values, url.text, { ...url, secrets: this.#secrets }),
      rabbit: readRabbitOptions(values),
    };
  }

  #policies(): PolicyConfig {
    const values = this.#values;
    const policy = (name: string) => values.choice("tpctl", name, publisherPolicies);
    return {
      policy: policy("publisher_policy"),
      byScheme: new Map(
        policySchemes.map((scheme) => [scheme, policy(`publisher_policy_${scheme}`)]),
      ),
      spoolBytesMax: values.number("tpctl", "spool_max_bytes"),
    };
  }
}

/** `[notifications]`, as documentation has it, is one notice and not one per option. */
function joinedNotices(notices: readonly ConfigNotice[]): ConfigNotice[] {
  const isOlder = ({ text }: ConfigNotice) => text.startsWith("[notifications] ");
  const first = notices.find(isOlder);
  if (first === undefined) return [...notices];
  const text = "The section [notifications] is read as [notification], which is its name";
  return notices.flatMap((notice) => {
    if (notice === first) return [{ ...notice, text }];
    return isOlder(notice) ? [] : [notice];
  });
}

/** Where oslo.config looks for a file that an option names without a folder. */
export function searchFoldersOf(
  files: readonly string[],
  { home, root }: { readonly home: string | undefined; readonly root: string },
): string[] {
  const besideFiles = files.toReversed().map((file) => join(file, ".."));
  const homes = home === undefined ? [] : [join(home, ".ceilometer"), home];
  return [...new Set([...besideFiles, ...homes, join(root, "etc/ceilometer"), join(root, "etc")])];
}

/** RabbitMQ sends no more than its prefetch, however long more is waited for. */
function withinPrefetch(input: NotificationInput): NotificationInput {
  const { batch, rabbit, transports } = input;
  if (!transports.some(({ driver }) => driver === "rabbit")) return input;
  const messagesMax = Math.min(batch.messagesMax, rabbit.prefetchCount);
  return { ...input, batch: { ...batch, messagesMax } };
}
