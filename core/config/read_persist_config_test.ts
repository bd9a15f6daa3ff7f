/**
 * Edge (files). From a persister.conf and a command line to what `persist` runs by: the shipped
 * samples, the reference's defaults, every option used, and what is refused.
 */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { ConfigError, ConfigErrors, UsageError } from "../errors.ts";
import { endpointName } from "./endpoint.ts";
import { parseIni } from "./ini.ts";
import { loadConfig, type LoadedConfig, PERSIST_NAMES } from "./load.ts";
import { checkOptions } from "./check_options.ts";
import { optionKey, OptionValues } from "./option_values.ts";
import type { PersistConfig } from "./persist_config.ts";
import { PERSIST_OPTIONS } from "./persist_options.ts";
import { type PersistArguments, readPersistConfig } from "./read_persist_config.ts";

const SAMPLES = join(import.meta.dir, "../../testdata/samples");
const NOTHING: PersistArguments = { from: undefined, kind: undefined, to: undefined };

function loadText(text: string, environment: Record<string, string> = {}): LoadedConfig {
  const files = [parseIni(text, "p.conf")];
  const check = checkOptions(PERSIST_OPTIONS, files, environment);
  const layers = { commandLine: new Map(), environment, files };
  const values = new OptionValues(PERSIST_OPTIONS, layers, check.errors);
  return { files: ["p.conf"], values, notices: check.notices, environment };
}

function read(loaded: LoadedConfig, given: Partial<PersistArguments> = {}): PersistConfig {
  return readPersistConfig(loaded, { ...NOTHING, ...given }, (path) => `content of ${path}`);
}

function readSample(name: string): PersistConfig {
  const from = {
    sources: [{ kind: "file" as const, path: join(SAMPLES, name) }],
    values: new Map(),
    environment: {},
    home: undefined,
    root: "/nonexistent",
  };
  return read(loadConfig(PERSIST_OPTIONS, PERSIST_NAMES, from));
}

