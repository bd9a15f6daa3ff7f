/**
 * Pure. A service's endpoint in the catalogue that comes with a token.
 */
import type { CatalogEndpoint } from "./token.ts";

/** Which service is wanted. */
export interface ServiceQuery {
  /** `metric`, `identity`, `monitoring`, `messaging`. */
  readonly type: string;
  /** Preferred where several services have the type. */
  readonly name?: string;
}

/** Where it is to be found. */
export interface EndpointChoice {
  readonly interface: string;
  /** Undefined: any region, the first in the catalogue. */
  readonly regionName: string | undefined;
}

/** The URL without a slash at its end, or why there is none. */
export function findEndpoint(
  catalog: readonly CatalogEndpoint[],
  service: ServiceQuery,
  choice: EndpointChoice,
): { readonly url: string } | { readonly why: string } {
  const found = catalog.filter((endpoint) =>
    endpoint.type === service.type && endpoint.interface === choice.interface &&
    (choice.regionName === undefined || endpoint.region === choice.regionName)
  );
  const endpoint = found.find((each) => each.service === service.name) ?? found[0];
  if (endpoint !== undefined && endpoint.url !== "") {
    return { url: endpoint.url.replace(/\/+$/, "") };
  }
  const region = choice.regionName === undefined ? "" : ` in region '${choice.regionName}'`;
  const others = catalog.filter(({ type }) => type === service.type)
    .map((each) => `${each.interface} in ${each.region}`);
  const types = [...new Set(catalog.map(({ type }) => type))];
  const has = others.length > 0
    ? `only ${others.join(", ")}`
    : types.length > 0
    ? `it has ${types.join(", ")}`
    : "it is empty, as it is for a token without a project";
  return {
    why: `the catalogue has no ${choice.interface} endpoint of type '${service.type}'${region} ` +
      `(${has})`,
  };
}
