/**
 * Pure. The path of a Pushgateway's group: what the operator's URL says, and the group of a resource
 * below it.
 *
 * Facts: the Pushgateway's README (a value with a slash, and an empty one, must be base64).
 */

/** Whether labels stand behind the job, so that pushes are grouped as the operator wants it. */
export function hasGrouping(path: string): boolean {
  return path.startsWith("/metrics/job/") &&
    path.split("/").filter((segment) => segment !== "").length > 3;
}

/**
 * `/resource_id/node-1`, to stand behind the operator's path; as base64 where the plain text would not
 * arrive as one segment. A path without a job is no Pushgateway's, and nobody reads base64 there.
 */
export function resourceGroup(resourceId: string, path: string): string {
  const id = resourceId.toWellFormed();
  const isPlain = !/^\/metrics\/job(@base64)?\/[^/]/.test(path) ||
    (id !== "" && !id.includes("/") && id !== "." && id !== "..");
  if (!isPlain) return `/resource_id@base64/${Buffer.from(id).toString("base64url") || "="}`;
  const quoted = encodeURIComponent(id)
    .replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
  return `/resource_id/${quoted}`;
}
