/**
 * Pure. A zaqar:// publisher as the pipeline makes it, and what a Keystone answers that knows where its
 * Zaqar is, for tests.
 */
import type { Publisher } from "../core/pipeline/publisher.ts";
import { zaqarKind } from "../publishers/zaqar.ts";
import { passwordCredentials } from "./gnocchi_publisher.ts";
import type { Carried } from "./publisher_conformance.ts";
import { makePublisher } from "./publishers.ts";
import type { ScriptedAnswer, ScriptedRequest } from "./scripted_http.ts";

/** The project of every token. */
export const zaqarProject = "pr0ject";

/** Whether a request is for a token. */
export function isTokenRequest({ path }: ScriptedRequest): boolean {
  return path.endsWith("/auth/tokens");
}

/** The token `t0ken`, with Zaqar's URL in its catalogue. */
export function tokenForZaqar(url: string): ScriptedAnswer {
  const endpoint = { interface: "public", region: "R", region_id: "R" };
  const catalog = [{ type: "messaging", name: "zaqar", endpoints: [{ ...endpoint, url }] }];
  const times = { issued_at: "2026-01-01T00:00:00Z", expires_at: "2099-01-01T00:00:00Z" };
  const domain = { id: "default", name: "Default" };
  const project = { id: zaqarProject, name: "service", domain };
  return {
    status: 201,
    headers: { "X-Subject-Token": "t0ken" },
    body: JSON.stringify({ token: { ...times, project, catalog } }),
  };
}

/** A publisher with the password `s3cret`, by a Keystone at the origin. */
export function zaqarPublisher(origin: string, url: string, carries: Carried): Publisher {
  const user = { name: "ceilometer", password: "s3cret" };
  const credentials = passwordCredentials(`${origin}/v3`, user);
  return makePublisher(zaqarKind, url, {
    carries,
    settings: {
      zaqar: { authSection: credentials.section },
      keystone: new Map([[credentials.section, credentials]]),
    },
  });
}
