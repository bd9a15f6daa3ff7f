/**
 * Pure. Where Ceilometer's publishers for collectors send to: `scheme://host:port` without options.
 */
import { ConfigError } from "../errors.ts";
import type { PublisherKind, PublisherUrl } from "../pipeline/publisher.ts";
import { readPublisherOptions } from "./publisher_options.ts";
import { shownUrl } from "./publisher_url.ts";

/** Ceilometer's port of collectors. */
const portDefault = 4952;

/** Who is sent to. */
export interface CollectorAddress {
  /** As it is shown. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

/** Throws ConfigError where the URL names no host, or an option. */
export function readCollectorAddress(
  url: PublisherUrl,
  kind: Pick<PublisherKind<never>, "schemes" | "options" | "unknownOptions">,
): CollectorAddress {
  const name = shownUrl(url.text);
  const [problem] = readPublisherOptions(url, kind).errors;
  if (problem !== undefined) throw new ConfigError(problem.text);
  if (url.host === "") {
    throw new ConfigError(
      `Cannot use the publisher '${name}': it names no host, expected ${url.scheme}://host:port`,
    );
  }
  return { name, host: url.host, port: url.port ?? portDefault };
}
