/**
 * Edge (net). A Monasca API for tests that lets in only who has a token of a real Keystone, as long as
 * the token lasts, and hands on each metric.
 */
import type { Keystone } from "../servers/keystone.ts";
import { HttpFarEnd, memberOf, startHttpFarEnd } from "./http_far_end.ts";
import type { Arrivals } from "./notifications.ts";

/** What the API counts besides the metrics. */
export interface MonascaApi {
  readonly farEnd: HttpFarEnd;
  /** Tokens that were shown, and requests that were turned away for theirs. */
  readonly tokens: ReadonlyMap<string, number>;
  readonly refused: () => number;
}

/** Starts it on a free port; `arrivals` takes each metric by its resource_id and value. */
export async function startMonascaApi(
  keystone: Keystone,
  arrivals: Arrivals,
): Promise<MonascaApi> {
  const tokens = new Map<string, number>();
  let refusals = 0;
  const farEnd = await startHttpFarEnd({
    take: (metric) =>
      arrivals.add(
        memberOf(memberOf(metric, "dimensions"), "resource_id"),
        memberOf(metric, "value"),
      ),
    refuse: async (request) => {
      const token = request.headers.get("x-auth-token") ?? "";
      if (!tokens.has(token)) tokens.set(token, await endOf(keystone, token));
      if ((tokens.get(token) ?? 0) > Date.now()) return undefined;
      refusals++;
      return new Response("Authentication required", { status: 401 });
    },
  });
  return { farEnd, tokens, refused: () => refusals };
}

/** When the token ends by Keystone's word, in ms since the epoch; 0 where it is none. */
async function endOf(keystone: Keystone, token: string): Promise<number> {
  const answer = await fetch(`${keystone.url}/auth/tokens`, {
    headers: { "X-Auth-Token": token, "X-Subject-Token": token },
  });
  const body: unknown = await answer.json();
  if (answer.status !== 200) return 0;
  return Date.parse(String(memberOf(memberOf(body, "token"), "expires_at")));
}
