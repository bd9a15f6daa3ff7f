/**
 * Pure. A section of Keystone credentials as options, with keystoneauth1's names and Ceilometer's
 * defaults, and the KeystoneConfig that it makes. Any section may be named by an `auth_section`.
 */
import { commonTls } from "./keystone_tls.ts";
import type { KeystoneConfig, NoCredentials } from "./keystone_config.ts";
import { nones } from "./messaging_options.ts";
import type { Option } from "./option.ts";
import type { OptionValues } from "./option_values.ts";

/** The section that is used where no other is named. */
export const defaultAuthSection = "service_credentials";

const PASSWORD_TYPES = ["password", "v3password"];
const APPLICATION_TYPES = ["v3applicationcredential"];
const BASIC_TYPES = ["gnocchi-basic"];
/** The value that ceilosca's documentation gives; its credentials are read as password. */
const LEGACY_TYPES = ["password-ceilometer-legacy"];
const AUTH_TYPES = [...PASSWORD_TYPES, ...APPLICATION_TYPES, ...BASIC_TYPES, ...LEGACY_TYPES];

const INTERFACES = ["public", "internal", "admin", "publicURL", "internalURL", "adminURL"] as const;

const MS_PER_SECOND = 1000;

/** Older names of text options; `_` stands for `-` too. */
const TEXTS: readonly (readonly [name: string, help: string, older: readonly string[]])[] = [
  ["auth_url", "Keystone's URL.", ["os_auth_url"]],
  ["username", "The user's name.", ["user_name", "os_username"]],
  ["user_id", "The user's id, instead of name and domain.", ["os_user_id"]],
  ["user_domain_name", "The domain that the user is in.", ["os_user_domain_name"]],
  ["user_domain_id", "The id of that domain.", ["os_user_domain_id"]],
  ["project_name", "The project to be in.", ["tenant_name", "os_project_name", "os_tenant_name"]],
  ["project_id", "The id of that project.", ["tenant_id", "os_project_id", "os_tenant_id"]],
  ["project_domain_name", "The domain that the project is in.", ["os_project_domain_name"]],
  ["project_domain_id", "The id of that domain.", ["os_project_domain_id"]],
  ["domain_name", "The domain to be in, instead of a project.", []],
  ["domain_id", "The id of that domain.", []],
  ["default_domain_name", "The domain of user and project where none is named.", []],
  ["default_domain_id", "The id of that domain.", []],
  ["system_scope", "`all`, instead of project or domain.", []],
  ["application_credential_id", "The application credential's id.", []],
  ["application_credential_name", "Its name, with the user's.", []],
  ["user", "The user of gnocchi-basic.", []],
  ["endpoint", "Gnocchi's URL, for gnocchi-basic.", []],
];

/** The options of one section of credentials. */
export function keystoneOptions(section: string): readonly Option[] {
  const used = { section, meaning: "used" } as const;
  const older = (names: readonly string[]) => names.flatMap(spellings).map((name) => ({ name }));
  const texts = TEXTS.map(([name, help, names]): Option => (
    { ...used, name, kind: "string", help, deprecated: older(names) }
  ));
  return [
    {
      ...used,
      name: "auth_type",
      kind: "choice",
      choices: AUTH_TYPES,
      default: "password",
      help: "How tpctl proves who it is.",
      deprecated: [{ name: "auth_plugin" }],
    },
    ...texts,
    {
      ...used,
      name: "password",
      kind: "secret",
      help: "The password.",
      deprecated: older(["os_password"]),
    },
    { ...used, name: "application_credential_secret", kind: "secret", help: "Its secret." },
    {
      ...used,
      name: "region_name",
      kind: "string",
      help: "The region in the service catalogue; not set: $OS_REGION_NAME.",
      deprecated: [...older(["os_region_name"]), { section: "DEFAULT", name: "os_region_name" }],
    },
    {
      ...used,
      name: "interface",
      kind: "choice",
      choices: INTERFACES,
      default: "public",
      help: "Which endpoint of the catalogue; not set: $OS_INTERFACE, $OS_ENDPOINT_TYPE.",
      deprecated: older(["os_endpoint_type", "os_interface"]),
    },
    ...sessionOptions(section),
    ...nones(section, [
      "auth_section",
      "collect_timing",
      "split_loggers",
      "trust_id",
      "tenant_domain",
    ]),
  ];
}

