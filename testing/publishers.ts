/**
 * Pure. Publishers for tests: made from a URL as a pipeline makes them, with settings as an untouched
 * ceilometer.conf gives them and `secret` as the secret.
 */
import type { PublisherSettings } from "../core/config/pipeline_config.ts";
import { parsePublisherUrl } from "../core/config/publisher_url.ts";
import { systemClock } from "../core/clock.ts";
import { type Log, silentLog } from "../core/log/log.ts";
import { createMetrics } from "../core/observe/metrics.ts";
import type { Publisher, PublisherKind } from "../core/pipeline/publisher.ts";
import type { Carried } from "./publisher_conformance.ts";

/** What a test may replace. */
export interface MakeOptions {
  readonly settings?: Partial<PublisherSettings>;
  readonly carries?: Carried;
  readonly log?: Log;
}

/** What most publishers want of ceilometer.conf. */
export type PlainSettings = Pick<
  PublisherSettings,
  "telemetrySecret" | "host" | "parallelRequestsMax" | "searchFolders"
>;

const plainSettings: PlainSettings = {
  telemetrySecret: "secret",
  host: "tphost",
  parallelRequestsMax: 64,
  searchFolders: [],
};

/** A publisher of the kind; throws what `create` throws. */
export function makePublisher(
  kind: PublisherKind<PublisherSettings>,
  url: string,
  { settings = {}, carries = "samples", log = silentLog }: MakeOptions = {},
): Publisher {
  return kind.create(parsePublisherUrl(url), {
    // Sections that the kind does not read are left out; reading one fails as a test should.
    settings: { ...plainSettings, ...settings } as PublisherSettings,
    carries,
    log,
    clock: systemClock,
    registry: createMetrics(),
  });
}

/** A log that keeps its lines as `level: message`. */
export function keepingLog(lines: string[]): Log {
  const keep = (level: string) => (message: string): void =>
    void lines.push(`${level}: ${message}`);
  return {
    debug: keep("debug"),
    info: keep("info"),
    warning: keep("warning"),
    error: keep("error"),
    critical: keep("critical"),
    named: () => keepingLog(lines),
  };
}

/** Waits until `count` things are there, at most 4 s; then, a moment for one too many. */
export async function waitForCount(things: readonly unknown[], count: number): Promise<void> {
  for (let waits = 0; things.length < count && waits < 800; waits++) await Bun.sleep(5);
  await Bun.sleep(20);
}
