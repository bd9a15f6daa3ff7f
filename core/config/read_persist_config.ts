/**
 * Pure. From the loaded files and the command line to the one object that `persist` runs by. What is
 * wrong is thrown at once: UsageError for the command line, ConfigErrors for all the rest together.
 */
import { ConfigError, UsageError } from "../errors.ts";
import type { ConfigNotice } from "./check_options.ts";
import { readDaemonConfig } from "./daemon_options.ts";
import type { KafkaEndpoint, KafkaSecurity, StoreEndpoint } from "./endpoint.ts";
import { endpointName } from "./endpoint.ts";
import { parseSource, parseStore } from "./endpoint_url.ts";
import { KAFKA_SECTIONS } from "./kafka_options.ts";
import { readKafkaSecurity } from "./kafka_security.ts";
import type { LoadedConfig } from "./load.ts";
import type { LogConfig } from "./log_config.ts";
import { readLogConfig } from "./log_options.ts";
import type { OptionValues } from "./option_values.ts";
import {
  type DaemonConfig,
  type MessageKind,
  offsetsOutOfRange,
  type PersistConfig,
  type PersistInput,
} from "./persist_config.ts";
import {
  elasticsearchHabits,
  influxdb2Habits,
  influxdbHabits,
  influxdbTls,
  readStore,
  type StoreSurroundings,
  withCa,
} from "./read_stores.ts";
import type { Secrets } from "./url_parts.ts";

/** What the command line says besides oslo's options. */
export interface PersistArguments {
  /** `--from`, `--kind`, `--to` as typed. */
  readonly from: string | undefined;
  readonly kind: MessageKind | undefined;
  readonly to: string | undefined;
}

const MS_PER_SECOND = 1000;

/** What each kind of message becomes: lines of measurements, or documents. */
const ITEMS: Readonly<Record<MessageKind, "lines" | "documents">> = {
  metrics: "lines",
  alarms: "lines",
  events: "documents",
};

const TAKES: Readonly<Record<StoreEndpoint["scheme"], readonly ("lines" | "documents")[]>> = {
  influxdb: ["lines"],
  influxdb2: ["lines"],
  sqlite: ["lines", "documents"],
  elasticsearch: ["documents"],
  kafka: [],
  line: ["lines"],
  documents: ["documents"],
  null: ["lines", "documents"],
};

/** Endpoints that are stores elsewhere: not offered here. */
const untaken = { except: ["kafka", "kafkas"] };

/** TPCTL_PASSWORD and TPCTL_INFLUX_TOKEN. */
export function readSecrets(environment: Readonly<Record<string, string | undefined>>): Secrets {
  return {
    password: environment["TPCTL_PASSWORD"],
    influxToken: environment["TPCTL_INFLUX_TOKEN"],
  };
}

/** `readSecret` reads the file that holds a token; it throws a ConfigError. */
export function readPersistConfig(
  loaded: LoadedConfig,
  given: PersistArguments,
  readSecret: (path: string) => string,
): PersistConfig {
  const reading = new PersistReading(loaded, given, readSecret);
  return reading.config();
}

/** What `replay` goes by: a persister's files, whose stores `--to` takes the place of. */
export interface ReplayConfig extends DaemonConfig {
  readonly files: readonly string[];
  readonly log: LogConfig;
  readonly notices: readonly ConfigNotice[];
  readonly lingerMs: number;
  readonly batchRecordsMax: number;
  /** The store of each kind of message. */
  readonly stores: Readonly<Record<MessageKind, StoreEndpoint>>;
}

/** `to` as typed; undefined: the stores are those of the files. Throws as `readPersistConfig`. */
export function readReplayConfig(
  loaded: LoadedConfig,
  to: string | undefined,
  readSecret: (path: string) => string,
): ReplayConfig {
  return new PersistReading(loaded, { from: undefined, kind: undefined, to }, readSecret).replay();
}

class PersistReading {
  readonly #loaded: LoadedConfig;
  readonly #values: OptionValues;
  readonly #given: PersistArguments;
  readonly #notices: ConfigNotice[];
  readonly #around: StoreSurroundings;
  readonly #security: KafkaSecurity;

