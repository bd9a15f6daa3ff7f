/**
 * Pure. `[monasca]`: the options of the publisher that Ceilometer had in its tree until 2018 and of
 * ceilosca, its older form outside of it. Both are read; `auth_section` wins over `service_*`.
 */
import type { Tls } from "./endpoint.ts";
import type { KeystoneConfig } from "./keystone_config.ts";
import { defaultAuthSection } from "./keystone_options.ts";
import { readVerify } from "./keystone_tls.ts";
import { nones } from "./messaging_options.ts";
import type { Option } from "./option.ts";
import type { OptionValues } from "./option_values.ts";

/** The section, times in milliseconds. */
export interface MonascaConfig {
  /** Key of the credentials in `PublisherSettings.keystone`. */
  readonly credentials: string;
  /** TLS towards the Monasca API: that of the credentials' section. */
  readonly tls: Tls;
  readonly mappingsFile: string;
  /** Whether the file was named; the default one may be missing. */
  readonly mappingsGiven: boolean;
  readonly controlPlane: string;
  readonly cluster: string;
  readonly cloudName: string;
  readonly batchMode: boolean;
  readonly batchItemsMax: number;
  readonly batchWaitMs: number;
  readonly batchPollingMs: number;
  readonly retriesMax: number;
  readonly retryIntervalMs: number;
  readonly requestTimeoutMs: number;
}

/** The key of credentials that `service_*` say. */
export const monascaCredentials = "monasca";

const SECTION = "monasca";
const MS_PER_SECOND = 1000;

const used = { section: SECTION, meaning: "used" } as const;

const CREDENTIAL_OPTIONS: readonly Option[] = [
  {
    ...used,
    name: "auth_section",
    kind: "string",
    help: "The section with the Keystone credentials; not set: service_credentials.",
  },
  { ...used, name: "service_auth_url", kind: "string", help: "Keystone's URL (ceilosca)." },
  { ...used, name: "service_username", kind: "string", help: "The user (ceilosca)." },
  { ...used, name: "service_password", kind: "secret", help: "The password (ceilosca)." },
  { ...used, name: "service_project_name", kind: "string", help: "The project (ceilosca)." },
  { ...used, name: "service_project_id", kind: "string", help: "The project's id (ceilosca)." },
  {
    ...used,
    name: "service_domain_name",
    kind: "string",
    help: "The domain of user and project (ceilosca).",
  },
  { ...used, name: "service_region_name", kind: "string", help: "The region (ceilosca)." },
  {
    ...used,
    name: "service_verify",
    kind: "string",
    help: "true, false, or a CA bundle's path (ceilosca).",
  },
];

/** All options of the section. */
export const MONASCA_OPTIONS: readonly Option[] = [
  ...CREDENTIAL_OPTIONS,
  {
    ...used,
    name: "monasca_mappings",
    kind: "path",
    default: "/etc/ceilometer/monasca_field_definitions.yaml",
    help: "Which members of a sample become dimensions and metadata.",
  },
  ...(["control_plane", "cluster", "cloud_name"] as const).map((name): Option => ({
    ...used,
    name,
    kind: "string",
    default: "None",
    help: "The dimension of this name.",
  })),
  {
    ...used,
    name: "batch_mode",
    kind: "bool",
    default: "true",
    help: "Whether metrics are gathered.",
  },
  {
    ...used,
    name: "batch_count",
    kind: "int",
    min: 1,
    default: "1000",
    unit: "metrics",
    help: "The upper bound of one request.",
  },
  {
    ...used,
    name: "batch_timeout",
    kind: "int",
    min: 0,
    default: "15",
    unit: "s",
    help: "The upper bound of the time that metrics are gathered.",
  },
  {
    ...used,
    name: "batch_polling_interval",
    kind: "int",
    min: 0,
    default: "5",
    unit: "s",
    help: "How often the reference looks whether a batch is due.",
  },
  {
    ...used,
    name: "client_max_retries",
    kind: "int",
    min: 0,
    default: "3",
    help: "How often a request is sent again before the far end counts as away.",
    deprecated: [{ name: "max_retries" }, { name: "database_max_retries" }],
  },
  {
    ...used,
    name: "client_retry_interval",
    kind: "int",
    min: 0,
    default: "60",
    unit: "s",
    help: "The longest wait before a request is sent again.",
    deprecated: [{ name: "retry_interval" }, { name: "database_retry_interval" }],
  },
  {
    section: "DEFAULT",
    meaning: "used",
    name: "http_timeout",
    kind: "int",
    min: 1,
    default: "600",
    unit: "s",
    help: "The time limit of a request to the Monasca API.",
  },
  ...nones(SECTION, [
    "clientapi_version",
    "enable_api_pagination",
    "retry_on_failure",
    "batch_max_retries",
    "archive_on_failure",
    "archive_path",
    "default_stats_period",
  ]),
];

/** Where the publisher's credentials stand: a section's name, or `monascaCredentials`. */
export function monascaAuthSection(values: OptionValues): string {
  const named = values.text(SECTION, "auth_section");
  if (named !== undefined) return named;
  const older = values.text(SECTION, "service_username") !== undefined;
  return older ? monascaCredentials : defaultAuthSection;
}

/** Credentials by ceilosca's `service_*`. */
export function readMonascaCredentials(values: OptionValues): KeystoneConfig {
  const text = (name: string) => values.text(SECTION, `service_${name}`);
  const session = {
    section: SECTION,
    regionName: text("region_name"),
    interface: "public",
    tls: serviceTls(values),
    timeoutMs: undefined,
  } as const;
  const authUrl = text("auth_url");
  if (authUrl === undefined) {
    return { ...session, authType: "none", why: `[${SECTION}] service_auth_url is not set` };
  }
  const domain = text("domain_name");
  return {
    ...session,
    authType: "password",
    authUrl,
    userId: undefined,
    userName: text("username"),
    userDomainId: undefined,
    userDomainName: domain,
    password: text("password") ?? "",
    projectId: text("project_id"),
    projectName: text("project_name"),
    projectDomainId: undefined,
    projectDomainName: domain,
    domainId: undefined,
    domainName: undefined,
    systemScope: undefined,
  };
}

/** Reads the rest of the section. */
export function readMonasca(values: OptionValues, tls: Tls): MonascaConfig {
  const text = (name: string) => values.text(SECTION, name) ?? "";
  const ms = (name: string) => values.number(SECTION, name) * MS_PER_SECOND;
  return {
    credentials: monascaAuthSection(values),
    tls,
    mappingsFile: text("monasca_mappings"),
    mappingsGiven: values.given(SECTION, "monasca_mappings") !== undefined,
    controlPlane: text("control_plane"),
    cluster: text("cluster"),
    cloudName: text("cloud_name"),
    batchMode: values.bool(SECTION, "batch_mode"),
    batchItemsMax: values.number(SECTION, "batch_count"),
    batchWaitMs: ms("batch_timeout"),
    batchPollingMs: ms("batch_polling_interval"),
    retriesMax: values.number(SECTION, "client_max_retries"),
    retryIntervalMs: ms("client_retry_interval"),
    requestTimeoutMs: values.number("DEFAULT", "http_timeout") * MS_PER_SECOND,
  };
}

function serviceTls(values: OptionValues): Tls {
  const { verify, caFile } = readVerify(values.text(SECTION, "service_verify"));
  return { caFile, certFile: undefined, keyFile: undefined, verify, verifyGiven: true };
}
