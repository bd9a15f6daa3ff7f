/**
 * Pure. The benchmark's Monasca metric envelopes: deterministic, 421 bytes mean, 100 hosts with 56
 * metrics each (5,600 series), 20 tenants, 5 % with value_meta. The text is what Monasca's API puts on
 * the bus (the separators of Python's json, its way of writing floats); series and timestamp together
 * are unique. Synthetic, no data of any cloud.
 */

const hosts = 100;
const baseMs = 1735689600000;
const stepMs = 30_000;

interface Definition {
  readonly name: string;
  readonly component: string;
  readonly extra: Readonly<Record<string, string>>;
}

/** What stands before the timestamp and behind the value_meta. */
interface SeriesText {
  readonly before: string;
  readonly after: string;
}

const series = seriesTexts();

/** How many series there are; envelope i belongs to series i modulo this. */
export const seriesCount = series.length;

/** Envelope number `i` (from 0; from three million on values are rounded) as JSON text. */
export function envelope(i: number): string {
  const s = i % seriesCount;
  const { before, after } = series[s] ?? { before: "", after: "" };
  const time = timeOf(i);
  const value = floatText(valueOf(i));
  return `${before}${time}, "value": ${value}, "value_meta": ${metaOf(i)}${after}` +
    `${Math.floor(time / 1000) + 1}}`;
}

/** The timestamp of envelope `i` in ms. */
export function timeOf(i: number): number {
  const s = i % seriesCount;
  return baseMs + Math.floor(i / seriesCount) * stepMs + (s * 5) % stepMs;
}

/** The value of envelope `i`. */
export function valueOf(i: number): number {
  const s = i % seriesCount;
  const x = (i * 2654435761 + s * 40503) % 1000003;
  if (s % 4 === 0) return x % 1000;
  if (s % 4 === 1) return x / 97;
  return s % 4 === 2 ? roundEven(x / 10000, 2) : roundEven(x * 1.024, 3);
}

/** The value_meta of envelope `i` as JSON text, `{}` for 19 of 20. */
function metaOf(i: number): string {
  if ((i * 7919) % 20 !== 3) return "{}";
  const text = `HTTP 503 from http://10.1.${i % 250}.${i % 199}:8774/v2.1, retry ${i % 7}`;
  return pythonJson({ msg: text, error: "503", rc: String(i % 4) });
}

function seriesTexts(): readonly SeriesText[] {
  const all = definitions();
  return Array.from({ length: hosts }, (_, host) => {
    const tenant = (BigInt(host % 20 + 1) * 0x1f3d5b79a1c3e5f70a2b4c6d8en).toString(16);
    return all.map(({ name, component, extra }) => {
      const dimensions = pythonJson({
        hostname: `compute-${String(host).padStart(3, "0")}.region-one.example.net`,
        service: host % 3 === 0 ? "compute" : "monitoring",
        component,
        cluster: `cl${Math.floor(host / 25)}`,
        control_plane: "ccp",
        cloud_name: "prod-eu-1",
        ...extra,
      });
      const meta = pythonJson({ tenantId: tenant.padStart(32, "0"), region: "RegionOne" });
      return {
        before: `{"metric": {"name": "${name}", "dimensions": ${dimensions}, "timestamp": `,
        after: `}, "meta": ${meta}, "creation_time": `,
      };
    });
  }).flat();
}

function definitions(): readonly Definition[] {
  const group = (
    component: string,
    names: string,
    extra: Readonly<Record<string, string>> = {},
  ): readonly Definition[] =>
    names.split(" ").map((name) => ({ name: `${component}.${name}`, component, extra }));
  const disks: readonly [string, string][] = [
    ["sda1", "/"],
    ["sdb1", "/var/lib/nova/instances"],
    ["vg0-log", "/var/log"],
  ];
  const disk = "space_used_perc total_space_mb total_used_space_mb inode_used_perc free_inodes";
  const io = "read_kbytes_sec read_req_sec read_time_sec " +
    "write_kbytes_sec write_req_sec write_time_sec";
  return [
    ...group(
      "cpu",
      "user_perc system_perc idle_perc wait_perc stolen_perc percent total_logical_cores frequency_mhz",
    ),
    ...group("load", "avg_1_min avg_5_min avg_15_min"),
    ...group(
      "mem",
      "free_mb total_mb usable_mb usable_perc used_cache used_buffers " +
        "swap_free_mb swap_total_mb swap_free_perc",
    ),
    ...disks.flatMap(([device, mount_point]) => group("disk", disk, { device, mount_point })),
    ...["sda", "sdb"].flatMap((device) => group("io", io, { device })),
    ...group(
      "net",
      "in_bytes_sec in_packets_sec in_errors_sec in_packets_dropped_sec " +
        "out_bytes_sec out_packets_sec out_errors_sec out_packets_dropped_sec in_bytes",
      { device: "eth0" },
    ),
  ];
}

/** A flat object of ASCII strings as Python's json.dumps writes it. */
function pythonJson(object: Readonly<Record<string, string>>): string {
  const members = Object.entries(object).map(([name, value]) => `"${name}": "${value}"`);
  return `{${members.join(", ")}}`;
}

/** Python's repr of a float between 1e-4 and 1e16. */
function floatText(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

/** Python's round(): to the nearest, exact ties to the even neighbour. */
function roundEven(value: number, digits: number): number {
  const scaled = value * 10 ** digits;
  const tie = scaled % 1 === 0.5 && (value * 2 ** (digits + 1)) % 1 === 0;
  if (!tie) return Number(value.toFixed(digits));
  return 2 * Math.round(scaled / 2) / 10 ** digits;
}