  constructor(
    loaded: LoadedConfig,
    given: PersistArguments,
    readSecret: (path: string) => string,
  ) {
    this.#loaded = loaded;
    this.#values = loaded.values;
    this.#given = given;
    this.#notices = [...loaded.notices];
    const { stateDir } = readDaemonConfig(loaded.values, loaded.environment);
    this.#around = { secrets: readSecrets(loaded.environment), stateDir, readSecret };
    this.#security = readKafkaSecurity(loaded.values);
  }

  config(): PersistConfig {
    const values = this.#values;
    if ((this.#given.from === undefined) !== (this.#given.kind === undefined)) {
      throw new UsageError(
        this.#given.kind === undefined
          ? "Cannot use --from without --kind: a source does not say what it carries, expected " +
            "--kind metrics, alarms or events"
          : "Cannot use --kind without --from: the files say which kinds are read, expected both",
      );
    }
    const inputs = this.#given.kind === undefined
      ? (["metrics", "alarms", "events"] as const).flatMap((kind) => this.#configured(kind))
      : this.#named(this.#given.kind);
    const config = {
      ...readDaemonConfig(values, this.#loaded.environment),
      files: this.#loaded.files,
      inputs,
      lingerMs: values.number("tpctl", "linger_ms"),
      offsetOutOfRange: values.choice("tpctl", "offset_out_of_range", offsetsOutOfRange),
      log: readLogConfig(values, "tpctl-persist"),
      notices: this.#notices,
    };
    values.finish();
    if (inputs.length === 0) {
      throw new ConfigError(
        "Cannot start persist: every kind of message is turned off, expected one of " +
          `${Object.values(KAFKA_SECTIONS).map((name) => `[${name}]`).join(", ")} enabled`,
      );
    }
    return config;
  }

  replay(): ReplayConfig {
    const { to } = this.#given;
    if (to === undefined && this.#loaded.files.length === 0) {
      throw new UsageError(
        "Cannot replay without a target: expected --to STORE, --pipeline FILE, or --config-file with " +
          "a persister's stores",
      );
    }
    const values = this.#values;
    const config = {
      ...readDaemonConfig(values, this.#loaded.environment),
      files: this.#loaded.files,
      log: readLogConfig(values, "tpctl-replay"),
      notices: this.#notices,
      lingerMs: values.number("tpctl", "linger_ms"),
      batchRecordsMax: values.number(KAFKA_SECTIONS.metrics, "batch_size"),
    };
    const stores = to === undefined ? this.#configuredStores() : this.#namedStores(to);
    values.finish();
    if (stores !== undefined) return { ...config, stores };
    throw new ConfigError(
      "Cannot replay to the stores of the files: every kind of message is turned off, expected one " +
        "to be enabled, or --to",
    );
  }

  #namedStores(to: string): ReplayConfig["stores"] {
    const store = this.#withHabits(parseStore(to, this.#around.secrets));
    return { metrics: store, alarms: store, events: store };
  }

  /** A kind that is turned off goes where the others do, if its store can take it at all. */
  #configuredStores(): ReplayConfig["stores"] | undefined {
    const of = (kind: MessageKind): StoreEndpoint | undefined =>
      this.#values.bool(KAFKA_SECTIONS[kind], "enabled")
        ? readStore(this.#values, kind, this.#around)
        : undefined;
    const [metrics, alarms, events] = [of("metrics"), of("alarms"), of("events")];
    const any = metrics ?? alarms ?? events;
    if (any === undefined) return undefined;
    return { metrics: metrics ?? any, alarms: alarms ?? any, events: events ?? any };
  }

  /** What the files say of a kind, if they turn it on. */
  #configured(kind: MessageKind): PersistInput[] {
    const section = KAFKA_SECTIONS[kind];
    if (!this.#values.bool(section, "enabled")) return [];
    const processors = this.#values.number(section, "num_processors");
    if (processors < 1) {
      this.#notices.push({
        level: "warning",
        text: `[${section}] num_processors is ${processors}: ${kind} are not read`,
        place: this.#values.given(section, "num_processors"),
      });
      return [];
    }
    const source = this.#kafkaSource(section);
    const store = this.#store(kind);
    if (store === undefined) return [];
    return [{ kind, source, store, processors, ...this.#bounds(section) }];
  }

  #kafkaSource(section: string): KafkaEndpoint {
    const text = (name: string) => {
      const value = this.#values.text(section, name);
      if (value !== undefined) return value;
      const message = `Cannot read [${section}] ${name} '': it is empty, expected a name`;
      this.#values.problem(section, name, message);
      return "";
    };
    return {
      scheme: "kafka",
      brokers: this.#values.hosts(section, "uri"),
      topic: text("topic"),
      group: text("group_id"),
      format: undefined,
      security: this.#security,
    };
  }

  #bounds(section: string): Pick<PersistInput, "batchRecordsMax" | "maxWaitMs"> {
    return {
      batchRecordsMax: this.#values.number(section, "batch_size"),
      maxWaitMs: this.#values.number(section, "max_wait_time_seconds") * MS_PER_SECOND,
    };
  }

  /**
   * What `--from` names; its section still says the bounds. Not the group: that is the running
   * persister's, and whoever only tries something out would move its offsets.
   */
  #named(kind: MessageKind): PersistInput[] {
    const section = KAFKA_SECTIONS[kind];
    const source = parseSource(this.#given.from ?? "", this.#around.secrets);
    if (source.scheme === "amqp") {
      throw new UsageError(
        `Cannot use the source '${endpointName(source)}': persist reads no AMQP, ` +
          "expected kafka://, a file or -",
      );
    }
    if (source.scheme === "kafka" && source.format !== undefined) {
      throw new UsageError(
        `Cannot use the source '${
          endpointName(source)
        }': its format '${source.format}' says what ` +
          "is written, expected a source without one",
      );
    }
    const store = this.#store(kind);
    if (store === undefined) return [];
    const from = source.scheme === "kafka"
      ? { ...source, group: groupOf(source, section), security: this.#secured(source) }
      : source;
    return [{ kind, source: from, store, processors: 1, ...this.#bounds(section) }];
  }

  #store(kind: MessageKind): StoreEndpoint | undefined {
    if (this.#given.to === undefined) return readStore(this.#values, kind, this.#around);
    const store = this.#withHabits(parseStore(this.#given.to, this.#around.secrets, untaken));
    if (TAKES[store.scheme].includes(ITEMS[kind])) return store;
    const able = Object.entries(TAKES).filter(([, items]) => items.includes(ITEMS[kind]));
    throw new UsageError(
      `Cannot use the store '${endpointName(store)}': it cannot take ${kind}, expected one of ` +
        able.map(([scheme]) => scheme).join(", "),
    );
  }

  /** A URL says where a store is; how it is written to is still said by the files. */
  #withHabits(store: StoreEndpoint): StoreEndpoint {
    switch (store.scheme) {
      case "influxdb":
        return {
          ...store,
          ...influxdbHabits(this.#values),
          tls: influxdbTls(this.#values, store.tls),
        };
      case "influxdb2":
        return {
          ...store,
          ...influxdb2Habits(this.#values, this.#around),
          org: store.org || (this.#values.text("influxdb2", "org") ?? ""),
          tls: withCa(store.tls, this.#values.text("influxdb2", "ca_file")),
        };
      case "elasticsearch":
        return { ...store, ...elasticsearchHabits(this.#values, store) };
      case "kafka":
        return { ...store, security: this.#secured(store) };
      default:
        return store;
    }
  }

  /** `[kafka_security]` holds for a URL that says nothing of TLS and SASL itself. */
  #secured({ security }: KafkaEndpoint): KafkaSecurity {
    const saysNothing = security.tls === undefined && security.sasl === undefined;
    return saysNothing ? this.#security : security;
  }
}

function groupOf(source: KafkaEndpoint, section: string): string {
  const { group } = source;
  if (group !== undefined && group !== "") return group;
  throw new UsageError(
    `Cannot use the source '${endpointName(source)}': it names no consumer group, expected ` +
      `?group=name behind the topic (one of its own to try something out; that of [${section}] ` +
      "group_id moves the offsets of the daemon that reads by it)",
  );
}
