/**
 * Pure. A token of Keystone v3: the request that asks for one, and what the answer says. Asking, and
 * keeping it, is session.ts.
 *
 * Facts: the Identity API v3 (Authentication and token management) and keystoneauth1.
 */
import { isObject, listOf, parseObject, textOf } from "./json.ts";
import type { ApplicationCredentials, PasswordCredentials } from "../config/keystone_config.ts";
import type { Answer } from "../http/answer.ts";

/** Credentials that Keystone turns into tokens. */
export type TokenCredentials = PasswordCredentials | ApplicationCredentials;

/** One endpoint of one service. */
export interface CatalogEndpoint {
  readonly type: string;
  readonly service: string;
  readonly interface: string;
  readonly region: string;
  readonly url: string;
}

/** The project that a token is for. */
export interface TokenProject {
  readonly id: string;
  readonly name: string;
  readonly domainId: string;
  readonly domainName: string;
}

/** What is kept of a token. */
export interface Token {
  readonly id: string;
  /** How long Keystone says it lasts, by Keystone's own clock; ms. */
  readonly lifetimeMs: number;
  readonly catalog: readonly CatalogEndpoint[];
  /** Undefined for a token without a project. */
  readonly project: TokenProject | undefined;
}

/** The v3 URL without a slash at its end: `auth_url` may name v3, v2.0 or no version. */
export function identityUrl(authUrl: string): string {
  const base = authUrl.replace(/\/+$/, "").replace(/\/(v3|v2\.0)$/, "");
  return `${base}/v3`;
}

/** The body of `POST /v3/auth/tokens`. */
export function tokenRequest(credentials: TokenCredentials): string {
  return JSON.stringify({ auth: authOf(credentials) });
}

function authOf(credentials: TokenCredentials): Readonly<Record<string, unknown>> {
  if (credentials.authType === "applicationCredential") {
    const { id, name, secret } = credentials;
    const named = id === undefined ? { name, user: userOf(credentials) } : { id };
    const application = { ...named, secret };
    return {
      identity: { methods: ["application_credential"], application_credential: application },
    };
  }
  const user = { ...userOf(credentials), password: credentials.password };
  const scope = scopeOf(credentials);
  return {
    identity: { methods: ["password"], password: { user } },
    ...(scope === undefined ? {} : { scope }),
  };
}

function userOf(credentials: TokenCredentials): Readonly<Record<string, unknown>> {
  const { userId, userName, userDomainId, userDomainName } = credentials;
  if (userId !== undefined) return { id: userId };
  return { name: userName, ...domainOf(userDomainId, userDomainName) };
}

function scopeOf(credentials: PasswordCredentials): Readonly<Record<string, unknown>> | undefined {
  const { projectId, projectName, projectDomainId, projectDomainName } = credentials;
  if (projectId !== undefined) return { project: { id: projectId } };
  if (projectName !== undefined) {
    return { project: { name: projectName, ...domainOf(projectDomainId, projectDomainName) } };
  }
  if (credentials.systemScope !== undefined) return { system: { all: true } };
  const domain = domainOf(credentials.domainId, credentials.domainName);
  return "domain" in domain ? domain : undefined;
}

function domainOf(
  id: string | undefined,
  name: string | undefined,
): Readonly<Record<string, unknown>> {
  if (id !== undefined) return { domain: { id } };
  return name === undefined ? {} : { domain: { name } };
}

/** The token of a 201; undefined where the answer is none of Keystone's. */
export function readToken(answer: Answer): Token | undefined {
  const id = answer.headers.get("x-subject-token");
  const token = parseObject(answer.text)?.token;
  if (id === null || !isObject(token)) return undefined;
  const [issued, expires] = [token.issued_at, token.expires_at].map((time) =>
    Date.parse(textOf(time))
  );
  const lifetimeMs = (expires ?? NaN) - (issued ?? NaN);
  if (Number.isNaN(lifetimeMs)) return undefined;
  return { id, lifetimeMs, catalog: readCatalog(token.catalog), project: readProject(token) };
}

function readCatalog(catalog: unknown): readonly CatalogEndpoint[] {
  return listOf(catalog).filter(isObject).flatMap((service) =>
    listOf(service.endpoints).filter(isObject).map((endpoint) => ({
      type: textOf(service.type),
      service: textOf(service.name),
      interface: textOf(endpoint.interface),
      region: textOf(endpoint.region_id ?? endpoint.region),
      url: textOf(endpoint.url),
    }))
  );
}

function readProject({ project }: Readonly<Record<string, unknown>>): TokenProject | undefined {
  if (!isObject(project)) return undefined;
  const domain = isObject(project.domain) ? project.domain : {};
  return {
    id: textOf(project.id),
    name: textOf(project.name),
    domainId: textOf(domain.id),
    domainName: textOf(domain.name),
  };
}
