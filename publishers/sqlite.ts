/**
 * Edge (sqlite files). `sqlite:path.db`: samples and events as points in a SQLite file, which `tpctl
 * tail` reads. Accepted means that the transaction is on disk.
 */
import { endpointName } from "../core/config/endpoint.ts";
import { readPublisherOptions } from "../core/config/publisher_options.ts";
import type { PublisherSettings } from "../core/config/pipeline_config.ts";
import { ConfigError } from "../core/errors.ts";
import type {
  Publisher,
  PublisherDeps,
  PublisherKind,
  PublisherOption,
  PublisherUrl,
} from "../core/pipeline/publisher.ts";
import { StorePublisher } from "../core/pipeline/store_publisher.ts";
import { storeOf } from "../core/pipeline/store_url.ts";
import { createSqliteWriter } from "../core/sqlite/writer.ts";

const options: readonly PublisherOption[] = [
  {
    name: "metadata",
    kind: "flag",
    help: "Samples have their metadata too, as JSON in the field metadata.",
  },
];

/** What it takes of ceilometer.conf. */
export type SqliteSettings = Pick<PublisherSettings, "secrets">;

/** `sqlite:path.db?metadata=1`. */
export const sqliteKind: PublisherKind<SqliteSettings> = {
  schemes: ["sqlite"],
  help: "Writes samples and events to a SQLite file.",
  takes: ["samples", "events"],
  options,
  unknownOptions: "error",
  concurrency: 1,
  gather: { items_max: 1000, wait_ms: 0 },
  create: createSqlitePublisher,
};

function createSqlitePublisher(
  url: PublisherUrl,
  { settings, clock }: PublisherDeps<SqliteSettings>,
): Publisher {
  const { values, errors: [problem] } = readPublisherOptions(url, sqliteKind);
  if (problem !== undefined) throw new ConfigError(problem.text);
  const own = options.map(({ name }) => name);
  const endpoint = storeOf(url, { own, secrets: settings.secrets });
  if (endpoint.scheme !== "sqlite") throw new Error(`${endpoint.scheme} is not SQLite`);
  return new StorePublisher({
    name: endpointName(endpoint),
    withMetadata: values.bool("metadata"),
    open: () => createSqliteWriter(endpoint, { clock }),
  });
}
