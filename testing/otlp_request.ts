/**
 * Pure. Reads what an OTLP receiver of metrics reads: an ExportMetricsServiceRequest in protobuf's
 * JSON, by the published schema and nothing else. A member that the schema does not know, or a value
 * that is not of its type, is an error here where a collector would pass over it.
 *
 * Facts: opentelemetry-proto 1.x (metrics.proto, common.proto), protobuf's JSON mapping.
 */

/** One data point, with what stands above it. */
export interface OtlpPoint {
  readonly name: string;
  readonly unit: string;
  readonly kind: "gauge" | "delta sum" | "cumulative sum" | "monotonic cumulative sum";
  readonly service: string;
  readonly scope: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly timeUnixNano: bigint;
  readonly value: bigint | number;
}

type Members = Readonly<Record<string, unknown>>;

/** All points of a request, in its order; throws for what is no such request. */
export function readMetricsRequest(text: string): OtlpPoint[] {
  const request = members(JSON.parse(text), ["resourceMetrics"]);
  return list(request.resourceMetrics).flatMap((each) => {
    const { resource, scopeMetrics } = members(each, ["resource", "scopeMetrics"]);
    const attributes = readAttributes(members(resource, ["attributes"]).attributes);
    return list(scopeMetrics).flatMap((inside) => {
      const { scope, metrics } = members(inside, ["scope", "metrics"]);
      const named = {
        service: attributes["service.name"] ?? "",
        scope: string(members(scope, ["name"]).name),
      };
      return list(metrics).flatMap((metric) => readMetric(metric, named));
    });
  });
}

function readMetric(
  value: unknown,
  named: Pick<OtlpPoint, "service" | "scope">,
): OtlpPoint[] {
  const { name, unit = "", gauge, sum } = members(value, ["name", "unit", "gauge", "sum"]);
  if ((gauge === undefined) === (sum === undefined)) throw new Error("one of gauge and sum");
  const metric = { name: string(name), unit: string(unit), kind: kindOf(sum), ...named };
  const known = sum === undefined ? [] : ["aggregationTemporality", "isMonotonic"];
  const { dataPoints } = members(gauge ?? sum, ["dataPoints", ...known]);
  return list(dataPoints).map((point) => ({ ...metric, ...readPoint(point) }));
}

function kindOf(sum: unknown): OtlpPoint["kind"] {
  if (sum === undefined) return "gauge";
  const { aggregationTemporality, isMonotonic = false } = members(sum);
  if (aggregationTemporality === 1 && isMonotonic === false) return "delta sum";
  if (aggregationTemporality !== 2) throw new Error("aggregationTemporality");
  return isMonotonic === true ? "monotonic cumulative sum" : "cumulative sum";
}

function readPoint(value: unknown): Pick<OtlpPoint, "attributes" | "timeUnixNano" | "value"> {
  const known = ["attributes", "timeUnixNano", "asInt", "asDouble"];
  const { attributes = [], timeUnixNano, asInt, asDouble } = members(value, known);
  if ((asInt === undefined) === (asDouble === undefined)) throw new Error("one of two values");
  return {
    attributes: readAttributes(attributes),
    timeUnixNano: integer(timeUnixNano, { min: 0n, end: 2n ** 64n }),
    value: asInt === undefined
      ? double(asDouble)
      : integer(asInt, { min: -(2n ** 63n), end: 2n ** 63n }),
  };
}

function readAttributes(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(
    list(value).map((each) => {
      const pair = members(each, ["key", "value"]);
      return [string(pair.key), string(members(pair.value, ["stringValue"]).stringValue)];
    }),
  );
}

/** 64-bit integers are texts of digits; a JSON number would lose some of them. */
function integer(
  value: unknown,
  { min, end }: { readonly min: bigint; readonly end: bigint },
): bigint {
  if (typeof value !== "string" || !/^-?\d+$/.test(value)) throw new Error(`no integer: ${value}`);
  const whole = BigInt(value);
  if (whole < min || whole >= end) throw new Error(`out of range: ${value}`);
  return whole;
}

function double(value: unknown): number {
  if (typeof value === "number") return value;
  if (value === "NaN" || value === "Infinity" || value === "-Infinity") return Number(value);
  throw new Error(`no double: ${value}`);
}

function members(value: unknown, known?: readonly string[]): Members {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Error(`no message: ${JSON.stringify(value)}`);
  }
  const unknown = Object.keys(value).filter((name) => known?.includes(name) === false);
  if (unknown.length > 0) throw new Error(`unknown to OTLP: ${unknown.join(", ")}`);
  return { ...value };
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error(`no list: ${JSON.stringify(value)}`);
  return value;
}

function string(value: unknown): string {
  if (typeof value !== "string" || !value.isWellFormed()) {
    throw new Error(`no text: ${JSON.stringify(value)}`);
  }
  return value;
}
