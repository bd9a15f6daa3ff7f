/**
 * Edge (net). Keystone sessions against a scripted Keystone: when tokens are asked for, what requests
 * say, and what answers mean. Tokens of a real Keystone are in the tests of those who use sessions.
 */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { VirtualClock } from "../../testing/virtual_clock.ts";
import { passwordCredentials } from "../../testing/gnocchi_publisher.ts";
import {
  type ScriptedAnswer,
  type ScriptedHttp,
  type ScriptedRequest,
  startScriptedHttp,
} from "../../testing/scripted_http.ts";
import { storeErrorOf } from "../../testing/writer_conformance.ts";
import type { Clock } from "../clock.ts";
import type { KeystoneConfig } from "../config/keystone_config.ts";
import { NameDirectory } from "./names.ts";
import { findProjectId } from "./projects.ts";
import { createSession, type ServiceSession } from "./session.ts";
import { identityUrl, tokenRequest } from "./token.ts";

const never = new AbortController().signal;
const user = { name: "ceilometer", password: "s3cret" };

let server: ScriptedHttp;
let tokens = 0;
/** What services answer; Keystone's tokens are answered by themselves. */
let answer: (request: ScriptedRequest) => ScriptedAnswer;

beforeEach(async () => {
  tokens = 0;
  answer = () => ({ status: 200, body: "{}" });
  server = await startScriptedHttp({
    otherwise: (request) => request.path.endsWith("/auth/tokens") ? tokenAnswer() : answer(request),
  });
});

afterEach(() => server.stop());

/** A token of 60 s, by a clock that is years behind. */
function tokenAnswer(given: Readonly<Record<string, unknown>> = {}): ScriptedAnswer {
  const endpoints = (url: string, region = "RegionOne") =>
    ["public", "internal"].map((kind) => ({ interface: kind, region_id: region, url }));
  const token = {
    issued_at: "2020-01-01T00:00:00.000000Z",
    expires_at: "2020-01-01T00:01:00.000000Z",
    catalog: [
      { type: "identity", name: "keystone", endpoints: endpoints(`${server.origin}/identity/`) },
      {
        type: "metric",
        name: "other",
        endpoints: endpoints(`${server.origin}/other/`),
      },
      {
        type: "metric",
        name: "gnocchi",
        endpoints: [
          ...endpoints(`${server.origin}/two`, "RegionTwo"),
          ...endpoints(`${server.origin}/metric/`),
        ],
      },
    ],
    project: { id: "S", name: "service", domain: { id: "default", name: "Default" } },
    ...given,
  };
  const headers = { "X-Subject-Token": `token-${++tokens}` };
  return { status: 201, headers, body: JSON.stringify({ token }) };
}

class SteppedClock implements Clock {
  ms = 0;

  now(): number {
    return this.ms;
  }

  monotonic(): number {
    return this.ms;
  }

  sleep(): Promise<void> {
    return Promise.resolve();
  }
}

function open(
  given: Partial<KeystoneConfig> = {},
  clock: Clock = new VirtualClock(),
): ServiceSession {
  const credentials = passwordCredentials(`${server.origin}/identity/v3`, user);
  const config = { ...credentials, ...given } as KeystoneConfig;
  return createSession(config, { clock, timeoutMs: 5000 });
}

const get = (session: ServiceSession) =>
  session.send({ method: "GET", url: `${server.origin}/thing` }, never);

