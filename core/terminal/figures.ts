/**
 * Pure. Numbers as a person reads them in a terminal.
 */

/** Four significant digits, large and small ones with an exponent; "-" where there is none. */
export function numberText(value: number | null): string {
  if (value === null) return "-";
  const size = Math.abs(value);
  if (value !== 0 && (size >= 1e9 || size < 1e-3)) return value.toExponential(2);
  if (Number.isInteger(value) || size >= 1000) return grouped(Math.round(value));
  return String(Number(value.toPrecision(4)));
}

/** `1,234,567`. */
export function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `1,234 points`. */
export function count(value: number, one: string, many = `${one}s`): string {
  return `${grouped(value)} ${value === 1 ? one : many}`;
}
