/**
 * Edge (processes, files). A mount that fails is said in mount's own words, never taken for a disk.
 */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { tempFolder } from "./server.ts";
import { mountSmallDisk, smallDiskMissing } from "./small_disk.ts";

const missing = smallDiskMissing();
if (missing !== undefined) console.error(`skipped: ${missing}`);

test("a disk that cannot be mounted is an error with the reason", async () => {
  await using folder = await tempFolder("small-disk");
  expect(() => mountSmallDisk(join(folder.path, "disk"), "nonsense")).toThrow(
    /^Cannot mount a small disk: mount: .+, expected/s,
  );
});

test.skipIf(missing !== undefined)("a disk is full, grows, and is gone", async () => {
  await using folder = await tempFolder("small-disk");
  const disk = mountSmallDisk(join(folder.path, "disk"), "64k");
  try {
    const file = join(disk.path, "file");
    await expect(Bun.write(file, new Uint8Array(100_000))).rejects.toThrow("ENOSPC");
    disk.remount("size=1m");
    await Bun.write(file, new Uint8Array(100_000));
  } finally {
    disk.remove();
  }
  expect(await Bun.file(join(disk.path, "file")).exists()).toBe(false);
  expect(() => disk.remove()).toThrow("Cannot umount a small disk");
});
