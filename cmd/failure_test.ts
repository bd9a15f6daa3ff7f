/**
 * Pure. Which errors are a user's or a far end's, and which are defects.
 */
import { expect, test } from "bun:test";
import { PartialWriteError, StoreError } from "../core/delivery/writer.ts";
import { RunError, UsageError } from "../core/errors.ts";
import { describeFailure } from "./failure.ts";

test.each([
  { name: "RunError", error: new RunError("it ended") },
  { name: "StoreError", error: new StoreError("it ended", "hold") },
  { name: "PartialWriteError", error: new PartialWriteError("it ended", []) },
])("a $name ends with 3 and its own words", ({ error }) => {
  expect(describeFailure(error)).toEqual({ code: 3, text: "it ended" });
});

test("a foreign error that only bears the name of one of ours is a defect", () => {
  const foreign = Object.assign(new Error("it ended"), { name: "RunError" });
  expect(describeFailure(foreign).code).toBe(3);
  expect(describeFailure(foreign).text).toStartWith("This is a defect of tpctl");
});

test("URLs in an error lose their passwords, also those that are none", () => {
  const error = new UsageError("Cannot use 'http://u:s3/cret@h', 'u:s3cret@h' or 'http://h'");
  expect(describeFailure(error).text).toBe("Cannot use 'http://***@h', '***@h' or 'http://h'");
});
