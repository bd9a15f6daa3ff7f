/**
 * Edge (net). A gnocchi:// publisher as the pipeline makes it, for tests: credentials for a real
 * Keystone or gnocchi-basic, and a log that is written down.
 */
import { type Clock, systemClock } from "../core/clock.ts";
import type { KeystoneConfig, PasswordCredentials } from "../core/config/keystone_config.ts";
import { parsePublisherUrl } from "../core/config/publisher_url.ts";
import { type Log, silentLog } from "../core/log/log.ts";
import { createMetrics } from "../core/observe/metrics.ts";
import type { Publisher } from "../core/pipeline/publisher.ts";
import { gnocchiKind } from "../publishers/gnocchi.ts";

/** What differs from the defaults. */
export interface GnocchiPublisherOptions {
  /** `gnocchi://` if left out. */
  readonly url?: string;
  readonly carries?: "samples" | "events";
  readonly createResourceTypes?: boolean;
  readonly searchFolders?: readonly string[];
  readonly log?: Log;
  readonly clock?: Clock;
}

/** Connects to nothing yet. */
export function gnocchiPublisher(
  credentials: KeystoneConfig,
  options: GnocchiPublisherOptions = {},
): Publisher {
  const { url = "gnocchi://", carries = "samples", createResourceTypes = false } = options;
  return gnocchiKind.create(parsePublisherUrl(url), {
    settings: {
      gnocchi: { authSection: credentials.section, createResourceTypes },
      keystone: new Map([[credentials.section, credentials]]),
      parallelRequestsMax: 64,
      searchFolders: options.searchFolders ?? [],
    },
    carries,
    log: options.log ?? silentLog,
    clock: options.clock ?? systemClock,
    registry: createMetrics(),
  });
}

const session = {
  section: "service_credentials",
  regionName: undefined,
  interface: "public",
  tls: {
    caFile: undefined,
    certFile: undefined,
    keyFile: undefined,
    verify: true,
    verifyGiven: true,
  },
  timeoutMs: undefined,
} as const;

/** gnocchi-basic as the administrator. */
export function basicCredentials(endpoint: string): KeystoneConfig {
  return { ...session, authType: "basic", user: "admin", endpoint };
}

/** A user of the project `service`, all in the domain `default`. */
export function passwordCredentials(
  authUrl: string,
  user: { readonly name: string; readonly password: string },
): PasswordCredentials {
  return {
    ...session,
    authType: "password",
    authUrl,
    userId: undefined,
    userName: user.name,
    userDomainId: "default",
    userDomainName: undefined,
    password: user.password,
    projectId: undefined,
    projectName: "service",
    projectDomainId: "default",
    projectDomainName: undefined,
    domainId: undefined,
    domainName: undefined,
    systemScope: undefined,
  };
}

/** A log and its lines, each `level: message`. */
export function writtenLog(): { readonly log: Log; readonly lines: string[] } {
  const lines: string[] = [];
  const at = (level: string) => (message: string): void => void lines.push(`${level}: ${message}`);
  const log: Log = {
    debug: at("debug"),
    info: at("info"),
    warning: at("warning"),
    error: at("error"),
    critical: at("critical"),
    named: () => log,
  };
  return { log, lines };
}
