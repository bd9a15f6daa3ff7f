/**
 * Pure. What was typed behind `tpctl tail` as a plan: what is looked at, from where, what is picked, how it
 * is shown. What does not go together is a UsageError here, before anything is opened.
 */
import type { Endpoint } from "../config/endpoint.ts";
import { endpointName } from "../config/endpoint.ts";
import { parseEndpoint } from "../config/endpoint_url.ts";
import type { Secrets } from "../config/url_parts.ts";
import type { DatumFilterOptions } from "../datum/datum_filter.ts";
import { parseTimeText } from "../datum/time_text.ts";
import { UsageError } from "../errors.ts";
import { compileExpression, type DatumTest } from "../expression/compile.ts";
import { showExpressionError } from "../expression/expression_error.ts";
import { ExpressionError } from "../expression/tokens.ts";
import type { IntakeOptions } from "./intake.ts";
import type { TailSpan } from "./source.ts";

/** How data are shown. */
export const tailFormats = ["pretty", "json", "table", "chart"] as const;
/** One of them. */
export type TailFormat = (typeof tailFormats)[number];

/** As it was typed; undefined or empty where nothing was. */
export interface TailArguments {
  readonly source: string;
  readonly meters: readonly string[];
  readonly events: readonly string[];
  readonly tenants: readonly string[];
  readonly where: string | undefined;
  readonly last: string | undefined;
  readonly since: string | undefined;
  readonly follow: boolean | undefined;
  readonly sample: string | undefined;
  readonly format: TailFormat | undefined;
  readonly wide: boolean;
  readonly chartOut: string | undefined;
  readonly lag: boolean;
}

/** What can be looked at. */
export type TailEndpoint = Extract<
  Endpoint,
  { scheme: "kafka" | "amqp" | "file" | "influxdb" | "influxdb2" | "sqlite" }
>;

/** Everything that is to be known to look at data. */
export interface TailPlan {
  readonly endpoint: TailEndpoint;
  /** Without user, password and query. */
  readonly name: string;
  readonly span: TailSpan;
  readonly intake: IntakeOptions;
  readonly format: TailFormat;
  readonly wide: boolean;
  readonly chartOut: string | undefined;
}

const lastDefault = 10;
const storePictureLast = 10_000;
const lastMax = 1_000_000;

/** The plan for looking at data. Throws UsageError. */
export function planTail(typed: TailArguments, secrets: Secrets, nowMs: number): TailPlan {
  const endpoint = readEndpoint(typed.source, secrets);
  const { wide, chartOut, format = "pretty" } = typed;
  const isStore = endpoint.scheme.startsWith("influxdb") || endpoint.scheme === "sqlite";
  if (isStore && typed.events.length > 0) {
    throw new UsageError(
      "Cannot use --event with a store: all that it holds are measurements, expected --meter event " +
        `and --where 'tags.event_type like "${typed.events[0]}"'`,
    );
  }
  if (wide && format !== "pretty") {
    throw new UsageError(
      `Cannot use --wide with --format ${format}: only 'pretty' shortens, expected one of both`,
    );
  }
  if (chartOut === "") throw new UsageError("Cannot use --chart-out '': expected a path");
  const sinceMs = typed.since === undefined
    ? undefined
    : parseTimeText("--since", typed.since, nowMs);
  const filter: DatumFilterOptions = {
    meters: globs("--meter", typed.meters),
    events: globs("--event", typed.events),
    tenants: globs("--tenant", typed.tenants),
    ...sinceMs === undefined ? {} : { sinceMs },
  };
  const isPicture = format === "chart" || chartOut !== undefined;
  return {
    endpoint,
    name: endpoint.scheme === "file" && endpoint.path === "-" ? "stdin" : endpointName(endpoint),
    span: spanOf(endpoint, typed, { sinceMs, isPicture }),
    intake: { filter, where: readWhere(typed.where), share: readShare(typed.sample) },
    ...{ format, wide, chartOut },
  };
}

