/**
 * Pure. Credentials as keystoneauth1 reads them from a section: what of it is used, as plain data.
 * Getting tokens with them is core/keystone.
 */
import type { Tls } from "./endpoint.ts";

/** How to reach services besides the credentials themselves. */
interface KeystoneSession {
  /** The section's name, for messages. */
  readonly section: string;
  readonly regionName: string | undefined;
  /** Of the service catalogue. */
  readonly interface: "public" | "internal" | "admin";
  readonly tls: Tls;
  /** Undefined: the caller's own. */
  readonly timeoutMs: number | undefined;
}

/** `password` and `v3password`. Of each pair of id and name one may be missing, or both. */
export interface PasswordCredentials extends KeystoneSession {
  readonly authType: "password";
  readonly authUrl: string;
  readonly userId: string | undefined;
  readonly userName: string | undefined;
  readonly userDomainId: string | undefined;
  readonly userDomainName: string | undefined;
  readonly password: string;
  readonly projectId: string | undefined;
  readonly projectName: string | undefined;
  readonly projectDomainId: string | undefined;
  readonly projectDomainName: string | undefined;
  /** The scope where there is no project. */
  readonly domainId: string | undefined;
  readonly domainName: string | undefined;
  /** `all`, or undefined. */
  readonly systemScope: string | undefined;
}

/** `v3applicationcredential`. */
export interface ApplicationCredentials extends KeystoneSession {
  readonly authType: "applicationCredential";
  readonly authUrl: string;
  readonly id: string | undefined;
  readonly name: string | undefined;
  readonly secret: string;
  /** Needed with `name` only. */
  readonly userId: string | undefined;
  readonly userName: string | undefined;
  readonly userDomainId: string | undefined;
  readonly userDomainName: string | undefined;
}

/** `gnocchi-basic`: no Keystone at all. */
export interface BasicCredentials extends KeystoneSession {
  readonly authType: "basic";
  readonly user: string;
  readonly endpoint: string;
}

/** The section is empty or lacks what its type needs; an error only for who needs it. */
export interface NoCredentials extends KeystoneSession {
  readonly authType: "none";
  /** What is missing: "auth_url is not set". */
  readonly why: string;
}

/** One section of credentials. */
export type KeystoneConfig =
  | PasswordCredentials
  | ApplicationCredentials
  | BasicCredentials
  | NoCredentials;
