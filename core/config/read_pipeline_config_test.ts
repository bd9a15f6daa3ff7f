/**
 * Pure. From a ceilometer.conf and a command line to what `pipeline` runs by: the reference's
 * defaults, older names, transports, credentials, every option used, and what is refused.
 */
import { describe, expect, test } from "bun:test";
import { ConfigError, ConfigErrors, UsageError } from "../errors.ts";
import { checkOptions } from "./check_options.ts";
import { parseIni } from "./ini.ts";
import type { LoadedConfig } from "./load.ts";
import { optionKey, OptionValues } from "./option_values.ts";
import type { PipelineConfig } from "./pipeline_config.ts";
import { PIPELINE_OPTIONS, pipelineOptions } from "./pipeline_options.ts";
import {
  authSections,
  type PipelineArguments,
  readPipelineConfig,
} from "./read_pipeline_config.ts";

const NOTHING: PipelineArguments = {
  from: undefined,
  pipelineFile: undefined,
  eventPipelineFile: undefined,
  hostName: "node-1",
  searchFolders: ["/etc/ceilometer"],
};

function loadText(text: string, environment: Record<string, string> = {}): LoadedConfig {
  const files = [parseIni(text, "c.conf")];
  const layers = { commandLine: new Map(), environment, files };
  const sections = authSections(new OptionValues(PIPELINE_OPTIONS, layers));
  const options = pipelineOptions(sections);
  const check = checkOptions(options, files, environment);
  const values = new OptionValues(options, layers, check.errors);
  return { files: ["c.conf"], values, notices: check.notices, environment };
}

function read(text: string, given: Partial<PipelineArguments> = {}): PipelineConfig {
  return readPipelineConfig(loadText(text), { ...NOTHING, ...given });
}

function refusal(text: string, given: Partial<PipelineArguments> = {}): string {
  try {
    read(text, given);
  } catch (error) {
    const isOurs = error instanceof ConfigErrors || error instanceof UsageError ||
      error instanceof ConfigError;
    if (isOurs) return error.message;
    throw error;
  }
  return "";
}

const URL = "[DEFAULT]\ntransport_url = rabbit://stack:s3cret@mq:5672/\n";

describe("defaults", () => {
  const config = read(URL);

  test("are the reference's", () => {
    expect(config.pipelines).toEqual(["meter", "event"]);
    expect(config.workers).toBe(1);
    expect(config.input.exchanges.join(" ")).toBe(
      "nova glance neutron cinder heat keystone trove zaqar swift ceilometer magnum dns ironic aodh",
    );
    expect(config.input.topics).toEqual(["notifications"]);
    expect(config.input.batch).toEqual({ messagesMax: 1, waitMs: 1000 });
    expect(config.input.ackOnEventError).toBe(true);
    expect(config.samples).toEqual({
      host: "node-1",
      source: "openstack",
      reservedNamespaces: ["metering."],
      reservedLengthMax: 256,
      reservedKeys: [],
      identityNameDiscovery: false,
    });
    expect(config.definitions.pipelineFile).toEqual({ path: "pipeline.yaml", given: false });
    expect(config.definitions.meterFolders).toBeUndefined();
    expect(config.publishers.telemetrySecret).toBe("change this for valid signing");
    expect(config.publishers.keystone.get("service_credentials")?.authType).toBe("none");
  });

  test("are ours where the reference has none", () => {
    expect(config.input.rabbit.prefetchCount).toBe(100);
    expect(config.listen).toEqual({ host: "127.0.0.1", port: 9128, given: false });
    expect(config.policies.policy).toBe("spool");
    expect(config.policies.byScheme.get("udp")).toBe("drop");
    expect(config.policies.byScheme.get("http")).toBe("spool");
    expect(config.policies.spoolBytesMax).toBe(2 ** 30);
  });
});

describe("batches", () => {
  const sizes = "[notification]\nbatch_size = 500\nbatch_timeout = 3\n";

  test("wait for no more than RabbitMQ sends", () => {
    const batch = { messagesMax: 500, waitMs: 3000 };
    expect(read(URL + sizes).input.batch).toEqual({ ...batch, messagesMax: 100 });
    const prefetch = "[oslo_messaging_rabbit]\nrabbit_qos_prefetch_count = 700\n";
    expect(read(URL + sizes + prefetch).input.batch).toEqual(batch);
    expect(read(sizes, { from: "in.ndjson" }).input.batch).toEqual(batch);
    expect(read(sizes, { from: "kafka://h/topic?group=g" }).input.batch).toEqual(batch);
    const rabbit = "rabbit://h/?exchange=nova&topic=notifications";
    expect(read(sizes, { from: rabbit }).input.batch.messagesMax).toBe(100);
  });
});

