/**
 * Pure. The reaction table of InfluxDB 1.x: every answer to /write that is not 204.
 *
 * The server says nearly everything with status 400 and a sentence, so the sentence stands in the
 * table where it is the only sign. Examples are InfluxDB 1.6.7's own answers unless said.
 */
import type { ExampleAnswer, ReactionRow } from "./reactions.ts";

function error(status: number, text: string): ExampleAnswer {
  return { status, body: JSON.stringify({ error: text }) };
}

/** Answers to a write that are not 204; the first row that holds decides. */
export const reactions1: readonly ReactionRow[] = [
  {
    name: "200 from something else",
    status: [100, 299],
    reaction: "hold",
    expected: "204 from an InfluxDB 1.x at this address",
    examples: [
      { status: 200, body: "<html>It works!</html>" },
      { status: 200, body: '{"ok":true}' },
      { status: 202, body: "" },
    ],
  },
  {
    name: "redirect",
    status: [300, 399],
    reaction: "hold",
    expected: "the InfluxDB itself at this address (redirects are not followed)",
    examples: [{ status: 302, body: "", headers: { Location: "http://elsewhere.invalid/" } }],
  },
  {
    name: "beyond retention",
    status: [400, 400],
    structured: true,
    // 1.11 and later say it as 2.x does, and name a write window the same way: that is no expiry.
    words:
      /^partial write: (points beyond retention policy dropped=\d+$|dropped \d+ points outside retention policy .* violates a Retention Policy Lower Bound at \S+( dropped=.*)?$)/s,
    reaction: "expired",
    examples: [
      error(400, "partial write: points beyond retention policy dropped=1"),
      error(
        400,
        "partial write: dropped 1 points outside retention policy of duration 1h0m0s - oldest point m " +
          "at 2001-09-09T01:46:40Z dropped because it violates a Retention Policy Lower Bound at " +
          "2026-11-22T20:00:00Z, newest point m at 2001-09-09T01:46:40Z dropped because it violates " +
          "a Retention Policy Lower Bound at 2026-11-22T20:00:00Z dropped=1",
      ),
    ],
  },
  {
    name: "limits",
    status: [400, 400],
    structured: true,
    words: /^partial write: max-(series-per-database|values-per-tag) limit exceeded/,
    reaction: "hold_destination",
    expected: "room in that database (raise the limit or drop series)",
    examples: [
      error(400, "partial write: max-series-per-database limit exceeded: (1) dropped=1"),
      error(
        400,
        'partial write: max-values-per-tag limit exceeded (1/1): measurement="m" tag="h" value="b" ' +
          "dropped=1",
      ),
    ],
  },
  {
    name: "compressed request unreadable",
    status: [400, 400],
    structured: true,
    words: /^(gzip: |flate: |unexpected EOF$|EOF$)/,
    reaction: "hold",
    expected: "what lies between to leave requests alone, or [tpctl] influxdb_gzip = never",
    examples: [error(400, "gzip: invalid header"), error(400, "unexpected EOF")],
  },
  {
    name: "no database named",
    status: [400, 400],
    structured: true,
    words: /^database is required$/,
    reaction: "hold",
    expected: "[influxdb] database_name to be set",
    examples: [error(400, "database is required")],
  },
  {
    name: "refused lines",
    status: [400, 400],
    structured: true,
    reaction: "bisect",
    examples: [
      error(400, "unable to parse 'm': missing fields"),
      error(
        400,
        "partial write: unable to parse 'bad line here': invalid field format\n" +
          "unable to parse 'm,h= v=1': missing tag value dropped=0",
      ),
      error(
        400,
        'partial write: field type conflict: input field "v" on measurement "m" is type string, ' +
          "already exists as type float dropped=1",
      ),
      error(
        400,
        'partial write: invalid tag key: input tag "time" on measurement "m" is invalid dropped=1',
      ),
      error(
        400,
        'partial write: invalid field name: input field "time" on measurement "m" is invalid dropped=1',
      ),
      error(
        400,
        "unable to parse 'm,h=a v=1 99999999999999': time outside range -9223372036854775806 - " +
          "9223372036854775806",
      ),
      error(400, "unable to parse 'm v=NaN': invalid number"),
      error(400, "unable to parse 'm,a=1,a=2 v=1': duplicate tags"),
      // Made of data that looks like another row's words.
      error(400, "unable to parse 'partial write: points beyond retention policy': missing fields"),
    ],
  },
  {
    name: "no TLS, or a proxy's page",
    status: [400, 400],
    structured: false,
    words: /^\s*<|^Client sent an HTTP request to an HTTPS server/,
    reaction: "hold",
    expected: "an InfluxDB 1.x at this address ([influxdb] ssl = true where it speaks TLS)",
    examples: [
      { status: 400, body: "Client sent an HTTP request to an HTTPS server.\n" },
      {
        status: 400,
        body: "<html><title>400 The plain HTTP request was sent to HTTPS port</title>",
      },
    ],
  },
  {
    name: "bad request in plain text",
    status: [400, 400],
    structured: false,
    reaction: "bisect",
    // VictoriaMetrics and proxies in front of either have no JSON form.
    examples: [{
      status: 400,
      body:
        'remoteAddr: "127.0.0.1:48382"; requestURI: /write?db=a; cannot read influx line protocol ' +
        "data: too long line: more than 262144 bytes\n",
    }],
  },
  {
    name: "credentials",
    status: [401, 401],
    reaction: "hold",
    expected:
      "a user and password that this server knows ([influxdb], or the URL and TPCTL_PASSWORD)",
    examples: [
      error(401, "unable to parse authentication credentials"),
      error(401, "authorization failed"),
      error(401, "Token is expired"),
    ],
  },
  {
    name: "grants",
    status: [403, 403],
    reaction: "hold",
    expected: "a user who has that right ([influxdb] user, or the URL's)",
    examples: [
      error(403, '"nobody" user is not authorized to write to database "t"'),
      error(
        403,
        "error authorizing query: create admin user first or disable authentication",
      ),
    ],
  },
  {
    name: "database not found",
    status: [404, 404],
    structured: true,
    words: /^database not found/,
    reaction: "create",
    examples: [error(404, 'database not found: "nope"')],
  },
  {
    name: "nothing there",
    status: [404, 405],
    reaction: "hold",
    expected: "an InfluxDB 1.x at this address",
    examples: [
      { status: 404, body: "404 page not found\n", headers: { "Content-Type": "text/plain" } },
      { status: 405, body: "Method Not Allowed" },
    ],
  },
  {
    name: "proxy wants credentials",
    status: [407, 407],
    reaction: "hold",
    expected: "a way to the server that asks for no credentials of its own",
    examples: [{ status: 407, body: "" }],
  },
  {
    name: "request took too long to arrive",
    status: [408, 408],
    reaction: "retry",
    examples: [{ status: 408, body: "" }],
  },
  {
    name: "too large",
    status: [413, 413],
    reaction: "split",
    examples: [error(413, "Request Entity Too Large")],
  },
  {
    name: "too many requests",
    status: [429, 429],
    reaction: "retry",
    examples: [
      { status: 429, body: "", headers: { "Retry-After": "7" } },
      { status: 429, body: "" },
    ],
  },
  {
    name: "other refusals",
    status: [402, 499],
    reaction: "bisect",
    examples: [error(422, "no"), { status: 415, body: "no" }],
  },
  {
    name: "retention policy not found",
    status: [500, 500],
    structured: true,
    words: /^retention policy not found/,
    reaction: "hold",
    expected: "the database to have a default retention policy",
    examples: [error(500, "retention policy not found: nope")],
  },
  {
    name: "overload",
    status: [503, 503],
    reaction: "retry",
    examples: [
      { status: 503, body: "", headers: { "Retry-After": "Wed, 21 Oct 2037 07:28:00 GMT" } },
      { status: 503, body: "request throttled, queue full\n" },
    ],
  },
  {
    name: "outage",
    status: [500, 999],
    reaction: "retry",
    examples: [
      error(500, "timeout"),
      error(500, "engine is closed"),
      { status: 502, body: "<html>Bad Gateway</html>" },
      { status: 504, body: "" },
    ],
  },
];

/**
 * Answers to CREATE DATABASE, before the rows above: 200 with an error of the statement, or refused as a
 * whole.
 */
export const creation1: readonly ReactionRow[] = [
  {
    name: "name not allowed",
    status: [200, 200],
    words: /^(invalid name|name too long)$/,
    reaction: "bisect",
    examples: [error(200, "invalid name"), error(200, "name too long")],
  },
  {
    name: "statement failed",
    status: [200, 200],
    structured: true,
    reaction: "retry",
    examples: [error(200, "write meta: no space left on device")],
  },
  {
    name: "statement not understood",
    status: [400, 400],
    structured: true,
    reaction: "bisect",
    examples: [
      error(400, "error parsing query: found nul, expected identifier at line 1, char 16"),
    ],
  },
];

/** Before both where each tenant has a database of its own: one that is missing holds no other. */
export const tenantCreation1: readonly ReactionRow[] = [
  {
    name: "no right to create",
    status: [403, 403],
    reaction: "hold_destination",
    expected: "the database to be created by hand, or a user with that right",
    examples: [
      error(
        403,
        "error authorizing query: writer not authorized to execute statement " +
          "'CREATE DATABASE t', requires admin privilege",
      ),
    ],
  },
];
