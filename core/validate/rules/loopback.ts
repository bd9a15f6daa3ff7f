/**
 * Pure. Hosts that are this machine: what is sent to them crosses no network.
 */

/** Names and addresses of the loopback interface. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}
