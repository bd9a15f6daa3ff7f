/**
 * Edge (code loading). The table of publishers: which scheme is which file. A file is loaded when a
 * configuration names its scheme, and not before.
 */
import { didYouMean } from "../core/config/suggest.ts";
import type { PublisherSettings } from "../core/config/pipeline_config.ts";
import { ConfigError, type Place } from "../core/errors.ts";
import type { PublisherKind } from "../core/pipeline/publisher.ts";

/** A kind of publisher as the pipeline works with it. */
export type Kind = PublisherKind<PublisherSettings>;

const table: Readonly<Record<string, () => Promise<Kind>>> = {
  file: () => import("./file.ts").then(({ fileKind }) => fileKind),
  gnocchi: () => import("./gnocchi.ts").then(({ gnocchiKind }) => gnocchiKind),
  http: () => import("./http.ts").then(({ httpKind }) => httpKind),
  https: () => import("./http.ts").then(({ httpKind }) => httpKind),
  influxdb: () => import("./influxdb.ts").then(({ influxdbKind }) => influxdbKind),
  influxdbs: () => import("./influxdb.ts").then(({ influxdbKind }) => influxdbKind),
  influxdb2: () => import("./influxdb.ts").then(({ influxdbKind }) => influxdbKind),
  influxdb2s: () => import("./influxdb.ts").then(({ influxdbKind }) => influxdbKind),
  kafka: () => import("./kafka.ts").then(({ kafkaKind }) => kafkaKind),
  kafkas: () => import("./kafka.ts").then(({ kafkaKind }) => kafkaKind),
  monasca: () => import("./monasca.ts").then(({ monascaKind }) => monascaKind),
  notifier: () => import("./notifier.ts").then(({ notifierKind }) => notifierKind),
  opentelemetryhttp: () =>
    import("./opentelemetryhttp.ts").then(({ opentelemetryhttpKind }) => opentelemetryhttpKind),
  otlphttp: () => import("./otlphttp.ts").then(({ otlphttpKind }) => otlphttpKind),
  prometheus: () => import("./prometheus.ts").then(({ prometheusKind }) => prometheusKind),
  remotewrite: () => import("./remotewrite.ts").then(({ remotewriteKind }) => remotewriteKind),
  sqlite: () => import("./sqlite.ts").then(({ sqliteKind }) => sqliteKind),
  tcp: () => import("./tcp.ts").then(({ tcpKind }) => tcpKind),
  test: () => import("./test.ts").then(({ testKind }) => testKind),
  udp: () => import("./udp.ts").then(({ udpKind }) => udpKind),
  zaqar: () => import("./zaqar.ts").then(({ zaqarKind }) => zaqarKind),
};

/** All schemes, in the order of the table. */
export const publisherSchemes: readonly string[] = Object.keys(table);

/** The kind of a scheme; rejects with a ConfigError for one that nobody knows. */
export async function loadPublisherKind(scheme: string, place?: Place): Promise<Kind> {
  const load = Object.hasOwn(table, scheme) ? table[scheme] : undefined;
  if (load !== undefined) return await load();
  const hint = didYouMean(scheme, publisherSchemes);
  throw new ConfigError(
    `Cannot use the publisher scheme '${scheme}': it is unknown` +
      (hint === "" ? `, expected one of ${publisherSchemes.join(", ")}` : hint),
    place,
  );
}

/** Every kind once, in the order of its first scheme, for tables and checks. */
export async function loadPublisherKinds(): Promise<readonly Kind[]> {
  return [
    ...new Set(await Promise.all(publisherSchemes.map((scheme) => loadPublisherKind(scheme)))),
  ];
}
