/**
 * Edge (net, clock). Looks at far ends: several at once within a bound, each within the time limit, the
 * same one once. What is asked changes nothing anywhere.
 */
import type { Clock } from "../clock.ts";
import { ConfigError } from "../errors.ts";
import type { FarEnd } from "./far_end.ts";
import type { Remark } from "./remark.ts";

/** Looks under way at once. */
const looksMax = 8;

/** What looking needs from outside. */
export interface LookOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
}

/** The remarks on each far end, in order. */
export async function lookAtAll(
  farEnds: readonly FarEnd[],
  options: LookOptions,
): Promise<readonly (readonly Remark[])[]> {
  const keys = farEnds.map((farEnd) => JSON.stringify(farEnd));
  const waiting = [...new Map(farEnds.map((farEnd, i) => [keys[i] ?? "", farEnd]))];
  const found = new Map<string, readonly Remark[]>();
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [key, farEnd] = next;
      found.set(key, await lookWithin(farEnd, options));
    }
  };
  await Promise.all(Array.from({ length: looksMax }, work));
  return keys.map((key) => found.get(key) ?? []);
}

/** What has a name is said by the client itself; the limit here holds where none of its own does. */
async function lookWithin(
  farEnd: FarEnd,
  { clock, timeoutMs }: LookOptions,
): Promise<readonly Remark[]> {
  const over = new AbortController();
  const slept = new AbortController();
  const late = clock.sleep(timeoutMs, slept.signal).then((): readonly Remark[] => {
    over.abort();
    const text = `Cannot reach '${nameOf(farEnd)}': no answer within ${timeoutMs / 1000} s, ` +
      "expected one, or a longer --timeout";
    return [{ rule: "online/unreachable", about: "address", text }];
  });
  try {
    return await Promise.race([look(farEnd, { clock, timeoutMs, signal: over.signal }), late]);
  } catch (error) {
    // A file or an option that cannot be used: the check of the files says it.
    if (!(error instanceof ConfigError)) throw error;
    return [];
  } finally {
    slept.abort();
  }
}

/** Each client's code is loaded when something is to be looked at by it. */
async function look(
  farEnd: FarEnd,
  deps: LookOptions & { readonly signal: AbortSignal },
): Promise<readonly Remark[]> {
  switch (farEnd.kind) {
    case "kafka":
      return await (await import("./look_kafka.ts")).lookAtKafka(farEnd, deps);
    case "influxdb":
      return await (await import("./look_influxdb.ts")).lookAtInfluxdb(farEnd, deps);
    case "elasticsearch":
      return await (await import("./look_search.ts")).lookAtSearch(farEnd, deps);
    case "rabbit":
      return await (await import("./look_rabbit.ts")).lookAtRabbit(farEnd, deps);
    case "openstack":
      return await (await import("./look_openstack.ts")).lookAtOpenStack(farEnd, deps);
    case "http":
      return await (await import("./look_net.ts")).lookAtHttp(farEnd, deps);
    case "tcp":
    case "udp":
      return await (await import("./look_net.ts")).lookAtSocket(farEnd, deps);
  }
}

function nameOf(farEnd: FarEnd): string {
  switch (farEnd.kind) {
    case "kafka":
      return `kafka://${farEnd.brokers.map(({ host, port }) => `${host}:${port}`).join(",")}`;
    case "influxdb":
      return `${farEnd.endpoint.scheme}://${farEnd.endpoint.host}:${farEnd.endpoint.port}`;
    case "elasticsearch":
      return farEnd.endpoint.nodes.map(({ host, port }) => `${host}:${port}`).join(",");
    case "rabbit":
      return farEnd.access.transport.hosts.map(({ host, port }) => `${host}:${port}`).join(",");
    case "openstack": {
      const { credentials } = farEnd;
      return "authUrl" in credentials ? credentials.authUrl : `[${credentials.section}]`;
    }
    case "http":
      return farEnd.name;
    default:
      return `${farEnd.kind}://${farEnd.host}:${farEnd.port}`;
  }
}
