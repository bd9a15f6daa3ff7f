/**
 * Edge (net). Elasticsearch and OpenSearch: a bulk request of nothing to each node, which passes
 * credentials and routing and stores nothing. One that works refuses it with 400.
 */
import { endpointName, hostPortText } from "../config/endpoint.ts";
import { StoreError } from "../delivery/writer.ts";
import { bulkPath } from "../elasticsearch/bulk.ts";
import { authorizationOf } from "../elasticsearch/writer.ts";
import { sendRequest } from "../http/request.ts";
import { readTls } from "../http/tls.ts";
import type { SearchFarEnd } from "./far_end.ts";
import type { LookDeps } from "./look_influxdb.ts";
import { connectionRemark, type Remark, statusRemark } from "./remark.ts";

/** Rejects with a ConfigError for a file that cannot be used. */
export async function lookAtSearch(
  { endpoint }: SearchFarEnd,
  { timeoutMs, signal }: LookDeps,
): Promise<readonly Remark[]> {
  const tls = await readTls(endpoint.tls);
  const scheme = endpoint.tls === undefined ? "http" : "https";
  const headers = { "Content-Type": "application/x-ndjson", ...authorizationOf(endpoint) };
  const looks = endpoint.nodes.map(async (node): Promise<Remark[]> => {
    const name = endpointName({ ...endpoint, nodes: [node] });
    const url = `${scheme}://${hostPortText(node)}${bulkPath}`;
    const farEnd = { name, tlsOptions: "[tpctl] elasticsearch_ca_file" };
    try {
      const request = { method: "POST", url, headers, body: "" } as const;
      const answer = await sendRequest(request, { farEnd, tls, timeoutMs, signal });
      return answer.status === 400 ? [] : [statusRemark(answer, `write to '${name}'`)];
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      return [connectionRemark(error)];
    }
  });
  return (await Promise.all(looks)).flat();
}
