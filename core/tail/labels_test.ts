/**
 * Pure. Labels that say nothing beside their likes are left out.
 */
import { expect, test } from "bun:test";
import { withTellingLabels } from "./labels.ts";

test("only what differs among series of one name and resource is left", () => {
  const series = [
    { name: "net", resource: "h1", labels: "service=x device=eth0" },
    { name: "net", resource: "h1", labels: "service=x device=eth1" },
    { name: "net", resource: "h2", labels: "service=x device=eth0" },
    { name: "cpu", resource: "h1", labels: "" },
  ];
  expect(withTellingLabels(series).map(({ labels }) => labels)).toEqual([
    "device=eth0",
    "device=eth1",
    "",
    "",
  ]);
});
