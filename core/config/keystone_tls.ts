/**
 * Pure. TLS towards services as keystoneauth1's sections say it: `cafile`, `certfile`, `keyfile`,
 * `insecure`, and `verify`, which the reference's documentation has and its code never read.
 */
import type { Tls } from "./endpoint.ts";
import { parseBool } from "./option.ts";
import type { OptionValues } from "./option_values.ts";

/** `verify` is a boolean or a CA bundle; `cafile` and `insecure` win where they are given. */
export function commonTls(values: OptionValues, section: string): Tls {
  const verify = readVerify(values.text(section, "verify"));
  const insecure = values.given(section, "insecure") !== undefined;
  return {
    caFile: values.text(section, "cafile") ?? verify.caFile,
    certFile: values.text(section, "certfile"),
    keyFile: values.text(section, "keyfile"),
    verify: insecure ? !values.bool(section, "insecure") : verify.verify,
    verifyGiven: true,
  };
}

/** true, false, or a CA bundle's path, which means true. */
export function readVerify(
  text: string | undefined,
): { readonly verify: boolean; readonly caFile: string | undefined } {
  if (text === undefined) return { verify: true, caFile: undefined };
  const parsed = parseBool(text);
  if ("value" in parsed) return { verify: parsed.value, caFile: undefined };
  return { verify: true, caFile: text };
}
