/**
 * Pure. Rules for persister.conf and ceilometer.conf.
 */
import type { Hit } from "../finding.ts";
import type { Example, LintRule, Rule } from "../rule.ts";
import {
  configNotVerified,
  plainKeystone,
  publicConfigSecrets,
  repeatedOptions,
} from "./config_checks.ts";
import type { ConfigSubject } from "./subjects.ts";

function persist(text: string): Example {
  return { kind: "persister.conf", text };
}

const store = "[influxdb]\nip_address = influxdb.example.org\n";
const goodPersist = persist(store);

const transport = "[DEFAULT]\ntransport_url = rabbit://broker.example.org:5672/\n";
const folder = {
  "pipeline.yaml": `sources:
  - name: all
    meters: ["*"]
    sinks: [keep]
sinks:
  - name: keep
    publishers: ["file:///var/lib/ceilometer/samples?json"]
`,
  "event_pipeline.yaml": `sources:
  - name: all
    events: ["*"]
    sinks: [keep]
sinks:
  - name: keep
    publishers: ["file:///var/lib/ceilometer/events?json"]
`,
};

function pipeline(more: string): Example {
  const files =
    "pipeline_cfg_file = pipeline.yaml\nevent_pipeline_cfg_file = event_pipeline.yaml\n";
  return { kind: "ceilometer.conf", text: transport + files + more, beside: folder };
}

/** What the readers of options find. */
export const CONFIG_RULES: readonly Rule[] = [
  {
    id: "config/syntax",
    severity: "error",
    explanation: "The line is no section, option or comment of oslo.config's form.",
    bad: persist(`${store}port 8086\n`),
    good: persist(`${store}port = 8086\n`),
  },
  {
    id: "config/bad-value",
    severity: "error",
    explanation:
      "The value of an option cannot be read, is out of its range, or does not go with " +
      "the others. What must be set and is not is shown at the first line.",
    bad: persist(`${store}port = 80860\n`),
    good: persist(`${store}port = 8086\n`),
  },
  {
    id: "config/comma-joined",
    severity: "error",
    explanation: "The option is given once per value. Commas do not separate its values, so the " +
      "whole text would be one name.",
    bad: pipeline("[notification]\npipelines = meter,event\n"),
    good: pipeline("[notification]\npipelines = meter\npipelines = event\n"),
  },
  {
    id: "config/unsupported-option",
    severity: "error",
    explanation: "The option would change what is done, and tpctl cannot do it.",
    bad: persist(`[DEFAULT]\nconfig_source = remote\n${store}`),
    good: goodPersist,
  },
  {
    id: "config/unknown-section",
    severity: "warning",
    explanation: "No section of this name is known. Its options are not looked at.",
    bad: persist(`${store}[kafka_metric]\ntopic = metrics\n`),
    good: persist(`${store}[kafka_metrics]\ntopic = metrics\n`),
  },
  {
    id: "config/unknown-option",
    severity: "warning",
    explanation: "The section has no option of this name. It is not looked at.",
    bad: persist(`${store}databse_name = mon\n`),
    good: persist(`${store}database_name = mon\n`),
  },
  {
    id: "config/unknown-variable",
    severity: "warning",
    explanation: "A variable of the environment looks like an option (OS_<GROUP>__<OPTION>) and " +
      "names none. It is shown with every configuration file.",
    bad: { ...goodPersist, environment: { OS_INFLUXDB__DATABSE_NAME: "mon" } },
    good: goodPersist,
  },
  {
    id: "config/deprecated-option",
    severity: "warning",
    explanation: "The option has another name or place now. The older one is still read.",
    bad: pipeline("[notifications]\nworkers = 2\n"),
    good: pipeline("[notification]\nworkers = 2\n"),
  },
  {
    id: "config/no-meaning",
    severity: "note",
    explanation: "The option is one of the reference system's that has no meaning in tpctl.",
    bad: persist(`${store}[zookeeper]\nuri = zookeeper.example.org:2181\n`),
    good: goodPersist,
  },
  {
    id: "config/input-off",
    severity: "warning",
    explanation: "A kind of message is turned off by its number of processors.",
    bad: persist(`${store}[kafka_metrics]\nnum_processors = 0\n`),
    good: persist(`${store}[kafka_metrics]\nenabled = false\n`),
  },
  {
    id: "config/missing-file",
    severity: "error",
    explanation: "A file that an option names is neither where the name says nor in the " +
      "configuration folders.",
    bad: {
      kind: "ceilometer.conf",
      text: `${transport}pipeline_cfg_file = pipelines.yaml\n`,
      beside: folder,
    },
    good: pipeline(""),
  },
  {
    id: "config/missing-folder",
    severity: "warning",
    explanation:
      "A folder of meter definitions is not there. No definitions are read from it, and " +
      "the built-in ones are not either.",
    bad: pipeline("[meter]\nmeter_definitions_dirs = /nonexistent/meters.d\n"),
    good: pipeline(""),
  },
  {
    id: "config/log-file",
    severity: "error",
    explanation: "The Python logging configuration that log_config_append names cannot be used.",
    bad: {
      ...persist(`[DEFAULT]\nlog_config_append = logging.conf\n${store}`),
      beside: { "logging.conf": "[loggers]\nkeys = root\n" },
    },
    good: goodPersist,
  },
];

/** What lint rules find in a file whose options can be read. */
export const CONFIG_LINT: readonly LintRule<ConfigSubject>[] = [
  {
    id: "config/repeated-option",
    severity: "warning",
    explanation: "The option stands twice in the file, and only the last one counts.",
    bad: persist(`${store}port = 8086\nport = 8087\n`),
    good: persist(`${store}port = 8087\n`),
    check: repeatedOptions,
  },
  {
    id: "config/not-verified",
    severity: "warning",
    explanation: "A certificate is not verified. Name its CA bundle instead.",
    bad: persist(`${store}ssl = true\nverify_ssl = false\n`),
    good: persist(`${store}ssl = true\nverify_ssl = true\n`),
    check: configNotVerified,
  },
  {
    id: "config/plain-credentials",
    severity: "warning",
    explanation: "A password goes to Keystone over the network unencrypted.",
    bad: pipeline(`${credentials("http")}password = secret\n`),
    good: pipeline(
      `${credentials("https")}# OS_SERVICE_CREDENTIALS__PASSWORD holds the password\n`,
    ),
    check: plainKeystone,
  },
];

function credentials(scheme: string): string {
  return `[service_credentials]
auth_url = ${scheme}://keystone.example.org:5000/v3
username = ceilometer
project_name = service
user_domain_name = Default
project_domain_name = Default
`;
}

/** secrets/world-readable, whose row is among the publishers' rules, in configuration files. */
export function configSecrets(subject: ConfigSubject): readonly Hit[] {
  return publicConfigSecrets(subject);
}
