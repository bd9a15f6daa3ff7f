/**
 * Edge (net). One HTTP request, as every writer and publisher sends it: never without a timeout, never
 * with a body left unread, no redirects followed, failures as StoreErrors. What an answer means is
 * not decided here.
 */
import type { Answer } from "./answer.ts";
import { connectionFailure, type FarEnd } from "./failures.ts";
import type { TlsMaterial } from "./tls.ts";

/** What is asked. */
export interface HttpRequest {
  readonly method: "HEAD" | "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Credentials travel in headers, never in the URL. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

/** Of whom, and how long to wait. */
export interface RequestOptions {
  readonly farEnd: FarEnd;
  /** Undefined: the system's CAs, no client certificate. */
  readonly tls: TlsMaterial | undefined;
  /** From sending to the last byte of the answer. */
  readonly timeoutMs: number;
  /** Bytes of the answer that are kept; `answerBytesMax` if left out. */
  readonly keptBytesMax?: number;
  readonly signal: AbortSignal;
}

/**
 * As much of an answer's body as is kept unless asked otherwise, in bytes; the rest is read and thrown
 * away up to a bound.
 */
export const answerBytesMax = 65_536;

/** An answer longer than this is cut off with its connection instead of being read to its end. */
export const drainBytesMax = 4_194_304;

/** Sends one request. Any status is an Answer; only a connection that fails is a StoreError. */
export async function sendRequest(request: HttpRequest, options: RequestOptions): Promise<Answer> {
  const { farEnd, tls, timeoutMs, signal } = options;
  const keptBytesMax = options.keptBytesMax ?? answerBytesMax;
  try {
    const response = await fetch(request.url, {
      method: request.method,
      headers: request.headers ?? {},
      body: request.body ?? null,
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      ...(tls === undefined ? {} : { tls }),
    });
    return {
      status: response.status,
      headers: response.headers,
      text: await readText(response, keptBytesMax),
    };
  } catch (error) {
    throw connectionFailure(error, farEnd);
  }
}

/** An answer longer than the bound would hold a connection and memory for nothing. */
async function readText(response: Response, keptBytesMax: number): Promise<string> {
  if (response.body === null) return "";
  if (isShort(response.headers, keptBytesMax)) return await response.text();
  const kept: Uint8Array[] = [];
  let read = 0;
  for await (const chunk of response.body) {
    if (read < keptBytesMax) kept.push(chunk.subarray(0, keptBytesMax - read));
    read += chunk.length;
    if (read > Math.max(drainBytesMax, keptBytesMax)) break;
  }
  return new TextDecoder().decode(Buffer.concat(kept));
}

/** Of a length that the server has said; read as one piece, which costs less than a stream. */
function isShort(headers: Headers, bytesMax: number): boolean {
  const length = headers.get("content-length");
  return length !== null && Number(length) <= bytesMax && !headers.has("content-encoding");
}