describe("transports", () => {
  test("the notifications' URL wins over [DEFAULT]", () => {
    const own = `${URL}[oslo_messaging_notifications]\ntransport_url = rabbit://own:5673//\n`;
    expect(read(own).input.transports).toEqual([{
      driver: "rabbit",
      hosts: [{ host: "own", port: 5673, credentials: undefined }],
      vhost: "/",
      tls: undefined,
    }]);
  });

  test("messaging_urls stand one per line and win over both", () => {
    const two = `${URL}[notification]\nmessaging_urls = rabbit://a:x@nova,b:y@nova2/n%2Fv\n` +
      "messaging_urls = kafka://k1:9092,k2/\n";
    const [first, second] = read(two).input.transports;
    expect(first).toEqual({
      driver: "rabbit",
      hosts: [
        { host: "nova", port: 5672, credentials: { user: "a", password: "x" } },
        { host: "nova2", port: 5672, credentials: { user: "b", password: "y" } },
      ],
      vhost: "n/v",
      tls: undefined,
    });
    expect(second).toMatchObject({
      driver: "kafka",
      brokers: [{ host: "k1", port: 9092 }, { host: "k2", port: 9092 }],
      topic: undefined,
    });
  });

  test("TLS by option and by URL", () => {
    const ssl = "[oslo_messaging_rabbit]\nssl = true\nssl_ca_file = /ca.pem\n";
    expect(read(URL + ssl).input.transports[0]).toMatchObject({ tls: { caFile: "/ca.pem" } });
    const url = "[DEFAULT]\ntransport_url = rabbit://mq/?ssl=1&ssl_ca_file=/own.pem\n";
    expect(read(url).input.transports[0]).toMatchObject({ tls: { caFile: "/own.pem" } });
    const loose = "ssl_enforce_hostname_verification = false\nssl_version = TLSv1_2\n";
    expect(read(URL + ssl + loose).input.transports[0]).toMatchObject({
      tls: { caFile: "/ca.pem", verify: true },
      verifyHostname: false,
      tlsVersion: "TLSv1.2",
    });
    expect(read(`${URL}[oslo_messaging_rabbit]\nssl = true\n${loose}`).input.transports[0])
      .toMatchObject({ tls: { verify: false } });
    expect(refusal(`${URL}[oslo_messaging_rabbit]\nssl_version = SSLv3\n`))
      .toContain("expected nothing or SSLv23 or TLSv1 or TLSv1_1 or TLSv1_2");
  });

  test("--from takes their place", () => {
    expect(read("", { from: "in.ndjson" }).input).toMatchObject({
      file: { scheme: "file", path: "in.ndjson" },
      transports: [],
    });
    const kafka = read("", { from: "kafka://k:9092/notifications.info?group=g" }).input;
    expect(kafka.transports).toMatchObject([{ driver: "kafka", topic: "notifications.info" }]);
    expect(kafka.kafka.group).toBe("g");
    const amqp = read("", { from: "amqp://mq/?exchange=nova&topic=t" }).input;
    expect(amqp).toMatchObject({ exchanges: ["nova"], topics: ["t"] });
  });

  test("what is wrong with a URL is said without its password", () => {
    expect(refusal("")).toContain("no transport_url is set");
    const wrong = refusal("[DEFAULT]\ntransport_url = rabit://u:s3cret@mq/\n");
    expect(wrong).toBe(
      "c.conf:2:17: Cannot use [DEFAULT] transport_url: the scheme 'rabit' is unknown, " +
        "expected 'rabbit://'",
    );
    expect(refusal("[DEFAULT]\ntransport_url = rabbit://u:s3cret@mq/?sssl=1\n")).not.toContain(
      "s3c",
    );
  });
});

describe("names", () => {
  test("[notifications] is read, with one notice", () => {
    const config = read(`${URL}[notifications]\npipelines = event\nworkers = 3\n`);
    expect(config.pipelines).toEqual(["event"]);
    expect(config.workers).toBe(3);
    expect(config.notices.map((notice) => notice.text)).toEqual([
      "The section [notifications] is read as [notification], which is its name",
    ]);
  });

  test("older names", () => {
    const older = "http_control_exchanges = nova\nnotification_workers = 2\n" +
      "notification_topics = a,b\n[polling]\ntenant_name_discovery = true\n" +
      "[publisher_notifier]\nmetering_driver = noop\n";
    const config = read(URL + older);
    expect(config.input).toMatchObject({ exchanges: ["nova"], topics: ["a", "b"] });
    expect(config.workers).toBe(2);
    expect(config.samples.identityNameDiscovery).toBe(true);
    expect(config.publishers.notifier.driver).toBe("noop");
    expect(config.notices).toHaveLength(5);
  });

  test("comma-joined values and unknown names are errors that show the right form", () => {
    expect(refusal(`${URL}[notification]\npipelines = meter,event\n`)).toContain(
      "expected one line for each: pipelines = meter and pipelines = event",
    );
    expect(refusal(`${URL}[notification]\npipelines = metre\n`)).toContain("did you mean 'meter'?");
  });
});