describe("a token", () => {
  test("is asked for once, by however many at once, and sent with each request", async () => {
    const session = open();
    await Promise.all(Array.from({ length: 5 }, () => get(session)));
    await get(session);
    expect(tokens).toBe(1);
    const [asked, ...sent] = server.requests;
    expect(asked?.path).toBe("/identity/v3/auth/tokens");
    expect(sent.map(({ headers }) => headers.get("x-auth-token"))).toEqual(
      Array.from({ length: 6 }, () => "token-1"),
    );
  });

  test("is renewed before its end, by Keystone's own count of its life", async () => {
    const clock = new SteppedClock();
    const session = open({}, clock);
    await get(session);
    clock.ms = 44_000;
    await get(session);
    expect(tokens).toBe(1);
    clock.ms = 46_000;
    await get(session);
    expect(tokens).toBe(2);
  });

  test("that is refused is renewed once, and the request sent again", async () => {
    answer = ({ headers }) => ({
      status: headers.get("x-auth-token") === "token-1" ? 401 : 200,
      body: "{}",
    });
    const session = open();
    expect((await get(session)).status).toBe(200);
    expect((await get(session)).status).toBe(200);
    expect(tokens).toBe(2);
  });

  test("that is refused although it is new is the operator's matter", async () => {
    answer = () => ({ status: 401, body: "no such user here" });
    const failure = await storeErrorOf(get(open()));
    expect(tokens).toBe(2);
    expect([failure.reaction, failure.message]).toEqual([
      "hold",
      expect.stringContaining("[service_credentials]: it answered 401 no such user here"),
    ]);
  });

  test("is for everybody: one caller that gives up does not take it away", async () => {
    const session = open();
    server.freeze();
    const given = storeErrorOf(
      session.send({ method: "GET", url: server.origin }, AbortSignal.timeout(50)),
    );
    const other = get(session);
    expect((await given).reaction).toBe("retry");
    server.thaw();
    expect((await other).status).toBe(200);
    expect(tokens).toBe(1);
  });
});

test.each(
  [
    [401, "hold", "a user, password and project"],
    [403, "hold", "a user, password and project"],
    [400, "hold", "complete credentials"],
    [404, "hold", "auth_url"],
    [300, "hold", "auth_url"],
    [200, "hold", "auth_url"],
    [429, "retry", "201"],
    [500, "retry", "201"],
    [503, "retry", "201"],
  ] as const,
)("Keystone that answers %d is a %s, without the password in the text", async (status, ...want) => {
  const [reaction, expected] = want;
  const said = { error: { code: status, message: "Keystone's own words", title: "T" } };
  server.queue({ status, body: JSON.stringify(said) });
  const failure = await storeErrorOf(get(open()));
  expect([failure.reaction, failure.message]).toEqual([
    reaction,
    expect.stringContaining(expected),
  ]);
  expect(failure.message).toContain("Keystone's own words");
  expect(failure.message).not.toContain(user.password);
});

test("Keystone that is away is an outage", async () => {
  const session = open();
  await server.stop();
  expect((await storeErrorOf(get(session))).reaction).toBe("retry");
  await server.listen();
  expect((await get(session)).status).toBe(200);
});

describe("the catalogue", () => {
  const endpoint = (given: Partial<KeystoneConfig>, type = "metric") =>
    open(given).endpoint({ type, name: "gnocchi" }, never);

  test("gives the service of that type, by name, interface and region", async () => {
    expect(await endpoint({})).toBe(`${server.origin}/two`);
    expect(await endpoint({ regionName: "RegionOne" })).toBe(`${server.origin}/metric`);
    expect(await endpoint({ interface: "internal" })).toBe(`${server.origin}/two`);
    expect(await endpoint({}, "identity")).toBe(`${server.origin}/identity/v3`);
  });

  test("without the service says what it has", async () => {
    const failure = await storeErrorOf(endpoint({ interface: "admin" }));
    expect([failure.reaction, failure.message]).toEqual([
      "hold",
      expect.stringContaining("no admin endpoint of type 'metric' (only public in RegionOne"),
    ]);
    const none = await storeErrorOf(endpoint({}, "volume"));
    expect(none.message).toContain("it has identity, metric");
  });
});

test("URLs of any version, or none, are those of v3", () => {
  const urls = ["http://k:5000", "http://k:5000/", "http://k:5000/v3/", "http://k:5000/v2.0"];
  expect(urls.map(identityUrl)).toEqual(urls.map(() => "http://k:5000/v3"));
});

