/**
 * Pure. Which policy a publisher has for a far end that is down: what its URL says (notifier only, as
 * with the reference), else its scheme's option, else the common one.
 */
import type { PolicyConfig, PublisherPolicy } from "../config/pipeline_config.ts";
import type { PublisherUrl } from "./publisher.ts";

/** Parcels that policy `queue` keeps in memory; the reference's default. */
const queueParcelsDefault = 1024;

/** What the notifier's own words mean. */
const notifierPolicies: Readonly<Record<string, PublisherPolicy>> = {
  default: "block",
  drop: "drop",
  queue: "queue",
};

/** The policy, and how many parcels `queue` keeps. */
export function policyOf(
  url: PublisherUrl,
  config: PolicyConfig,
): { readonly policy: PublisherPolicy; readonly queueParcelsMax: number } {
  const last = (name: string): string | undefined =>
    url.scheme === "notifier" ? url.query.findLast(([one]) => one === name)?.[1] : undefined;
  const own = notifierPolicies[last("policy") ?? ""];
  const length = Number(last("max_queue_length") ?? queueParcelsDefault);
  return {
    policy: own ?? config.byScheme.get(url.scheme) ?? config.policy,
    queueParcelsMax: Number.isInteger(length) && length > 0 ? length : queueParcelsDefault,
  };
}