describe("credentials", () => {
  const auth =
    "auth_url = https://ks/v3\nusername = u\npassword = s3cret\nproject_name = service\n";

  test("of the section that an auth_section names", () => {
    const config = read(`${URL}[gnocchi]\nauth_section = my_auth\n[my_auth]\n${auth}`);
    expect(config.notices).toEqual([]);
    expect(config.publishers.gnocchi.authSection).toBe("my_auth");
    expect(config.publishers.keystone.get("my_auth")).toMatchObject({
      authType: "password",
      authUrl: "https://ks/v3",
      userName: "u",
      projectName: "service",
      interface: "public",
    });
  });

  test("the sections of Monasca that the documentation shows", () => {
    const config = read(
      `${URL}[monasca]\nauth_section = monasca_auth\nenable_api_pagination = True\n` +
        "client_retry_interval = 60\nclient_max_retries = 5\nmonasca_mappings = /m.yaml\n" +
        `[monasca_auth]\nauth_type = password\n${auth}verify = /ca.pem\nregion_name = R\n` +
        "project_domain_id = default\nuser_domain_id = default\n",
    );
    expect(config.publishers.monasca).toMatchObject({
      credentials: "monasca_auth",
      mappingsFile: "/m.yaml",
      retriesMax: 5,
      retryIntervalMs: 60_000,
      tls: { caFile: "/ca.pem", verify: true },
    });
    expect(config.publishers.keystone.get("monasca_auth")).toMatchObject({
      regionName: "R",
      userDomainId: "default",
    });
    expect(config.notices.map((notice) => notice.text)).toEqual([
      "[monasca] enable_api_pagination is accepted and has no meaning in tpctl",
    ]);
  });

  test("ceilosca's older names", () => {
    const service =
      "service_username = u\nservice_password = p\nservice_auth_url = http://ks/v3\n" +
      "service_domain_name = Default\nservice_verify = false\n";
    const { publishers } = read(`${URL}[monasca]\n${service}`);
    expect(publishers.monasca.credentials).toBe("monasca");
    expect(publishers.monasca.tls.verify).toBe(false);
    expect(publishers.keystone.get("monasca")).toMatchObject({
      authType: "password",
      userDomainName: "Default",
      projectDomainName: "Default",
    });
    const legacy = "auth_type = password-ceilometer-legacy\nos_auth_url = http://ks\n" +
      "os_username = u\nos-password = p\nos_tenant_name = service\n";
    const credentials = read(`${URL}[service_credentials]\n${legacy}`).publishers.keystone;
    expect(credentials.get("service_credentials")).toMatchObject({
      authType: "password",
      userName: "u",
      password: "p",
      projectName: "service",
    });
  });

  test("a type that is unknown is an error, a missing URL only for who needs it", () => {
    expect(refusal(`${URL}[service_credentials]\nauth_type = v2token\n`)).toContain("v2token");
    const { publishers } = read(`${URL}[service_credentials]\nusername = u\n`);
    expect(publishers.keystone.get("service_credentials")).toMatchObject({
      authType: "none",
      why: "[service_credentials] auth_url is not set",
    });
  });
});

test("every option of the table is read", () => {
  const asked = new Set<string>();
  const credentials = (type: string) =>
    `[service_credentials]\nauth_type = ${type}\nauth_url = http://ks\nuser = u\nendpoint = e\n` +
    "username = u\napplication_credential_secret = s\napplication_credential_id = i\ninsecure = no\n";
  const monasca = "[monasca]\nservice_username = u\nservice_auth_url = http://ks\n";
  const kafka = "[DEFAULT]\ntransport_url = kafka://u:p@k/\n[oslo_messaging_kafka]\n" +
    "security_protocol = SASL_SSL\n";
  for (
    const text of [
      `${URL}[oslo_messaging_rabbit]\nssl = on\n${credentials("password")}${monasca}`,
      kafka + credentials("v3applicationcredential"),
      URL + credentials("gnocchi-basic"),
    ]
  ) {
    const loaded = loadText(text);
    readPipelineConfig(loaded, NOTHING);
    for (const key of loaded.values.asked) asked.add(key);
  }
  const used = PIPELINE_OPTIONS.filter((option) => option.meaning === "used").map(optionKey);
  expect(used.filter((key) => !asked.has(key))).toEqual([]);
});