describe("what is asked for", () => {
  const base = { ...passwordCredentials("http://k", user), userDomainId: undefined };
  const asked = (given: Partial<typeof base>) =>
    JSON.parse(tokenRequest({ ...base, ...given })).auth;

  test("a password with a project, a domain, the system or nothing", () => {
    expect(asked({ userDomainName: "Default" })).toEqual({
      identity: {
        methods: ["password"],
        password: { user: { name: "ceilometer", domain: { name: "Default" }, password: "s3cret" } },
      },
      scope: { project: { name: "service", domain: { id: "default" } } },
    });
    expect(asked({ userId: "U" }).identity.password.user).toEqual({ id: "U", password: "s3cret" });
    expect(asked({ projectId: "P" }).scope).toEqual({ project: { id: "P" } });
    const unscoped = { projectName: undefined, projectDomainId: undefined };
    expect(asked({ ...unscoped, domainName: "D" }).scope).toEqual({ domain: { name: "D" } });
    expect(asked({ ...unscoped, systemScope: "all" }).scope).toEqual({ system: { all: true } });
    expect(asked(unscoped)).not.toHaveProperty("scope");
  });

  test("an application credential, by id or by name and user", () => {
    const { password: _, ...rest } = base;
    const config = { ...rest, authType: "applicationCredential", secret: "x" } as const;
    const named = { ...config, id: undefined, name: "n", userId: "U" };
    expect(JSON.parse(tokenRequest({ ...config, id: "I", name: undefined })).auth).toEqual({
      identity: {
        methods: ["application_credential"],
        application_credential: { id: "I", secret: "x" },
      },
    });
    expect(JSON.parse(tokenRequest(named)).auth.identity.application_credential).toEqual({
      name: "n",
      user: { id: "U" },
      secret: "x",
    });
  });
});

describe("projects and names", () => {
  test("the credentials' own project needs no question", async () => {
    const session = open();
    const query = { project: "service", domain: "Default" };
    expect(await findProjectId(session, query, never)).toBe("S");
    expect(server.requests).toHaveLength(1);
  });

  test("another one is asked for; none is none; no right to ask is a hold", async () => {
    answer = ({ path }) => ({
      status: 200,
      body: path.endsWith("/domains") ? '{"domains": [{"id": "D"}]}' : '{"projects": []}',
    });
    const query = { project: "nobody", domain: "Default" };
    expect(await findProjectId(open(), query, never)).toBeUndefined();
    answer = () => ({ status: 403, body: '{"error": {"message": "not you"}}' });
    const failure = await storeErrorOf(findProjectId(open(), query, never));
    expect([failure.reaction, failure.message]).toEqual([
      "hold",
      expect.stringContaining("not you"),
    ]);
  });

  test("names are asked for once, unknown ones too, and again when they are old", async () => {
    const clock = new SteppedClock();
    const names = new NameDirectory(open({}, clock), clock);
    answer = ({ path }) =>
      path.endsWith("/users/u")
        ? { status: 200, body: '{"user": {"name": "Ursula"}}' }
        : { status: 404, body: "{}" };
    const wanted = [{ kind: "users", id: "u" }, { kind: "projects", id: "p" }] as const;
    expect(names.known("users", "u")).toBeUndefined();
    await names.lookUp(wanted, never);
    await names.lookUp(wanted, never);
    expect([names.known("users", "u"), names.known("projects", "p")]).toEqual(["Ursula", null]);
    expect(server.requests.map(({ path }) => path).toSorted()).toEqual([
      "/identity/v3/auth/tokens",
      "/identity/v3/projects/p",
      "/identity/v3/users/u",
    ]);
    clock.ms = 600_001;
    expect(names.known("users", "u")).toBeUndefined();
  });
});
