/**
 * Pure. Which publishers have one spool, and which have not.
 */
import { expect, test } from "bun:test";
import { spoolFolder } from "./spool_folder.ts";

test.each([
  "https://host:8000/path?batch=false&verify_ssl=/ca.pem",
  "https://host:8000/path?timeout=7&batch=false",
  "https://me:secret@host:8000/path?batch=false&max_retries=&clientcert=/a&clientkey=/b",
])("another user, certificate or time limit is the same publisher: %s", (text) => {
  const folder = spoolFolder("https://host:8000/path?batch=false", "samples");
  expect(folder).toMatch(/^https_host_8000_path-samples-[0-9a-f]{16}$/);
  expect(spoolFolder(text, "samples")).toBe(folder);
});

test("whatever changes where or what is sent makes another one", () => {
  const folders = [
    "notifier://?topic=a",
    "notifier://?topic=a&topic=b",
    "notifier://?topic=b&topic=a",
    "notifier://host/?topic=a",
    "notifier://",
    "notifier://?per_meter_topic=1&topic=a",
  ].map((text) => spoolFolder(text, "samples"));
  const all = [...folders, spoolFolder("notifier://", "events")];
  expect(new Set(all).size).toBe(all.length);
});