/** TLS and time limits. */
function sessionOptions(section: string): readonly Option[] {
  const used = { section, meaning: "used" } as const;
  const older = (name: string) => spellings(name).map((spelling) => ({ name: spelling }));
  return [
    {
      ...used,
      name: "cafile",
      kind: "path",
      help: "The CA bundle that certificates verify against, the system's if not set.",
      deprecated: older("os_cacert"),
    },
    { ...used, name: "certfile", kind: "path", help: "The client certificate for mutual TLS." },
    { ...used, name: "keyfile", kind: "path", help: "The key of the client certificate." },
    {
      ...used,
      name: "insecure",
      kind: "bool",
      default: "false",
      help: "Whether certificates need not verify.",
      deprecated: older("os_insecure"),
    },
    {
      ...used,
      name: "verify",
      kind: "string",
      help: "true, false, or a CA bundle's path: another way to say cafile and insecure.",
    },
    {
      ...used,
      name: "timeout",
      kind: "float",
      min: 0,
      default: "0",
      unit: "s",
      help: "The time limit of a request; 0: the caller's own.",
    },
  ];
}

/** Reads a section; what is missing is told by who needs it. */
export function readKeystone(
  values: OptionValues,
  section: string,
  environment: Readonly<Record<string, string | undefined>>,
): KeystoneConfig {
  const text = (name: string) => values.text(section, name);
  const session = {
    section,
    regionName: text("region_name") ?? environment["OS_REGION_NAME"],
    interface: readInterface(values, section, environment),
    tls: commonTls(values, section),
    timeoutMs: values.number(section, "timeout") * MS_PER_SECOND || undefined,
  };
  const none = (why: string): NoCredentials => ({ ...session, authType: "none", why });
  const type = values.choice(section, "auth_type", AUTH_TYPES);
  if (BASIC_TYPES.includes(type)) {
    const [user, endpoint] = [text("user"), text("endpoint")];
    if (user === undefined) return none(`[${section}] user is not set`);
    if (endpoint === undefined) return none(`[${section}] endpoint is not set`);
    return { ...session, authType: "basic", user, endpoint };
  }
  const authUrl = text("auth_url");
  if (authUrl === undefined) return none(`[${section}] auth_url is not set`);
  const user = {
    authUrl,
    userId: text("user_id"),
    userName: text("username"),
    userDomainId: text("user_domain_id") ?? text("default_domain_id"),
    userDomainName: text("user_domain_name") ?? text("default_domain_name"),
  };
  if (APPLICATION_TYPES.includes(type)) {
    const secret = text("application_credential_secret");
    const [id, name] = [text("application_credential_id"), text("application_credential_name")];
    if (secret === undefined) return none(`[${section}] application_credential_secret is not set`);
    if (id === undefined && name === undefined) {
      return none(`[${section}] application_credential_id is not set`);
    }
    return { ...session, ...user, authType: "applicationCredential", id, name, secret };
  }
  if (user.userId === undefined && user.userName === undefined) {
    return none(`[${section}] username is not set`);
  }
  return {
    ...session,
    ...user,
    authType: "password",
    password: text("password") ?? "",
    projectId: text("project_id"),
    projectName: text("project_name"),
    projectDomainId: text("project_domain_id") ?? text("default_domain_id"),
    projectDomainName: text("project_domain_name") ?? text("default_domain_name"),
    domainId: text("domain_id"),
    domainName: text("domain_name"),
    systemScope: text("system_scope"),
  };
}

function readInterface(
  values: OptionValues,
  section: string,
  environment: Readonly<Record<string, string | undefined>>,
): "public" | "internal" | "admin" {
  const given = values.given(section, "interface") !== undefined;
  const chosen = values.choice(section, "interface", INTERFACES);
  const text = given
    ? chosen
    : environment["OS_INTERFACE"] ?? environment["OS_ENDPOINT_TYPE"] ?? chosen;
  const name = text.replace(/URL$/, "");
  return name === "internal" || name === "admin" ? name : "public";
}

/** oslo.config takes dashes and underscores for the same in older names. */
function spellings(name: string): string[] {
  return name.startsWith("os_") ? [name, name.replaceAll("_", "-")] : [name];
}
