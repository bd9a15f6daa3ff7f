/**
 * Pure. All options of `tpctl pipeline` in one table, in the order in which they are documented:
 * Ceilometer's, oslo.messaging's, keystoneauth1's and our own. Reading is read_pipeline_config.ts.
 */
import { daemonOptions } from "./daemon_options.ts";
import { defaultAuthSection, keystoneOptions } from "./keystone_options.ts";
import { LOG_OPTIONS } from "./log_options.ts";
import { MESSAGING_OPTIONS, nones } from "./messaging_options.ts";
import { MONASCA_OPTIONS } from "./monasca_options.ts";
import type { Option } from "./option.ts";
import { notifierDrivers, publisherPolicies } from "./pipeline_config.ts";
import { UNUSED_OPTIONS } from "./unused_options.ts";

const used = { section: "DEFAULT", meaning: "used" } as const;
const notification = { section: "notification", meaning: "used" } as const;
const tpctl = { section: "tpctl", meaning: "used", ours: true } as const;

/** The exchanges that are read where `notification_control_exchanges` says nothing. */
export const defaultExchanges: readonly string[] =
  "nova glance neutron cinder heat keystone trove zaqar swift ceilometer magnum dns ironic aodh"
    .split(" ");

/** Schemes that may have a policy of their own, `publisher_policy_<scheme>`. */
export const policySchemes: readonly string[] = [
  ..."gnocchi prometheus notifier monasca udp tcp file http https zaqar test kafka".split(" "),
  ..."opentelemetryhttp otlphttp influxdb influxdbs influxdb2 influxdb2s".split(" "),
  ..."remotewrite sqlite kafkas".split(" "),
];

/** Options of a section that the documentation also writes with another section's name. */
function alsoIn(section: string, options: readonly Option[]): Option[] {
  return options.map((option) => ({
    ...option,
    deprecated: [...option.deprecated ?? [], { section, name: option.name }],
  }));
}

const NOTIFICATION_OPTIONS: readonly Option[] = alsoIn("notifications", [
  {
    ...notification,
    name: "pipelines",
    kind: "multistr",
    items: "names",
    help: "Which pipelines run: meter, event; both where none is named.",
  },
  {
    ...notification,
    name: "messaging_urls",
    kind: "multistr",
    items: "urls",
    help: "The messaging systems that are read instead of the transport_url.",
  },
  {
    ...notification,
    name: "notification_control_exchanges",
    kind: "multistr",
    items: "names",
    help: `The exchanges that are read; where none is named ${defaultExchanges.join(", ")}.`,
    deprecated: [{ section: "DEFAULT", name: "http_control_exchanges" }],
  },
  {
    ...notification,
    name: "workers",
    kind: "int",
    min: 1,
    default: "1",
    unit: "processes",
    help: "How many processes share the work.",
    deprecated: [{ section: "DEFAULT", name: "notification_workers" }],
  },
  {
    ...notification,
    name: "batch_size",
    kind: "int",
    min: 1,
    default: "1",
    unit: "notifications",
    help: "How many notifications are gathered before they are handled, of RabbitMQ at most " +
      "`rabbit_qos_prefetch_count`; 1: none is waited for.",
  },
  {
    ...notification,
    name: "batch_timeout",
    kind: "int",
    min: 0,
    default: "0",
    unit: "s",
    help: "How long they are gathered at most; 0: 1 s.",
  },
  {
    ...notification,
    name: "ack_on_event_error",
    kind: "bool",
    default: "true",
    help: "False: what makes no event is tried once more before it is dead-lettered.",
  },
]);

const DEFINITION_OPTIONS: readonly Option[] = [
  {
    ...used,
    name: "pipeline_cfg_file",
    kind: "path",
    default: "pipeline.yaml",
    help: "The sources and sinks of samples.",
  },
  {
    ...used,
    name: "event_pipeline_cfg_file",
    kind: "path",
    default: "event_pipeline.yaml",
    help: "The sources and sinks of events.",
  },
  {
    section: "event",
    meaning: "used",
    name: "definitions_cfg_file",
    kind: "path",
    default: "event_definitions.yaml",
    help: "What events are made of.",
  },
  {
    section: "event",
    meaning: "used",
    name: "drop_unmatched_notifications",
    kind: "bool",
    default: "false",
    help: "Whether notifications that no event definition matches make no event.",
  },
  {
    section: "event",
    meaning: "used",
    name: "store_raw",
    kind: "multistr",
    items: "names",
    help: "Priorities (info, error) whose events keep the whole notification.",
  },
  {
    section: "meter",
    meaning: "used",
    name: "meter_definitions_dirs",
    kind: "multistr",
    items: "names",
    help:
      "Folders with meter definitions; not set: /etc/ceilometer/meters.d and the built-in ones.",
  },
  ...nones("meter", ["meter_definitions_cfg_file"]),
];

