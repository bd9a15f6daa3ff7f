/**
 * Edge (net). Keystone and a service behind it: gets a token, finds the service in the catalogue, and
 * GETs something of it with the token.
 */
import { StoreError } from "../delivery/writer.ts";
import { createSession, type ServiceSession } from "../keystone/session.ts";
import type { OpenStackFarEnd } from "./far_end.ts";
import type { LookDeps } from "./look_influxdb.ts";
import { connectionRemark, type Remark, statusRemark } from "./remark.ts";

/** Throws a ConfigError for credentials that lack something. */
export async function lookAtOpenStack(
  { credentials, service, path }: OpenStackFarEnd,
  { clock, timeoutMs, signal }: LookDeps,
): Promise<readonly Remark[]> {
  const session = createSession(credentials, { clock, timeoutMs });
  const token = await attempt(() => session.project(signal), tokenRemark);
  if ("remark" in token) return [token.remark];
  if (service === undefined) return [];
  const found = await attempt(
    () =>
      typeof service === "string" ? Promise.resolve(service) : session.endpoint(service, signal),
    (error) => ({ rule: "online/missing", about: "name", text: error.message }),
  );
  return "remark" in found ? [found.remark] : await ask(session, `${found.value}${path}`, signal);
}

async function ask(
  session: ServiceSession,
  url: string,
  signal: AbortSignal,
): Promise<readonly Remark[]> {
  const headers = { Accept: "application/json" };
  const answered = await attempt(
    () => session.send({ method: "GET", url, headers }, signal),
    tokenRemark,
  );
  if ("remark" in answered) return [answered.remark];
  const { status } = answered.value;
  // 300: a service that has several versions below its URL.
  return status <= 300 ? [] : [statusRemark(answered.value, `use '${url.replace(/\?.*$/s, "")}'`)];
}

/** A failed connection keeps its cause; without one, the answer was a refusal. */
function tokenRemark(error: StoreError): Remark {
  if (error.cause !== undefined) return connectionRemark(error);
  const isRefused = error.reaction === "hold";
  return {
    rule: isRefused ? "online/authentication" : "online/odd-answer",
    about: isRefused ? "credentials" : "address",
    text: error.message,
  };
}

async function attempt<T>(
  work: () => Promise<T>,
  remarkOf: (error: StoreError) => Remark,
): Promise<{ readonly value: T } | { readonly remark: Remark }> {
  try {
    return { value: await work() };
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return { remark: remarkOf(error) };
  }
}
