/**
 * Pure. Names of metrics in Prometheus' own character set.
 */

/** The meter's name with `_` for whatever Prometheus does not allow in names: `disk_root_size`. */
export function metricName(meter: string): string {
  const name = meter.replace(/[^a-zA-Z0-9_:]/gu, "_");
  return /^[0-9]/.test(name) || name === "" ? `_${name}` : name;
}
