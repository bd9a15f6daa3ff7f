/**
 * Edge (files). What --verify says where it cannot compare everything.
 */
import { expect, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { lineBatch } from "../../testing/batches.ts";
import { tempFolder } from "../../testing/servers/server.ts";
import { systemClock } from "../clock.ts";
import { parseStore } from "../config/endpoint_url.ts";
import { findInputFiles } from "../files/input_files.ts";
import { silentLog } from "../log/log.ts";
import { createSqliteWriter } from "../sqlite/writer.ts";
import { openLook } from "./job.ts";
import { createReplayEncoder } from "./replay_encoder.ts";
import { oneStore } from "./targets.ts";
import { verifyRun, verifyText } from "./verify_run.ts";

test("an input that is gone meanwhile was not compared, and that is no success", async () => {
  await using folder = await tempFolder("verify");
  const at = (name: string): string => join(folder.path, name);
  const clock = systemClock;
  const writer = await createSqliteWriter({ path: at("s.db") }, { clock });
  await writer.write(lineBatch(["m v=1 1767323001000"]), new AbortController().signal);
  await writer.close();
  writeFileSync(at("a.log"), "m v=1 1767323001000\n");
  writeFileSync(at("b.log"), "m v=2 1767323002000\n");
  const inputs = findInputFiles([at("a.log"), at("b.log")]);
  const stores = oneStore(
    parseStore(`sqlite:${at("s.db")}`, { password: undefined, influxToken: undefined }),
  );
  const verify = () => {
    const look = openLook({
      ...{
        inputs,
        filter: {},
        what: "",
        format: undefined,
        linePrecision: "auto",
        rate: undefined,
      },
      ...{ limit: Infinity, parallel: 1, shiftMs: 0, resume: false, checkpoint: undefined },
      allDestinations: false,
    }, { takesLettersFor: () => true, clock, log: silentLog });
    const encoder = createReplayEncoder({
      ...{ stores, shiftMs: 0, linePrecision: "auto", withMetadata: false },
      today: () => new Date(0),
    });
    return verifyRun(look, encoder, { stores, clock });
  };
  const lacking = await verify();
  expect(lacking).toMatchObject({ values: 2, missing: 1, equal: false });
  rmSync(at("b.log"));
  const gone = await verify();
  expect(gone).toMatchObject({ values: 1, missing: 0, equal: false });
  expect(verifyText(gone)).toContain(`could not be read once more: ${at("b.log")}: ENOENT`);
});
