/**
 * Pure. Python's `str.split` with a separator.
 */

/** At most `max` splits, from the left; negative is no bound. The separator is not empty. */
export function splitText(text: string, separator: string, max: number): string[] {
  const parts = text.split(separator);
  if (max < 0 || parts.length <= max + 1) return parts;
  return [...parts.slice(0, max), parts.slice(max).join(separator)];
}
