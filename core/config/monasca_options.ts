/**
 * Pure. `[monasca]`: the options of the publisher that Ceilometer had in its tree until 2018 and of
 * ceilosca, its older form outside of it. Both are read; `auth_section` wins.
 */
import type { Tls } from "./endpoint.ts";

/** The section, times in milliseconds. */
export interface MonascaConfig {
  /** Key of the credentials in `PublisherSettings.keystone`. */
  readonly credentials: string;
  /** `verify` of the credentials' section: the CA bundle, or not to verify. */
  readonly tls: Tls;
  readonly mappingsFile: string;
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