function refusal(text: string, given: Partial<PersistArguments> = {}): string {
  try {
    read(loadText(text), given);
  } catch (error) {
    if (error instanceof ConfigErrors || error instanceof UsageError) return error.message;
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return "";
}

/** Least that a file must say. */
const HOST = "[influxdb]\nip_address = db\n";

function summary(config: PersistConfig): string[] {
  return config.inputs.map(({ kind, source, store, batchRecordsMax, maxWaitMs, processors }) =>
    `${kind} ${endpointName(source)} -> ${endpointName(store)} ` +
    `${batchRecordsMax}/${maxWaitMs}ms x${processors}`
  );
}

describe("files that run unchanged", () => {
  test("upstream's, filled in", () => {
    const config = readSample("persister-upstream.conf");
    expect(summary(config)).toEqual([
      "metrics kafka://kafka:9092/metrics -> influxdb://influxdb:8086/mon 1000/15000ms x1",
      "alarms kafka://kafka:9092/alarm-state-transitions -> influxdb://influxdb:8086/mon 1000/15000ms x1",
    ]);
    expect(config.log.configAppend).toBe("/etc/monasca/persister-logging.conf");
    expect(config.notices.every((notice) => notice.level === "info")).toBe(true);
    expect(config.notices.map((notice) => notice.text)).toContain(
      "[kafka_metrics] fetch_size_bytes is accepted and has no meaning in tpctl",
    );
  });

  test("the least", () => {
    const config = readSample("persister-minimal.conf");
    expect(summary(config)).toEqual([
      "metrics kafka://kafka1:9092,kafka2:9092/metrics -> influxdb://192.0.2.10:8086/mon 20000/30000ms x1",
      "alarms kafka://kafka1:9092,kafka2:9092/alarm-state-transitions -> influxdb://192.0.2.10:8086/mon 1/30000ms x1",
    ]);
  });

  test("ours", () => {
    const config = readSample("persister.conf");
    expect(config.notices).toEqual([]);
    expect(summary(config)).toEqual([
      "metrics kafkas://kafka1:9092,kafka2:9092,kafka3:9092/metrics -> influxdbs://influxdb.example.org:8086/mon 10000/15000ms x1",
      "alarms kafkas://kafka1:9092,kafka2:9092,kafka3:9092/alarm-state-transitions -> influxdbs://influxdb.example.org:8086/mon 1/15000ms x1",
      "events kafkas://kafka1:9092,kafka2:9092,kafka3:9092/monevents -> elasticsearchs://search1:9200,search2:9200/events 1/15000ms x1",
    ]);
    expect(config.inputs[0]?.store).toMatchObject({
      databasePerTenant: true,
      newDatabaseRetentionHours: 8760,
      credentials: { user: "mon_persister", password: "pa$word" },
    });
    expect(config.log.rotation).toEqual({ type: "size", bytesMax: 104857600, filesMax: 5 });
    expect(config.log.file).toBe("/var/log/monasca/persister/tpctl-persist.log");
  });
});

test("the defaults", () => {
  const config = read(loadText(HOST));
  expect(config).toMatchObject({
    stateDir: "./tpctl-state",
    listen: { host: "127.0.0.1", port: 9127, given: false },
    deadLetterBytesMax: 1024 ** 3,
    failFastMs: 0,
    lingerMs: 200,
    offsetOutOfRange: "earliest",
    inputs: [
      {
        kind: "metrics",
        source: { group: "1_metrics", security: { tls: undefined, sasl: undefined } },
        store: {
          credentials: { user: "mon_persister", password: "" },
          requestLinesMax: 5000,
          gzip: "auto",
          databasePerTenant: false,
        },
      },
      { kind: "alarms", source: { group: "1_alarm-state-transitions" } },
    ],
    log: { debug: false, file: undefined, rotation: { type: "none" }, rateLimit: undefined },
  });
});

test("[tpctl] influxdb_gzip reaches the stores of the file and of the command line", () => {
  const always = loadText(`${HOST}\n[tpctl]\ninfluxdb_gzip = Always\n`);
  expect(read(always).inputs[0]?.store).toMatchObject({ gzip: "always" });
  for (const to of ["influxdb://h/x", "influxdb2://h/b"]) {
    const given = { from: "-", kind: "metrics", to } as const;
    expect(read(always, given).inputs[0]?.store).toMatchObject({ gzip: "always" });
  }
});

test.each(
  [
    ["elasticsearch://h/i", { apiKey: "k", credentials: { user: "u", password: "p" } }],
    ["elasticsearch://me:my@h/i", { apiKey: undefined, credentials: { user: "me" } }],
    ["elasticsearchs://h/i", { apiKey: "k", tls: { caFile: "/es", verify: true } }],
    ["elasticsearchs://h/i?ca=/own", { tls: { caFile: "/own" } }],
    ["influxdb://h/x", { tls: undefined }],
    ["influxdbs://h/x", { tls: { caFile: "/in", verify: false, verifyGiven: true } }],
    ["influxdbs://h/x?ca=/own", { tls: { caFile: "/own", verify: true } }],
    ["influxdb2s://h/b", { tls: { caFile: "/in2", verify: true } }],
  ] as const,
)("--to %s takes from the files what it does not say", (to, expected) => {
  const text = "[tpctl]\nelasticsearch_api_key = k\nelasticsearch_user = u\n" +
    "elasticsearch_password = p\nelasticsearch_ca_file = /es\n" +
    "[influxdb]\nca_file = /in\nverify_ssl = no\n[influxdb2]\nca_file = /in2\n";
  const kind = to.startsWith("elasticsearch") ? "events" : "metrics";
  expect(read(loadText(text), { from: "-", kind, to }).inputs[0]?.store).toMatchObject(expected);
});

/** Turns on everything that is read only then. */
const EVERYTHING = `${HOST}
[kafka_events]
enabled = true
[repositories]
metrics_driver = influxdb2
alarm_state_history_driver = sqlite
`;

test("every option of the table is used, or a notice, or an error", () => {
  const asked = new Set<string>();
  const texts = [EVERYTHING, HOST];
  for (const text of texts) {
    const loaded = loadText(text);
    read(loaded);
    for (const key of loaded.values.asked) asked.add(key);
  }
  const used = PERSIST_OPTIONS.filter((option) => option.meaning === "used").map(optionKey);
  expect(used.filter((key) => !asked.has(key))).toEqual([]);
  for (const { section, name } of PERSIST_OPTIONS.filter((option) => option.meaning === "none")) {
    expect(loadText(`[${section}]\n${name} = 1`).notices).toHaveLength(1);
  }
  const unsupported = PERSIST_OPTIONS.filter((option) => option.meaning === "unsupported");
  for (const { section, name } of unsupported) {
    expect(refusal(`${HOST}[${section}]\n${name} = 1`)).toContain("is not supported");
  }
});

test("every default of the table can be read, and no option stands there twice", () => {
  expect(() => read(loadText(EVERYTHING))).not.toThrow();
  expect(new Set(PERSIST_OPTIONS.map(optionKey)).size).toBe(PERSIST_OPTIONS.length);
});

describe("drivers", () => {
  const PREFIX = "monasca_persister.repositories";
  const DEFAULTS = ["influxdb", "influxdb", "elasticsearch"];
  const CHOSEN: readonly (readonly [string, string, readonly string[]])[] = [
    ["metrics_driver", `${PREFIX}.influxdb.metrics_repository:MetricInfluxdbRepository`, DEFAULTS],
    ["metrics_driver", "influxdb2", ["influxdb2", "influxdb", "elasticsearch"]],
    ["metrics_driver", "SQLite", ["sqlite", "influxdb", "elasticsearch"]],
    [
      "alarm_state_history_driver",
      `${PREFIX}.influxdb.alarm_state_history_repository:AlarmStateHistInfluxdbRepository`,
      DEFAULTS,
    ],
    ["events_driver", "sqlite", ["influxdb", "influxdb", "sqlite"]],
    [
      "events_driver",
      `${PREFIX}.elasticsearch.events_repository:ElasticsearchEventsRepository`,
      DEFAULTS,
    ],
  ];

  test.each(CHOSEN)("%s %s", (option, driver, schemes) => {
    const text = `${HOST}[kafka_events]\nenabled = true\n[repositories]\n${option} = ${driver}`;
    const stores = read(loadText(text)).inputs.map(({ store }) => store.scheme);
    expect<readonly string[]>(stores).toEqual(schemes);
  });

  test.each([
    [
      "metrics_driver",
      `${PREFIX}.cassandra.metrics_repository:MetricCassandraRepository`,
      "Cassandra is not supported",
    ],
    ["metrics_driver", "cassandra", "Cassandra is not supported"],
    ["metrics_driver", "elasticsearch", "it is no driver for metrics"],
    ["alarm_state_history_driver", "influx", "did you mean 'influxdb'?"],
    ["metrics_driver", "my.own:Driver", "it is no driver for metrics"],
  ])("%s %s is refused", (option, driver, why) => {
    const message = refusal(`${HOST}[repositories]\n${option} = ${driver}`);
    expect(message).toContain(`p.conf:4:`);
    expect(message).toContain(`Cannot use [repositories] ${option} '${driver}': `);
    expect(message).toContain(why);
  });
});

describe("kinds", () => {
  test("num_processors = 0 turns one off with a warning", () => {
    const config = read(loadText(`${HOST}[kafka_metrics]\nnum_processors = 0`));
    expect(config.inputs.map((input) => input.kind)).toEqual(["alarms"]);
    expect(config.notices.map(({ level, text }) => `${level} ${text}`)).toEqual([
      "warning [kafka_metrics] num_processors is 0: metrics are not read",
    ]);
  });

  test("[kafka] is the default of all three", () => {
    const text = `${HOST}[kafka]\nnum_processors = 3\nmax_wait_time_seconds = 7\n` +
      "[kafka_metrics]\nnum_processors = 2";
    const config = read(loadText(text));
    expect(config.inputs.map(({ processors, maxWaitMs }) => [processors, maxWaitMs])).toEqual([
      [2, 7000],
      [3, 7000],
    ]);
  });

  test("all turned off is an error", () => {
    expect(refusal(`${HOST}[kafka]\nnum_processors = 0`)).toContain("every kind of message");
  });
});

describe("https", () => {
  const TLS = `${HOST}ssl = true\n`;
  test.each([
    ["", { verify: true, verifyGiven: false }],
    ["verify_ssl = true", { verify: true, verifyGiven: true }],
    ["verify_ssl = false", { verify: false, verifyGiven: true }],
  ])("verifies unless the file says otherwise: '%s'", (line, tls) => {
    expect(read(loadText(TLS + line)).inputs[0]?.store).toMatchObject({ tls });
  });
});

describe("what is missing or does not fit", () => {
  test.each([
    ["", "p.conf", "Cannot use the store [influxdb]: ip_address is not set"],
    ["[influxdb]\nip_address = http://db", "p.conf:2:14", "it is a URL"],
    [`${HOST}[kafka_metrics]\nuri = a,b:1`, "p.conf:4:7", "'a' has no port"],
    [`${HOST}[kafka_metrics]\ntopic =`, "p.conf:4:8", "it is empty, expected a name"],
    [
      `${HOST}[kafka_security]\nsecurity_protocol = SASL_SSL`,
      "p.conf:4:21",
      "sasl_username is not set",
    ],
    [`${HOST}[kafka_security]\nssl_keyfile = k`, "p.conf:4:15", "expected both"],
    [`${HOST}[tpctl]\nlisten = 9127`, "p.conf:4:10", "expected host:port"],
    [`${HOST}[DEFAULT]\nsyslog_log_facility = LOG_USR`, "p.conf:4:23", "expected LOG_USER"],
    [`${HOST}[DEFAULT]\ndefault_log_levels = kafka`, "p.conf:4:22", "it is not logger=LEVEL"],
    [
      `${HOST}[influxdb2]\nurl = db:8086\n[repositories]\nmetrics_driver = influxdb2`,
      "p.conf:4:7",
      "expected http://host:port",
    ],
  ])("%j", (text, place, why) => {
    const message = refusal(text);
    if (text !== "") expect(message).toContain(place);
    expect(message).toContain(why);
  });
});

describe("the command line", () => {
  test("--from and --to take the place of the files; the bounds are still theirs", () => {
    const text =
      "[kafka_metrics]\ngroup_id = mine\nbatch_size = 7\n[influxdb]\ndb_per_tenant = yes";
    const from = "kafka://h:1/t?group=try";
    const given = { from, kind: "metrics", to: "influxdb://x/y" } as const;
    const config = read(loadText(text), given);
    expect(summary(config)).toEqual(["metrics kafka://h:1/t -> influxdb://x:8086/y 7/30000ms x1"]);
    expect(config.inputs[0]).toMatchObject({
      source: { group: "try" },
      store: { databasePerTenant: true, credentials: undefined },
    });
  });

  test("--to alone holds for all kinds that are on", () => {
    const config = read(loadText("[kafka_events]\nenabled = on"), { to: "sqlite:x.db" });
    expect(summary(config).map((line) => line.split(" -> ")[1]?.split(" ")[0])).toEqual([
      "sqlite:x.db",
      "sqlite:x.db",
      "sqlite:x.db",
    ]);
  });

  test("[kafka_security] holds for a URL that says nothing of its own", () => {
    const text = "[kafka_security]\nsecurity_protocol = SSL\nssl_cafile = /ca";
    const given = { kind: "metrics", to: "null:" } as const;
    expect(read(loadText(text), { ...given, from: "kafka://h/t?group=g" }).inputs[0]).toMatchObject(
      {
        source: { security: { tls: { caFile: "/ca" } } },
      },
    );
    expect(read(loadText(text), { ...given, from: "kafkas://h/t?group=g" }).inputs[0])
      .toMatchObject({
        source: { security: { tls: { caFile: undefined } } },
      });
  });

  test("the token of influxdb2", () => {
    const text = "[influxdb2]\ntoken = a\n";
    const given = { from: "-", kind: "metrics", to: "influxdb2://h/b" } as const;
    const token = (loaded: LoadedConfig) => read(loaded, given).inputs[0]?.store;
    expect(token(loadText(text))).toMatchObject({ token: "a" });
    expect(token(loadText(`${text}token_file = f`))).toMatchObject({ token: "content of f" });
    const environment = { TPCTL_INFLUX_TOKEN: "e" };
    expect(token(loadText(`${text}token_file = f`, environment))).toMatchObject({ token: "e" });
  });

  test.each(
    [
      [{ from: "-" }, "Cannot use --from without --kind"],
      [{ kind: "metrics" }, "Cannot use --kind without --from"],
      [{ from: "-", kind: "events", to: "influxdb://h/x" }, "it cannot take events"],
      [{ to: "x.db" }, "it has no scheme, expected sqlite:x.db"],
      [{ to: "sqlite" }, "it has no scheme, expected sqlite:path.db"],
      [{ to: "nowhere" }, "it has no scheme, expected influxdb, influxdbs, "],
      [{ from: "-", kind: "alarms", to: "documents:-" }, "it cannot take alarms"],
      [{ from: "amqp://h", kind: "metrics", to: "null:" }, "persist reads no AMQP"],
      [{ from: "kafka://h/t?format=event", kind: "metrics", to: "null:" }, "its format 'event'"],
      [{ from: "kafka://h/metrics", kind: "metrics", to: "null:" }, "it names no consumer group"],
      [
        { from: "kafka://h/metrics?group=", kind: "metrics", to: "null:" },
        "it names no consumer group, expected ?group=name",
      ],
    ] as const,
  )("%j is refused", (given, why) => {
    expect(refusal(HOST, given)).toContain(why);
  });
});

test("the state folder is systemd's where there is one", () => {
  const environment = { STATE_DIRECTORY: "/var/lib/tpctl:/var/lib/other" };
  expect(read(loadText(HOST, environment)).stateDir).toBe("/var/lib/tpctl");
  expect(read(loadText(`${HOST}[tpctl]\nstate_dir = /s`, environment)).stateDir).toBe("/s");
});

test("an empty listen turns the port off", () => {
  expect(read(loadText(`${HOST}[tpctl]\nlisten =`)).listen).toBeUndefined();
});