const SAMPLE_OPTIONS: readonly Option[] = [
  { ...used, name: "host", kind: "host", help: "This machine's name; not set: its host name." },
  {
    ...used,
    name: "sample_source",
    kind: "string",
    default: "openstack",
    help: "The source of samples.",
  },
  {
    ...used,
    name: "reserved_metadata_namespace",
    kind: "list",
    default: "metering.",
    help: "Prefixes of user metadata that samples keep.",
  },
  {
    ...used,
    name: "reserved_metadata_length",
    kind: "int",
    default: "256",
    unit: "characters",
    help: "Where values of user metadata are cut.",
  },
  {
    ...used,
    name: "reserved_metadata_keys",
    kind: "list",
    help: "Further user metadata that samples keep.",
  },
  {
    section: "polling",
    meaning: "used",
    name: "identity_name_discovery",
    kind: "bool",
    default: "false",
    help: "Whether samples get the names of users and projects from Keystone.",
    deprecated: [{ name: "tenant_name_discovery" }],
  },
];

const PUBLISHER_OPTIONS: readonly Option[] = [
  {
    ...used,
    name: "max_parallel_requests",
    kind: "int",
    min: 1,
    default: "64",
    help: "The upper bound of an HTTP publisher's connections.",
  },
  {
    section: "publisher",
    meaning: "used",
    name: "telemetry_secret",
    kind: "secret",
    default: "change this for valid signing",
    help: "What udp, tcp and notifier sign with; empty: not at all.",
    deprecated: [{ name: "metering_secret" }],
  },
  {
    section: "publisher_notifier",
    meaning: "used",
    name: "metering_topic",
    kind: "string",
    default: "metering",
    help: "The notifier's topic of samples.",
  },
  {
    section: "publisher_notifier",
    meaning: "used",
    name: "event_topic",
    kind: "string",
    default: "event",
    help: "The notifier's topic of events.",
  },
  {
    section: "publisher_notifier",
    meaning: "used",
    name: "telemetry_driver",
    kind: "choice",
    choices: notifierDrivers,
    default: "messagingv2",
    help: "How the notifier sends.",
    deprecated: [{ name: "metering_driver" }],
  },
  ...["gnocchi", "zaqar"].map((section): Option => ({
    section,
    meaning: "used",
    name: "auth_section",
    kind: "string",
    default: defaultAuthSection,
    help: "The section with the Keystone credentials.",
  })),
];

const TPCTL_OPTIONS: readonly Option[] = [
  {
    ...tpctl,
    name: "ignore_bad_publishers",
    kind: "bool",
    default: "false",
    help:
      "Whether tpctl starts without the publishers that cannot be loaded, and without options that a publisher does not know.",
  },
  {
    ...tpctl,
    name: "publisher_policy",
    kind: "choice",
    choices: publisherPolicies,
    default: "spool",
    help: "What is done while a publisher's far end is down.",
  },
  ...policySchemes.map((scheme): Option => ({
    ...tpctl,
    name: `publisher_policy_${scheme}`,
    kind: "choice",
    choices: publisherPolicies,
    default: scheme === "udp" ? "drop" : "$tpctl.publisher_policy",
    help: `The same for ${scheme}.`,
  })),
  {
    ...tpctl,
    name: "spool_max_bytes",
    kind: "int",
    min: 1,
    default: "1073741824",
    unit: "bytes",
    help: "The bound of each publisher's spool; a full one blocks.",
  },
  {
    ...tpctl,
    name: "gnocchi_create_resource_types",
    kind: "bool",
    default: "false",
    help: "Whether resource types that Gnocchi lacks are made as ceilometer-upgrade makes them.",
  },
];

/** Whose options stand beside those of the auth_sections, each once. */
function withoutRepeats(options: readonly Option[]): Option[] {
  const byKey = new Map<string, Option>();
  for (const option of options) {
    const key = `${option.section}.${option.name}`;
    if (!byKey.has(key)) byKey.set(key, option);
  }
  return [...byKey.values()];
}

/** The table; `authSections` are sections of credentials besides the usual one. */
export function pipelineOptions(authSections: readonly string[]): readonly Option[] {
  return withoutRepeats([
    ...LOG_OPTIONS,
    ...MESSAGING_OPTIONS,
    ...NOTIFICATION_OPTIONS,
    ...DEFINITION_OPTIONS,
    ...SAMPLE_OPTIONS,
    ...PUBLISHER_OPTIONS,
    ...MONASCA_OPTIONS,
    ...[defaultAuthSection, ...authSections].flatMap(keystoneOptions),
    ...daemonOptions("127.0.0.1:9128"),
    ...TPCTL_OPTIONS,
    ...UNUSED_OPTIONS,
  ]);
}

/** The table as documented: with the usual section of credentials alone. */
export const PIPELINE_OPTIONS: readonly Option[] = pipelineOptions([]);
