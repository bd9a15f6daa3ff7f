/**
 * Edge (net). Which id a project has, by its name and domain: asked of the token first, so that
 * credentials without rights in Keystone do for the usual case, then of the Identity API.
 */
import { StoreError } from "../delivery/writer.ts";
import { type Answer, retryAfterMs } from "../http/answer.ts";
import { isObject, listOf, parseObject, textOf } from "./json.ts";
import type { ServiceSession } from "./session.ts";
import { keystoneWords } from "./token_failure.ts";

/** Names as an operator writes them; the domain's id will do as well. */
export interface ProjectQuery {
  readonly project: string;
  readonly domain: string;
}

/** The project's id, undefined where Keystone knows none. Rejects with a StoreError. */
export async function findProjectId(
  session: ServiceSession,
  { project, domain }: ProjectQuery,
  signal: AbortSignal,
): Promise<string | undefined> {
  const own = await session.project(signal);
  const isOwn = own !== undefined && (own.name === project || own.id === project) &&
    (own.domainName === domain || own.domainId === domain);
  if (isOwn) return own.id;
  const domains = await list(session, `domains?${new URLSearchParams({ name: domain })}`, signal);
  const domainId = domains[0] ?? domain;
  const query = new URLSearchParams({ name: project, domain_id: domainId });
  return (await list(session, `projects?${query}`, signal))[0];
}

/** The ids of what a list of the Identity API holds. */
async function list(
  session: ServiceSession,
  path: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const answer = await askIdentity(session, path, signal);
  if (answer.status === 404) return [];
  const kind = path.slice(0, path.indexOf("?"));
  if (answer.status !== 200) throw identityFailure(answer, `list ${kind}`);
  return listOf(parseObject(answer.text)?.[kind]).filter(isObject).map(({ id }) => textOf(id));
}

/** GET of a path below the v3 URL. */
export async function askIdentity(
  session: ServiceSession,
  path: string,
  signal: AbortSignal,
): Promise<Answer> {
  const url = `${await session.endpoint({ type: "identity", name: "keystone" }, signal)}/${path}`;
  return session.send({ method: "GET", url, headers: { Accept: "application/json" } }, signal);
}

/** `retry` for overload, else `hold`: somebody must grant the rights. */
export function identityFailure(answer: Answer, what: string): StoreError {
  const { status, headers, text } = answer;
  const said = `Cannot ${what} of Keystone: it answered ${status} ${keystoneWords(text)}`;
  if (status === 429 || status >= 500) {
    const waitMs = retryAfterMs(headers, Date.parse(headers.get("date") ?? ""));
    return new StoreError(`${said}, expected 200`, "retry", { retryAfterMs: waitMs });
  }
  return new StoreError(`${said}, expected credentials with the right to do so`, "hold");
}
