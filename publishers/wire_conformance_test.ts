/**
 * Edge (net, files). The recorded cases of publishers.json for prometheus and opentelemetryhttp at the
 * level of publishers: notifications by way of samples to the requests at the far end.
 */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { StoreError } from "../core/delivery/writer.ts";
import { sampleDefaults } from "../core/meters/make_sample.ts";
import { createSampleMaker } from "../core/meters/sample_maker.ts";
import { loadValue } from "../core/notifications/load_value.ts";
import { decodeNotification } from "../core/notifications/oslo.ts";
import { isDict } from "../core/notifications/value.ts";
import { dumpValue } from "../core/notifications/value_text.ts";
import type { Sample } from "../core/pipeline/sample.ts";
import { differenceOf, sameJson } from "../testing/conformance/compare.ts";
import { makePublisher } from "../testing/publishers.ts";
import { type RecordedRequest, startHttpRecorder } from "../testing/recorders.ts";
import { loadPublisherKind } from "./mod.ts";

interface Case {
  readonly id: string;
  readonly files: { readonly "pipeline.yaml": string };
  readonly input: readonly unknown[];
  readonly expect: { readonly wire: { readonly http?: readonly WireRequest[] } };
}

interface WireRequest {
  readonly path: string;
  readonly type: string;
  readonly json?: unknown;
  readonly text?: string;
}

const schemes = ["prometheus", "opentelemetryhttp"];
const text = readFileSync("testdata/conformance/publishers.json", "utf8");
const exact = loadValue(text);
const all = (JSON.parse(text) as { readonly cases: readonly Case[] }).cases;
const signal = new AbortController().signal;

/** The publisher's URL, where the case is about one of ours. */
function urlOf(one: Case): string | undefined {
  return new RegExp(`"((?:${schemes.join("|")})://[^"]*)"`).exec(one.files["pipeline.yaml"])?.[1];
}

/** The samples of each notification, as they were recorded, 6.0 a float. */
function samplesOf(n: number): readonly (readonly Sample[])[] {
  const make = createSampleMaker({ definitions: [], options: sampleDefaults, newId: () => "" });
  const list = isDict(exact) ? exact.cases : undefined;
  const one = Array.isArray(list) ? list[n] : undefined;
  const input = isDict(one) && Array.isArray(one.input) ? one.input : [];
  return input.map((message) => {
    const decoded = decodeNotification(dumpValue(message));
    return decoded.kind === "notification" ? make(decoded.notification).samples : [];
  });
}

async function requestsOf(
  url: string,
  calls: readonly (readonly Sample[])[],
): Promise<readonly RecordedRequest[]> {
  const recorder = await startHttpRecorder();
  try {
    const kind = await loadPublisherKind(url.slice(0, url.indexOf(":")));
    const publisher = makePublisher(kind, url.replace("{{HTTP}}", recorder.address));
    for (const samples of calls) {
      // What can be no data point is refused by name; the rest is sent all the same.
      await publisher.publishSamples(samples, signal).catch((error: unknown) => {
        if (!(error instanceof StoreError)) throw error;
        expect(error.reaction).toBe("bisect");
      });
    }
    await publisher.close();
    return recorder.records;
  } finally {
    await recorder.stop();
  }
}

/** A request by meaning; the lines of Prometheus' text each as name, labels and number. */
function meaningOf(request: WireRequest | RecordedRequest): unknown {
  const { path, type } = request;
  const json = "body" in request && type === "application/json"
    ? JSON.parse(request.body) as unknown
    : undefined;
  const written = "body" in request ? request.body : request.text;
  return {
    path: decodeURIComponent(path),
    type: type?.replace("plain/text", "text/plain").replace(/;.*/, ""),
    body: json ?? ("json" in request ? request.json : undefined) ??
      written?.split("\n").map(lineMeaning),
  };
}

function lineMeaning(line: string): unknown {
  const [, name, labels, value] = /^([^{#]+)\{(.*)\} (\S+)$/.exec(line) ?? [];
  return name === undefined ? line : [name, labels, Number(value)];
}

describe("publishers.json", () => {
  all.forEach((one, n) => {
    const url = urlOf(one);
    if (url === undefined) return;
    test(`${one.id} ${url}`, async () => {
      const ours = await requestsOf(url, samplesOf(n));
      const theirs = one.expect.wire.http ?? [];
      expect(differenceOf(theirs.map(meaningOf), ours.map(meaningOf), sameJson)).toBeUndefined();
    });
  });
});
