/**
 * Edge (net). Stands in for InfluxDB 2.7.12 where the real one is not at hand: the answers that it was
 * seen to give (checked against the real one by the same tests wherever there is one). Keeps no data,
 * only which buckets there are.
 */
import {
  type ScriptedHttp,
  type ScriptedReply,
  type ScriptedRequest,
  startScriptedHttp,
} from "../scripted_http.ts";

const replayOrgId = "f4f4affc91ea1e1e";

/** A running replay. */
export interface Influxdb2Replay {
  readonly scripted: ScriptedHttp;
  /** Buckets by name, with their retention in seconds; 0 is for ever. */
  readonly buckets: Map<string, number>;
}

/** Organization "tp"; tokens "all" (everything), "read" (reads), "write" (writes to bucket "b"). */
export async function startInfluxdb2Replay(): Promise<Influxdb2Replay> {
  const buckets = new Map([["b", 0]]);
  const otherwise = (request: ScriptedRequest): ScriptedReply => {
    const token = request.headers.get("authorization");
    if (!["Token all", "Token read", "Token write"].includes(token ?? "")) {
      return error(401, "unauthorized", "unauthorized access");
    }
    if (request.path === "/api/v2/write") return replyToWrite(request, buckets);
    if (request.path === "/api/v2/orgs") return replyToOrgs(request);
    if (request.path === "/api/v2/buckets") return replyToBuckets(request, buckets);
    return error(404, "not found", "path not found");
  };
  return { scripted: await startScriptedHttp({ otherwise }), buckets };
}

function replyToWrite(request: ScriptedRequest, buckets: Map<string, number>): ScriptedReply {
  const { query, text } = request;
  const org = query.get("org");
  const bucket = query.get("bucket");
  if (org === null) return error(400, "invalid", "Please provide either orgID or org");
  if (org !== "tp") return error(404, "not found", `organization name "${org}" not found`);
  if (bucket === null) return error(404, "not found", "bucket not found");
  const retentionSeconds = buckets.get(bucket);
  if (retentionSeconds === undefined) {
    return error(404, "not found", `bucket "${bucket}" not found`);
  }
  const mayWrite = request.headers.get("authorization") !== "Token read";
  if (!mayWrite) return error(403, "forbidden", "insufficient permissions for write");
  const lines = text.split("\n").filter((line) => line !== "");
  const unreadable = lines.map((line) => unreadableWhy(line)).find((why) => why !== undefined);
  if (unreadable !== undefined) return error(400, "invalid", unreadable);
  const partial = lines.map((line) => droppedWhy(line, retentionSeconds)).filter((why) =>
    why !== ""
  );
  if (partial.length === 0) return { status: 204 };
  const message = `failure writing points to database: partial write: ${partial[0]}`;
  return error(422, "unprocessable entity", `${message} dropped=${partial.length}`);
}

function unreadableWhy(line: string): string | undefined {
  const why = (text: string): string => `unable to parse '${line}': ${text}`;
  if (!line.includes("=")) return why("missing fields");
  if (/,time=/.test(line)) return why('cannot use reserved tag key "time"');
  if (/,\w+=[ ,]/.test(line)) return why("missing tag value");
  if (/=NaN/.test(line)) return why("invalid number");
  const time = / (\d+)$/.exec(line)?.[1] ?? "0";
  if (time.length > 19) return why(`strconv.ParseInt: parsing "${time}": value out of range`);
  return undefined;
}

function droppedWhy(line: string, retentionSeconds: number): string {
  const timeMs = Number(/ (\d+)$/.exec(line)?.[1] ?? Date.now());
  if (retentionSeconds > 0 && timeMs < Date.now() - retentionSeconds * 1000) {
    const bound = "dropped because it violates a Retention Policy Lower Bound at " +
      "2026-11-22T20:39:52.497304601Z";
    return `dropped 1 points outside retention policy of duration 1h0m0s - oldest point m at ` +
      `2001-09-09T01:46:40Z ${bound}, newest point m at 2001-09-09T01:46:40Z ${bound}`;
  }
  if (/^conflict.* v="/.test(line)) {
    return 'field type conflict: input field "v" on measurement "conflict" is type string, ' +
      "already exists as type float";
  }
  if (/ time=/.test(line)) {
    return 'invalid field name: input field "time" on measurement "m" is invalid';
  }
  return "";
}

function replyToOrgs(request: ScriptedRequest): ScriptedReply {
  const org = request.query.get("org") ?? "";
  const mayRead = request.headers.get("authorization") === "Token all";
  if (!mayRead) return json(200, { links: { self: "/api/v2/orgs" }, orgs: [] });
  if (org !== "tp") return error(404, "not found", `organization name "${org}" not found`);
  return json(200, { orgs: [{ id: replayOrgId, name: org }] });
}

function replyToBuckets(request: ScriptedRequest, buckets: Map<string, number>): ScriptedReply {
  const { orgID, name, retentionRules } = JSON.parse(request.text) as {
    readonly orgID: string;
    readonly name: string;
    readonly retentionRules: readonly { readonly everySeconds: number }[];
  };
  if (orgID !== replayOrgId) return error(404, "not found", "organization not found");
  if (buckets.has(name)) return error(422, "conflict", `bucket with name ${name} already exists`);
  const invalid = name.startsWith("_")
    ? "Buckets may not start with underscore"
    : name.includes('"')
    ? "Bucket names may not include quotation marks"
    : "";
  if (invalid !== "") return error(400, "invalid", `bucket name ${name} is invalid. ${invalid}`);
  buckets.set(name, retentionRules[0]?.everySeconds ?? 0);
  return json(201, { id: "924fd4420fbc07fd", orgID, name });
}

function error(status: number, code: string, message: string): ScriptedReply {
  return json(status, { code, message }, { "X-Platform-Error-Code": code });
}

function json(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): ScriptedReply {
  const type = { "Content-Type": "application/json; charset=utf-8" };
  return { status, headers: { ...type, ...headers }, body: JSON.stringify(body) };
}
