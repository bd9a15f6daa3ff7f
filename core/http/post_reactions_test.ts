/**
 * Pure. What the answer to a POST is shown as: the reactions themselves are proven by the publishers.
 */
import { expect, test } from "bun:test";
import { postRefusal } from "./post_reactions.ts";

test.each([
  ["https://h:1/to?token=hidden#x", "https://h:1/to"],
  ["https://user:hidden@h/to", "https://h/to"],
  ["https://user:hid/den@h/to", "https://h/to"],
  ["https://user:hid?den@h/to", "https://h/to"],
  ["//user:hid@den@h/to", "//h/to"],
  ["/to", "/to"],
])("a redirection to %s is shown as %s", (location, shown) => {
  const answer = { status: 302, headers: new Headers({ location }), text: "" };
  const text = postRefusal(answer, "http://h/", 0)?.message ?? "";
  expect(text).toContain(`a redirection to '${shown}'`);
  expect(text).not.toMatch(/hid|den/);
});
