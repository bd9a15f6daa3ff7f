/**
 * Pure. What lint rules find in the publishers of a pipeline file. Nothing of a URL's user, password or
 * query is ever in a text.
 */
import { isLoopback } from "./loopback.ts";
import { parseBool } from "../../config/option.ts";
import { shownUrl } from "../../config/publisher_url.ts";
import type { PublisherReference, Sink } from "../../pipeline/pipeline.ts";
import type { PublisherUrl } from "../../pipeline/publisher.ts";
import type { Hit } from "../finding.ts";
import { billedMeters } from "./billed_meters.ts";
import type { PipelineSubject } from "./subjects.ts";

/** Publishers that stand twice in one sink. */
export function repeatedPublishers({ file }: PipelineSubject): Hit[] {
  return file.sinks.flatMap(({ name, publishers }) => {
    const seen = new Map<string, PublisherReference>();
    return publishers.flatMap((one): Hit[] => {
      const first = seen.get(one.text);
      seen.set(one.text, first ?? one);
      if (first === undefined) return [];
      const text = `The publisher '${shownUrl(one.text)}' stands in the sink '${name}' at line ` +
        `${first.place.line} too: everything is published twice`;
      return [{ rule: "pipeline/duplicate-publisher", place: one.place, text }];
    });
  });
}

/** Publishers that a source reaches by more than one of its sinks. */
export function publishedTwice({ file }: PipelineSubject): Hit[] {
  const said = new Set<PublisherReference>();
  const bySource = Map.groupBy(file.pipelines, ({ source }) => source);
  return [...bySource].flatMap(([source, pipelines]) => {
    const seen = new Map<string, Sink>();
    return pipelines.flatMap(({ sink }) =>
      sink.publishers.flatMap((one): Hit[] => {
        const first = seen.get(one.text);
        if (first === undefined) seen.set(one.text, sink);
        if (first === undefined || first === sink || said.has(one)) return [];
        said.add(one);
        const text =
          `The publisher '${shownUrl(one.text)}' gets what the source '${source.name}' ` +
          `takes twice: the sink '${first.name}' has it too`;
        return [{ rule: "pipeline/published-twice", place: one.place, text }];
      })
    );
  });
}

/** What Ceilometer's own form of OTLP does to timestamps. */
export function wrongTimestamps({ file }: PipelineSubject): Hit[] {
  return file.publishers.filter(({ url }) => url.scheme === "opentelemetryhttp").map(
    ({ text, place }) => ({
      rule: "publisher/wrong-timestamps",
      place,
      text: `The publisher '${shownUrl(text)}' sends seconds where OTLP has nanoseconds, as ` +
        "Ceilometer does: collectors put all samples into 1970, expected otlphttp://",
      expected: "otlphttp://",
      suggestion: "otlphttp://",
    }),
  );
}

/** A Pushgateway in the way of meters that are billed. */
export function pushgatewayBilling({ file }: PipelineSubject): Hit[] {
  const said = new Set<string>();
  return file.pipelines.flatMap(({ source, sink }) => {
    const billed = billedMeters.filter((name) => source.filter.takes(name));
    if (billed.length === 0) return [];
    return sink.publishers.flatMap(({ text, url, place }): Hit[] => {
      if (url.scheme !== "prometheus" || said.has(text)) return [];
      said.add(text);
      const expected = "remotewrite:// or another store for them";
      const what = billed.slice(0, 3).join(", ") + (billed.length > 3 ? ", ..." : "");
      const words = `The publisher '${shownUrl(text)}' takes meters that are billed (${what}): a ` +
        `Pushgateway keeps the last value only and drops its time, expected ${expected}`;
      return [{ rule: "publisher/pushgateway-billing", place, text: words, expected }];
    });
  });
}

/** Certificates that need not verify. */
export function notVerified({ file }: PipelineSubject): Hit[] {
  return file.publishers.filter(({ url }) => isOff(url, "verify_ssl")).map(({ text, place }) => ({
    rule: "publisher/not-verified",
    place,
    text:
      `The publisher '${shownUrl(text)}' takes any certificate (verify_ssl=false): whoever is in ` +
      "between reads and changes everything, expected verify_ssl=/path/to/ca.pem",
    expected: "verify_ssl=/path/to/ca.pem",
  }));
}

const httpSchemes = ["prometheus", "opentelemetryhttp", "otlphttp", "remotewrite"];

/** Users and passwords that travel unencrypted. */
export function plainCredentials({ file }: PipelineSubject): Hit[] {
  return file.publishers.filter(({ url }) => isPlain(url) && hasSecret(url)).map((one) => ({
    rule: "publisher/plain-credentials",
    place: one.place,
    text: `The publisher '${
      shownUrl(one.text)
    }' sends its user and password unencrypted, expected TLS`,
    expected: "TLS",
    suggestion: tlsForm(one.url),
  }));
}

function tlsForm({ scheme }: PublisherUrl): string {
  return httpSchemes.includes(scheme) ? "ssl=true" : `${scheme}s://`;
}

function isPlain(url: PublisherUrl): boolean {
  if (isLoopback(url.host)) return false;
  if (httpSchemes.includes(url.scheme)) return !isOn(url, "ssl");
  return ["http", "influxdb", "influxdb2"].includes(url.scheme);
}

/** Passwords where everybody on the machine can read them. */
export function publicSecrets({ file, isPublic }: PipelineSubject): Hit[] {
  const first = isPublic ? file.publishers.find(({ url }) => hasSecret(url)) : undefined;
  if (first === undefined) return [];
  return [{
    rule: "secrets/world-readable",
    place: first.place,
    text:
      `The publisher '${shownUrl(first.text)}' has a password, and everybody may read this file, ` +
      "expected mode 0640",
    expected: "mode 0640",
  }];
}

function hasSecret({ user, password, query }: PublisherUrl): boolean {
  return (user !== undefined && password !== undefined && password !== "") ||
    query.some(([name, value]) => /password|secret|token$/.test(name) && value !== "");
}

function isOn(url: PublisherUrl, name: string): boolean {
  return boolOf(url, name) === true;
}

function isOff(url: PublisherUrl, name: string): boolean {
  return boolOf(url, name) === false;
}

function boolOf({ query }: PublisherUrl, name: string): boolean | undefined {
  const text = query.findLast(([key]) => key === name)?.[1];
  const parsed = text === undefined ? undefined : parseBool(text);
  return parsed !== undefined && "value" in parsed ? parsed.value : undefined;
}