/** The endpoint, if it is one that can be looked at. Throws UsageError. */
export function readEndpoint(text: string, secrets: Secrets): TailEndpoint {
  const endpoint = parseEndpoint(text, secrets);
  const cannot = `Cannot look at '${endpointName(endpoint)}'`;
  switch (endpoint.scheme) {
    case "elasticsearch":
    case "documents":
    case "null":
      throw new UsageError(
        `${cannot}: nothing can be read there as it passes, expected kafka://, amqp://, a file, ` +
          "- (stdin), influxdb://, influxdb2:// or sqlite:",
      );
    case "line":
      throw new UsageError(`${cannot}: it is written to, expected the path itself`);
    case "kafka":
      if (endpoint.format === undefined) return endpoint;
      throw new UsageError(`${cannot}: format= is for writing, expected ?group=name or nothing`);
    case "amqp":
      if (endpoint.exchanges.length > 0) return endpoint;
      throw new UsageError(
        `${cannot}: it names no exchange, expected amqp://host/vhost?exchange=nova&topic=notifications`,
      );
    default:
      return endpoint;
  }
}

function spanOf(
  endpoint: TailEndpoint,
  typed: TailArguments,
  { sinceMs, isPicture }: { readonly sinceMs: number | undefined; readonly isPicture: boolean },
): TailSpan {
  const { follow } = typed;
  const given = readLast(typed.last);
  if (endpoint.scheme === "amqp") {
    const past = [
      ...typed.last === undefined ? [] : ["-n"],
      ...typed.since === undefined ? [] : ["--since"],
      ...follow === false ? ["--no-follow"] : [],
    ];
    const [first] = past;
    if (first === undefined) return { last: 0, sinceMs, follow: true };
    throw new UsageError(
      `Cannot use ${first} with an exchange: it keeps nothing, expected to look at what comes`,
    );
  }
  if (endpoint.scheme === "file" && endpoint.path === "-") {
    return { last: given === "all" ? undefined : given, sinceMs, follow: true };
  }
  const follows = follow ?? endpoint.scheme === "kafka";
  if (given === "all" || (given === undefined && sinceMs !== undefined)) {
    return { last: undefined, sinceMs, follow: follows };
  }
  if (given !== undefined) return { last: given, sinceMs, follow: follows };
  if (endpoint.scheme === "kafka") {
    return { last: follows ? 0 : lastDefault, sinceMs, follow: follows };
  }
  // The last ten make no picture; a store may hold years.
  if (!isPicture) return { last: lastDefault, sinceMs, follow: follows };
  const last = endpoint.scheme === "file" ? undefined : storePictureLast;
  return { last, sinceMs, follow: follows };
}

function readLast(text: string | undefined): number | "all" | undefined {
  if (text === undefined || text === "all") return text;
  const count = /^\d+$/.test(text) ? Number(text) : NaN;
  if (count <= lastMax) return count;
  throw new UsageError(
    `Cannot use -n '${text}': it is no such count, expected 0 to ${lastMax}, or all`,
  );
}

function readShare(text: string | undefined): number {
  if (text === undefined) return 1;
  const [, part = "", of = ""] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  const share = Number(part) / Number(of);
  if (share > 0 && share <= 1) return share;
  throw new UsageError(`Cannot use --sample '${text}': it is no share, expected one as 1/100`);
}

function readWhere(text: string | undefined): DatumTest | undefined {
  if (text === undefined) return undefined;
  try {
    return compileExpression(text);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    throw new UsageError(showExpressionError("--where", text, error), { cause: error });
  }
}

/** Names have no brackets, so one that is not closed is a slip of the pen. */
function globs(flag: string, patterns: readonly string[]): readonly string[] {
  for (const pattern of patterns) {
    const why = pattern === ""
      ? "it matches nothing"
      : /\[(?![^]?[^\]]*\])/.test(pattern)
      ? "its bracket is not closed"
      : undefined;
    if (why === undefined) continue;
    throw new UsageError(
      `Cannot use ${flag} '${pattern}': ${why}, expected a pattern as 'cpu.*' or 'disk.[rw]*'`,
    );
  }
  return patterns;
}
