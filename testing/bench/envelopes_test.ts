/**
 * Pure. The load is the one that earlier figures were measured on: recorded hashes of the generator
 * that those used, over windows at the start, in the middle and at the end of a million.
 */
import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { envelope, seriesCount } from "./envelopes.ts";

test.each([
  [0, 20_000, "3afcad94470deca8a4f35492410393a6dd3de8b7c1ab615765761bdc7802884f"],
  [500_000, 520_000, "16b783fad4346c04822fcfa1389f88c7a3e2fe85dd8eab867fdfa85239873f46"],
  [980_000, 1_000_000, "4fa7700bf6bb411617c90a3a4b2923a89725b16a684010080c33dfb7c074db9c"],
])("envelopes %d to %d have the recorded hash", (from, to, recorded) => {
  const hash = createHash("sha256");
  for (let i = from; i < to; i++) hash.update(`${envelope(i)}\n`);
  expect(hash.digest("hex")).toBe(recorded);
});

test("there are 5,600 series", () => {
  expect(seriesCount).toBe(5600);
});
