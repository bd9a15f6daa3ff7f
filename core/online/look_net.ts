/**
 * Edge (net). Servers that are posted to: a HEAD request, which posts no data and which nearly every
 * server answers in some way; ports: a connection that is closed at once; UDP: the host's address.
 */
import { lookup } from "node:dns/promises";
import { connect } from "node:net";
import { hostPortText } from "../config/endpoint.ts";
import { StoreError } from "../delivery/writer.ts";
import { systemCode } from "../files/file_failure.ts";
import { sendRequest } from "../http/request.ts";
import type { HttpFarEnd, SocketFarEnd } from "./far_end.ts";
import type { LookDeps } from "./look_influxdb.ts";
import { connectionRemark, type Remark, statusRemark } from "./remark.ts";

/** A server that has no HEAD for the path may still take a POST; one that is in trouble may not. */
const telling = (status: number): boolean => status === 401 || status === 403 || status >= 500;

/** Statuses that only say that the server knows no HEAD. */
const noHead = 501;

/** What answers, whatever it answers, is reachable. */
export async function lookAtHttp(
  { name, url, headers, tls }: HttpFarEnd,
  { timeoutMs, signal }: LookDeps,
): Promise<readonly Remark[]> {
  const farEnd = { name, tlsOptions: "verify_ssl, clientcert and clientkey of its URL" };
  try {
    const request = { method: "HEAD", url, headers } as const;
    const answer = await sendRequest(request, { farEnd, tls, timeoutMs, signal });
    if (!telling(answer.status) || answer.status === noHead) return [];
    return [statusRemark(answer, `post to '${name}'`)];
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return [connectionRemark(error)];
  }
}

/** A port that takes a connection, a name that resolves. */
export async function lookAtSocket(
  farEnd: SocketFarEnd,
  { signal }: LookDeps,
): Promise<readonly Remark[]> {
  const name = `${farEnd.kind}://${hostPortText(farEnd)}`;
  try {
    if (farEnd.kind === "udp") await lookup(farEnd.host);
    else await connected(farEnd, signal);
    return [];
  } catch (error) {
    const why = systemCode(error) ?? (error instanceof Error ? error.message : String(error));
    const expected = farEnd.kind === "udp"
      ? "a host name that the resolver knows"
      : "a server that listens there";
    const text = `Cannot reach '${name}': ${why}, expected ${expected}`;
    return [{ rule: "online/unreachable", about: "address", text }];
  }
}

function connected({ host, port }: SocketFarEnd, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const stop = (): void => void socket.destroy(new Error("no answer in time"));
    signal.addEventListener("abort", stop, { once: true });
    socket.once("connect", resolve);
    socket.once("error", reject);
    socket.once("connect", () => socket.destroy());
    socket.once("close", () => signal.removeEventListener("abort", stop));
  });
}
