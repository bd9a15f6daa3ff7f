/**
 * Pure. The reaction table of InfluxDB 2.x and 3.x: every answer to /api/v2/write that is not 204.
 *
 * Errors are `{"code", "message"}`; the message stands in the table where the code says too little.
 * Examples are InfluxDB 2.7.12's own answers unless said.
 */
import type { ExampleAnswer, ReactionRow } from "./reactions.ts";

function error(status: number, code: string, message: string): ExampleAnswer {
  return { status, body: JSON.stringify({ code, message }) };
}

const partial = "failure writing points to database: partial write: ";

/** Answers to a write that are not 204; the first row that holds decides. */
export const reactions2: readonly ReactionRow[] = [
  {
    name: "200 from something else",
    status: [100, 299],
    reaction: "hold",
    expected: "204 from an InfluxDB 2.x or 3.x at this address",
    examples: [{ status: 200, body: "<html>It works!</html>" }, { status: 201, body: "{}" }],
  },
  {
    name: "redirect",
    status: [300, 399],
    reaction: "hold",
    expected: "the InfluxDB itself at this address (redirects are not followed)",
    examples: [{ status: 301, body: "", headers: { Location: "http://elsewhere.invalid/" } }],
  },
  {
    name: "no organization named",
    status: [400, 400],
    code: "invalid",
    words: /^Please provide either orgID or org$/,
    reaction: "hold",
    expected: "the organization in [influxdb2]",
    examples: [error(400, "invalid", "Please provide either orgID or org")],
  },
  {
    name: "no TLS, or a proxy's page",
    status: [400, 400],
    structured: false,
    words: /^\s*<|^Client sent an HTTP request to an HTTPS server/,
    reaction: "hold",
    expected: "an InfluxDB 2.x or 3.x at this address (influxdb2s:// where it speaks TLS)",
    examples: [
      { status: 400, body: "Client sent an HTTP request to an HTTPS server.\n" },
      {
        status: 400,
        body: "<html><title>400 The plain HTTP request was sent to HTTPS port</title>",
      },
    ],
  },
  {
    name: "refused, nothing stored",
    status: [400, 400],
    reaction: "bisect",
    examples: [
      error(400, "invalid", "unable to parse 'bad line here': invalid field format"),
      error(400, "invalid", "unable to parse 'm v=NaN': invalid number"),
      error(
        400,
        "invalid",
        "unable to parse 'm v=1 99999999999999999999': strconv.ParseInt: parsing " +
          '"99999999999999999999": value out of range',
      ),
      error(
        400,
        "invalid",
        `unable to parse 'm,time=1 v=1': cannot use reserved tag key "time"`,
      ),
      // InfluxDB 3 Core, as its documentation shows it: the good lines are stored.
      {
        status: 400,
        body: JSON.stringify({
          error: "partial write of line protocol occurred",
          data: [{ original_line: "m v=x", line_number: 2, error_message: "invalid field value" }],
        }),
      },
    ],
  },
  {
    name: "token",
    status: [401, 401],
    reaction: "hold",
    expected: "a token that this server knows (TPCTL_INFLUX_TOKEN or [influxdb2] token_file)",
    examples: [error(401, "unauthorized", "unauthorized access")],
  },
  {
    name: "permissions",
    status: [403, 403],
    reaction: "hold",
    expected: "a token that may do so",
    examples: [error(403, "forbidden", "insufficient permissions for write")],
  },
  {
    name: "organization not found",
    status: [404, 404],
    code: "not found",
    words: /^organization /,
    reaction: "hold",
    expected: "an organization that exists in [influxdb2]",
    examples: [error(404, "not found", 'organization name "nope" not found')],
  },
  {
    name: "bucket not found",
    status: [404, 404],
    code: "not found",
    words: /^bucket /,
    reaction: "create",
    examples: [
      error(404, "not found", 'bucket "nope" not found'),
      error(404, "not found", "bucket not found"),
    ],
  },
  {
    name: "nothing there",
    status: [404, 405],
    reaction: "hold",
    expected: "an InfluxDB 2.x or 3.x at this address",
    examples: [
      { status: 404, body: "404 page not found\n", headers: { "Content-Type": "text/plain" } },
      error(404, "not found", "path not found"),
      error(405, "method not allowed", "allow: GET"),
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
    examples: [
      error(413, "request too large", "unable to read data: points batch is too large"),
    ],
  },
  {
    name: "beyond retention",
    status: [422, 422],
    // The same sentence names a write window where one is set: that is no expiry.
    words:
      /^(failure writing points to database: )?partial write: dropped \d+ points outside retention policy .* violates a Retention Policy Lower Bound at \S+( dropped=.*)?$/s,
    reaction: "expired",
    examples: [
      error(
        422,
        "unprocessable entity",
        `${partial}dropped 1 points outside retention policy of duration 1h0m0s - oldest point m at ` +
          "2001-09-09T01:46:40Z dropped because it violates a Retention Policy Lower Bound at " +
          "2026-11-22T20:00:00Z, newest point m at 2001-09-09T01:46:40Z dropped because it violates " +
          "a Retention Policy Lower Bound at 2026-11-22T20:00:00Z dropped=1 for database: " +
          "ff31a4bb1b5c2d9f for retention policy: autogen",
      ),
    ],
  },
  {
    name: "refused in part",
    status: [422, 422],
    reaction: "bisect",
    examples: [
      error(
        422,
        "unprocessable entity",
        `${partial}field type conflict: input field "v" on measurement "m2" is type string, already ` +
          "exists as type float dropped=2",
      ),
      error(
        422,
        "unprocessable entity",
        `${partial}invalid field name: input field "time" on measurement "m" is invalid dropped=1`,
      ),
    ],
  },
  {
    name: "too many requests, quota",
    status: [429, 429],
    reaction: "retry",
    // InfluxDB Cloud, as its documentation shows it.
    examples: [
      {
        ...error(429, "too many requests", "org 04 has exceeded limited_write plan limit"),
        headers: { "Retry-After": "30" },
      },
    ],
  },
  {
    name: "other refusals",
    status: [402, 499],
    reaction: "bisect",
    examples: [{ status: 415, body: "no" }, error(409, "conflict", "no")],
  },
  {
    name: "overload",
    status: [503, 503],
    reaction: "retry",
    examples: [
      { ...error(503, "unavailable", "busy"), headers: { "Retry-After": "3" } },
      error(503, "unavailable", "busy"),
    ],
  },
  {
    name: "outage",
    status: [500, 999],
    reaction: "retry",
    // The first is also what a request that is no gzip gets: the server gives no other sign.
    examples: [
      error(500, "internal error", "An internal error has occurred - check server logs"),
      error(
        500,
        "internal error",
        "unexpected error writing points to database: timeout",
      ),
      { status: 502, body: "<html>Bad Gateway</html>" },
      { status: 504, body: "" },
    ],
  },
];

/**
 * Answers to making a bucket, before the rows above. That it is there already (422 conflict) is no error
 * and never gets here.
 */
export const creation2: readonly ReactionRow[] = [
  {
    name: "success that made no bucket",
    status: [200, 299],
    reaction: "hold",
    expected: "an InfluxDB 2.x at this address",
    examples: [{ status: 200, body: "{}" }],
  },
  {
    name: "name not allowed",
    status: [400, 400],
    code: "invalid",
    reaction: "bisect",
    examples: [
      error(400, "invalid", "bucket name _x is invalid. Buckets may not start with underscore"),
    ],
  },
];

/** Answers to finding the organization's id, which a bucket is made with, before the rows above. */
export const organization2: readonly ReactionRow[] = [
  {
    name: "organization not shown",
    status: [200, 299],
    reaction: "hold",
    expected: "the bucket to be created by hand, or a token that may read its organization",
    examples: [{ status: 200, body: '{"links":{"self":"/api/v2/orgs"},"orgs":[]}' }],
  },
];

/**
 * Before both where each tenant has a bucket of its own: one that is missing holds no other. The token
 * was good for a write a moment ago.
 */
export const tenantCreation2: readonly ReactionRow[] = [
  {
    name: "no right to create",
    status: [401, 403],
    reaction: "hold_destination",
    expected: "the bucket to be created by hand, or a token with that right",
    examples: [error(401, "unauthorized", "write:orgs/f4f4affc91ea1e1e/buckets is unauthorized")],
  },
  {
    name: "organization not shown",
    status: [200, 200],
    words: /"orgs":\s*\[\s*\]/,
    reaction: "hold_destination",
    expected: "the bucket to be created by hand, or a token that may read its organization",
    examples: [{ status: 200, body: '{"links":{"self":"/api/v2/orgs"},"orgs":[]}' }],
  },
];
