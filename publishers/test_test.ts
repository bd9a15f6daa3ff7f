/**
 * Pure. The publisher that keeps everything in memory, and the table of schemes.
 */
import { describe, expect, test } from "bun:test";
import { ConfigError } from "../core/errors.ts";
import { describePublisher } from "../testing/publisher_conformance.ts";
import { makePublisher } from "../testing/publishers.ts";
import { makeSample } from "../testing/samples.ts";
import { loadPublisherKind, loadPublisherKinds, publisherSchemes } from "./mod.ts";
import { keptMax, testKind, TestPublisher } from "./test.ts";

let publisher: TestPublisher;

function create(): TestPublisher {
  const made = makePublisher(testKind, "test://");
  if (!(made instanceof TestPublisher)) throw new Error("another publisher");
  publisher = made;
  return made;
}

const never = "it is in this process";

describePublisher({
  title: "test",
  takes: ["samples", "events"],
  create,
  reset: () => {},
  received: (carries) =>
    Promise.resolve(
      carries === "samples"
        ? publisher.samples.map((sample) => String(sample.resource_id))
        : publisher.events.map((event) => String(event.message_id)),
    ),
  order: "kept",
  refusal: never,
  outage: never,
  silence: never,
  secrets: [],
});

test("counts all, and keeps the last", async () => {
  const made = create();
  for (const from of [0, keptMax]) {
    await made.publishSamples(
      Array.from({ length: keptMax }, (_, n) => makeSample({ volume: from + n })),
    );
  }
  expect([made.calls, made.published, made.samples.length]).toEqual([2, 2 * keptMax, keptMax]);
  expect(made.samples[0]?.volume).toBe(keptMax);
});

describe("the table of schemes", () => {
  test("has every kind under the schemes that it names", async () => {
    const kinds = await loadPublisherKinds();
    expect(kinds.flatMap(({ schemes }) => schemes).sort()).toEqual([...publisherSchemes].sort());
    for (const scheme of publisherSchemes) {
      expect((await loadPublisherKind(scheme)).schemes).toContain(scheme);
    }
  });
  test("tells what may have been meant", () => {
    expect(loadPublisherKind("htttp")).rejects.toThrow(
      new ConfigError(
        "Cannot use the publisher scheme 'htttp': it is unknown, did you mean 'http'?",
      ),
    );
    expect(loadPublisherKind("toString")).rejects.toThrow("expected one of file, ");
  });
});
