/**
 * Pure. Endpoint URLs: what each scheme takes, what it refuses and in which words, and that secrets
 * never show.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { UsageError } from "../errors.ts";
import { endpointName, type KafkaEndpoint } from "./endpoint.ts";
import { parseEndpoint, parseSource, parseStore } from "./endpoint_url.ts";

const NO_SECRETS = { password: undefined, influxToken: undefined };
const TLS = { caFile: undefined, certFile: undefined, keyFile: undefined };

function refusal(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  return "";
}

describe("sources", () => {
  test("kafka with several brokers", () => {
    expect(parseSource("kafka://a:9092,b,[::1]:9093/metrics?group=g%201", NO_SECRETS)).toEqual({
      scheme: "kafka",
      brokers: [{ host: "a", port: 9092 }, { host: "b", port: 9092 }, { host: "::1", port: 9093 }],
      topic: "metrics",
      group: "g 1",
      format: undefined,
      security: { tls: undefined, sasl: undefined },
    });
  });

  test("kafkas with SASL and files", () => {
    const url = "kafkas://u:p%40ss@a:1/t?ca=/ca.pem&cert=/c.pem&key=/k.pem&mechanism=scram-sha-256";
    const source = parseSource(url, NO_SECRETS);
    expect(source).toHaveProperty("security", {
      tls: {
        caFile: "/ca.pem",
        certFile: "/c.pem",
        keyFile: "/k.pem",
        verify: true,
        verifyGiven: true,
      },
      sasl: { user: "u", password: "p@ss", mechanism: "scram-sha-256" },
    });
    expect(endpointName(source)).toBe("kafkas://a:1/t");
  });

  test.each([
    ["amqp://h", "/"],
    ["amqp://h/", "/"],
    ["amqp://h/%2F", "/"],
    ["amqp://h/nova", "nova"],
    ["rabbit://h/a%2Fb", "a/b"],
    ["rabbit://h//", "/"],
  ])("%s has the vhost %s", (url, vhost) => {
    expect(parseSource(url, NO_SECRETS)).toMatchObject({ scheme: "amqp", vhost });
  });

  test("amqp with hosts of their own credentials", () => {
    const url = "rabbit://u:p@a:1,v:q@b/x?exchange=nova&exchange=glance&topic=n";
    expect(parseSource(url, NO_SECRETS)).toEqual({
      scheme: "amqp",
      hosts: [
        { host: "a", port: 1, credentials: { user: "u", password: "p" } },
        { host: "b", port: 5672, credentials: { user: "v", password: "q" } },
      ],
      vhost: "x",
      exchanges: ["nova", "glance"],
      topics: ["n"],
      tls: undefined,
    });
    expect(parseSource("amqps://h", NO_SECRETS)).toMatchObject({
      hosts: [{ port: 5671 }],
      tls: TLS,
    });
  });

  test.each([
    ["file:///a%20b.json", "/a b.json"],
    ["/a%20b.json", "/a%20b.json"],
    ["a.json", "a.json"],
    ["-", "-"],
    ["C:\\x.json", "C:\\x.json"],
    ["odd:name", "odd:name"],
  ])("%s is the file %s", (text, path) => {
    expect(parseSource(text, NO_SECRETS)).toEqual({ scheme: "file", path });
  });
});

describe("stores", () => {
  test("influxdb", () => {
    const store = parseStore("influxdbs://u@h/mon?ca=/ca.pem", { ...NO_SECRETS, password: "p" });
    expect(store).toEqual({
      scheme: "influxdb",
      host: "h",
      port: 8086,
      tls: { ...TLS, caFile: "/ca.pem", verify: true, verifyGiven: true },
      credentials: { user: "u", password: "p" },
      database: "mon",
      databasePerTenant: false,
      newDatabaseRetentionHours: 0,
      requestLinesMax: 5000,
      gzip: "auto",
    });
    expect(endpointName(store)).toBe("influxdbs://h:8086/mon");
  });

  test("influxdb2 takes its token from the environment", () => {
    const store = parseStore("influxdb2://h:1/b?org=o", { ...NO_SECRETS, influxToken: "t" });
    expect(store).toMatchObject({ scheme: "influxdb2", bucket: "b", org: "o", token: "t" });
  });

  test("elasticsearch with several nodes", () => {
    const store = parseStore("elasticsearch://a,b:9201/events", NO_SECRETS);
    expect(endpointName(store)).toBe("elasticsearch://a:9200,b:9201/events");
  });

  test.each([
    ["sqlite:x.db", "x.db"],
    ["sqlite:/x.db", "/x.db"],
    ["sqlite:///x.db", "/x.db"],
    ["line:-", "-"],
    ["documents:out?.ndjson", "out?.ndjson"],
  ])("%s is the path %s", (text, path) => {
    expect(parseStore(text, NO_SECRETS)).toMatchObject({ path });
  });

  test("null", () => {
    expect(parseStore("null:", NO_SECRETS)).toEqual({ scheme: "null" });
  });
});

describe("what is refused says what was found and what was expected", () => {
  test.each([
    ["influx://h/mon", "the scheme 'influx' is unknown, expected 'influxdb'"],
    ["influxdb://h", "it names no database, expected influxdb://user@host:8086/database"],
    ["influxdb://a,b/x", "it needs one host"],
    ["influxdb://u@h/x", "it has a user and no password, expected the password in TPCTL_PASSWORD"],
    ["influxdb://h/x?cs=/ca", "the option 'cs' is unknown"],
    ["influxdb://h/x?ca=/ca", "ca, cert and key are for TLS, expected influxdbs://"],
    ["influxdbs://h/x?cert=/c", "cert and key go together, expected both or none"],
    ["influxdb://h:0/x", "'h:0' has a wrong port"],
    ["influxdb2://t@h/b", "it has a user, expected the token in TPCTL_INFLUX_TOKEN"],
    ["kafka://h", "it names no topic"],
    ["kafka:///t", "it names no host"],
    ["kafka://h/t?mechanism=PLAIN", "it has a mechanism and no user, expected kafka://user@"],
    ["kafka://h/t?mechanism=MD5", "the mechanism 'MD5' is unknown, expected PLAIN"],
    ["sqlite:", "it names no path"],
    ["null:x", "it takes nothing behind the colon"],
    ["influxdb://h/%zz", "its path is not percent-encoded"],
    ["amqp://h/", "'amqp' is not a store"],
    ["x.db", "it has no scheme, expected sqlite:x.db"],
    ["nowhere", "it has no scheme, expected kafka, kafkas, influxdb, "],
  ])("%s", (url, expected) => {
    expect(refusal(() => parseStore(url, NO_SECRETS))).toContain(expected);
  });

  test("sources", () => {
    expect(refusal(() => parseSource("sqlite:x.db", NO_SECRETS))).toContain("is not a source");
    expect(refusal(() => parseSource("kafak://h/t", NO_SECRETS))).toContain("expected 'kafka'");
    expect(refusal(() => parseSource("kafka://h/t?grop=x", NO_SECRETS))).toContain("'group'");
    expect(refusal(() => parseSource("", NO_SECRETS))).toContain("it is empty");
  });

  test("what can be looked at is both", () => {
    expect(parseEndpoint("sqlite:x.db", NO_SECRETS).scheme).toBe("sqlite");
    expect(parseEndpoint("amqp://h", NO_SECRETS).scheme).toBe("amqp");
    expect(parseEndpoint("-", NO_SECRETS)).toEqual({ scheme: "file", path: "-" });
  });
});

const schemes = fc.constantFrom("influxdb", "influxdbs", "kafka", "elasticsearch", "influxdb2");

test("a password is in no name and no error", () => {
  const password = fc.string({ minLength: 8, maxLength: 20 }).map((text) => `s3cret${text}`);
  fc.assert(fc.property(schemes, password, fc.string(), (scheme, secret, path) => {
    const url = `${scheme}://user:${encodeURIComponent(secret)}@h:1/${path}`;
    let shown = "";
    shown = refusal(() => {
      shown = endpointName(parseStore(url, NO_SECRETS));
    }) || shown;
    expect(shown).not.toContain("s3cret");
  }));
});

test.each([
  "influxdb://user:s3?cret@h/db",
  "influxdb://user:s3/x?cret@h/db",
  "influxdb://user:s3?a=cret@h/db",
  "influxdb://user:x@s3?cret@h/db",
  "influxdb:user:s3cret@h/db",
  "influxdb:/user:s3cret@h/db",
  "influx://user:s3cret@h/db?cret",
])("no part of the password in %s is shown", (url) => {
  const shown = refusal(() => parseStore(url, NO_SECRETS));
  expect(shown).toStartWith("Cannot use the store 'influx");
  expect(shown).not.toContain("s3");
  expect(shown).not.toContain("cret");
});

test("an '@' in an option is no password's", () => {
  const { group } = parseSource("kafka://[::1]:1,b:2/t?group=a@b", NO_SECRETS) as KafkaEndpoint;
  expect(group).toBe("a@b");
});

test("user, password, database survive percent-encoding", () => {
  fc.assert(fc.property(
    fc.string({ unit: "grapheme", minLength: 1 }),
    fc.string({ unit: "grapheme" }),
    fc.string({ unit: "grapheme", minLength: 1 }),
    (user, password, database) => {
      const [u, p, d] = [user, password, database].map(encodeURIComponent);
      expect(parseStore(`influxdb://${u}:${p}@h/${d}`, NO_SECRETS)).toMatchObject({
        credentials: { user, password },
        database,
      });
    },
  ));
});
