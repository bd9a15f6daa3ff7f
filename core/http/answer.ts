/**
 * Pure. `Answer`: what an HTTP server said, as the writers and publishers judge it. How to react is
 * the business of each dialect's own table.
 */

/** One answer, whatever its status. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The body's first bytes as text; what stands behind `answerBytesMax` was thrown away. */
  readonly text: string;
}

/** Longest wait that a server's Retry-After can ask for: one hour. */
export const retryAfterMsMax = 3_600_000;

/** Longest quotation of a server's words in an error text, in characters. */
export const quotationCharsMax = 600;

/**
 * How long the server asks to wait, in ms from `nowMs`: Retry-After as seconds or as an HTTP date
 * (RFC 9110, 10.2.3). Undefined where it does not ask or cannot be read.
 */
export function retryAfterMs(headers: Headers, nowMs: number): number | undefined {
  const value = headers.get("retry-after")?.trim() ?? "";
  if (value === "") return undefined;
  const untilMs = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - nowMs;
  if (Number.isNaN(untilMs)) return undefined;
  return Math.min(Math.max(untilMs, 0), retryAfterMsMax);
}

/**
 * A server's words fit for one line of a log or a dead letter: line breaks as "; ", control
 * characters left out, the middle of a long text left out (servers quote the line before the reason).
 */
export function quotation(text: string): string {
  const line = text.trim().replace(/\s*\n\s*/g, "; ").replace(/\p{Cc}/gu, " ");
  if (line.length <= quotationCharsMax) return line;
  const half = quotationCharsMax / 2;
  return `${line.slice(0, half)} ... ${line.slice(-half)}`;
}
