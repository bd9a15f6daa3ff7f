/**
 * Pure. What lint rules find in the options of persister.conf and ceilometer.conf. Values of secret
 * options are looked at and never shown.
 */
import type { IniFile, IniValue } from "../../config/ini.ts";
import { parseBool } from "../../config/option.ts";
import { optionKey } from "../../config/option_values.ts";
import type { Hit } from "../finding.ts";
import { isLoopback } from "./loopback.ts";
import type { ConfigSubject } from "./subjects.ts";

/** Options of one value that stand there twice. */
export function repeatedOptions({ file, options }: ConfigSubject): Hit[] {
  const multiple = new Set(options.filter(({ kind }) => kind === "multistr").map(optionKey));
  const seen = new Map<string, IniValue>();
  return file.values.flatMap((value): Hit[] => {
    const { section, key, place } = value;
    const name = `${section}.${key}`;
    const before = seen.get(name);
    seen.set(name, value);
    if (before === undefined || multiple.has(name) || isOldMultiple(value, options)) return [];
    const text = `[${section}] ${key} stands at line ${before.place.line} too: this one counts`;
    return [{ rule: "config/repeated-option", place, text, expected: "it once" }];
  });
}

function isOldMultiple({ section, key }: IniValue, options: ConfigSubject["options"]): boolean {
  return options.some((option) =>
    option.kind === "multistr" &&
    option.deprecated?.some((old) =>
      old.name === key && (old.section ?? option.section) === section
    )
  );
}

/** Options that, with this value, switch verification off. */
const off: readonly (readonly [section: RegExp, name: string, value: boolean])[] = [
  [/^influxdb$/, "verify_ssl", false],
  [/^oslo_messaging_rabbit$/, "ssl_enforce_hostname_verification", false],
  [/^monasca$/, "service_verify", false],
  [/./, "insecure", true],
  [/credentials/, "verify", false],
];

/** Certificates that need not verify. */
export function configNotVerified({ file }: ConfigSubject): Hit[] {
  return file.values.flatMap(({ section, key, value, place }): Hit[] => {
    const isOff = off.some(([sections, name, wanted]) =>
      sections.test(section) && name === key && isBool(value, wanted)
    );
    if (!isOff || section === "influxdb" && !hasTls(file)) return [];
    const expected = "verification, with the CA bundle where the system's does not do";
    const text =
      `[${section}] ${key} = ${value} takes any certificate: whoever is in between reads ` +
      `and changes everything, expected ${expected}`;
    return [{ rule: "config/not-verified", place, text, expected }];
  });
}

function hasTls(file: IniFile): boolean {
  return file.values.some(({ section, key, value }) =>
    section === "influxdb" && key === "ssl" && isBool(value, true)
  );
}

function isBool(text: string, wanted: boolean): boolean {
  const parsed = parseBool(text);
  return "value" in parsed && parsed.value === wanted;
}

/** Passwords that go to Keystone as plain text. */
export function plainKeystone({ file }: ConfigSubject): Hit[] {
  return file.values.flatMap(({ section, key, value, place }): Hit[] => {
    if (!/^(service_)?auth_url$/.test(key) || !/^http:\/\//i.test(value)) return [];
    const host = /^http:\/\/(\[[^\]]*\]|[^/:]*)/i.exec(value)?.[1] ?? "";
    if (isLoopback(host.replace(/[[\]]/g, ""))) return [];
    const has = (name: RegExp) =>
      file.values.some((one) => one.section === section && name.test(one.key) && one.value !== "");
    if (!has(/password$|secret$/)) return [];
    const text = `[${section}] ${key} begins with http: the password goes over the network ` +
      "unencrypted, expected https";
    return [{
      rule: "config/plain-credentials",
      place,
      text,
      expected: "https",
      suggestion: "https",
    }];
  });
}

/** Secrets in a file that everybody may read: at the first of them. */
export function publicConfigSecrets({ file, options, isPublic }: ConfigSubject): Hit[] {
  if (!isPublic) return [];
  const secrets = new Set(options.filter(({ kind }) => kind === "secret").map(optionKey));
  const first = file.values.find((one) => isSecret(one, secrets));
  if (first === undefined) return [];
  const { section, key, place } = first;
  const text =
    `[${section}] ${key} is a secret, and everybody may read this file, expected mode 0640`;
  return [{ rule: "secrets/world-readable", place, text, expected: "mode 0640" }];
}

function isSecret({ section, key, value }: IniValue, secrets: ReadonlySet<string>): boolean {
  if (value === "" || value.startsWith("$")) return false;
  if (value.includes("://")) return /:\/\/[^/\s]*:[^/\s@]+@/.test(value);
  return secrets.has(`${section}.${key}`) ||
    /(password|secret|token|api_key)$/.test(key);
}
