/**
 * Edge (files). Publisher URLs against CPython's own answers, and their options by the rows of a kind.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { ConfigError } from "../errors.ts";
import type { PublisherOption, PublisherUrl } from "../pipeline/publisher.ts";
import { readPublisherOptions } from "./publisher_options.ts";
import { parsePublisherUrl, shownUrl } from "./publisher_url.ts";

interface Recorded {
  readonly error?: string;
  readonly scheme?: string;
}

const rows: readonly (readonly [url: string, Recorded])[] = await Bun.file(
  "testdata/python/urls.json",
).json();

describe("taken apart as Python does", () => {
  for (const [text, recorded] of rows) {
    test(JSON.stringify(text), () => {
      if (recorded.error !== undefined || recorded.scheme === "") {
        expect(() => parsePublisherUrl(text)).toThrow(ConfigError);
        return;
      }
      const { text: _, ...parts } = parsePublisherUrl(text);
      const { user = null, password = null, port = null } = parts;
      expect<unknown>({ ...parts, user, password, port }).toEqual(recorded);
    });
  }

  test("a bare scheme is the older form", () => {
    expect(parsePublisherUrl("gnocchi")).toMatchObject({ text: "gnocchi://", scheme: "gnocchi" });
  });

  test("no text crashes it, and what is shown has no secret", () => {
    fc.assert(fc.property(fc.string(), (text) => {
      try {
        parsePublisherUrl(text);
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigError);
      }
    }));
    expect(shownUrl("http://user:s3cret@h:1/p?token=s3cret#s3cret")).toBe("http://h:1/p");
  });
});

const options: readonly PublisherOption[] = [
  { name: "timeout", kind: "float", default: "5", min: 0, unit: "s", help: "" },
  { name: "max_retries", kind: "int", default: "2", min: 0, help: "" },
  { name: "batch", kind: "bool", default: "true", help: "" },
  { name: "json", kind: "flag", help: "" },
  { name: "policy", kind: "choice", choices: ["default", "drop"], default: "default", help: "" },
  { name: "clientcert", kind: "path", help: "" },
];

function urlOf(query: string): PublisherUrl {
  return parsePublisherUrl(`http://u:s3cret@h/?${query}`);
}

function errorsOf(query: string): string[] {
  const read = readPublisherOptions(urlOf(query), { options, unknownOptions: "error" });
  return read.errors.map((error) => error.text);
}

describe("options", () => {
  test("have their defaults, types and the last of several values", () => {
    const url = urlOf("timeout=1.5&max_retries=3&max_retries=4&json&batch=False&clientcert=");
    const { values, errors } = readPublisherOptions(url, { options, unknownOptions: "error" });
    expect(errors).toEqual([]);
    expect(values.number("timeout")).toBe(1.5);
    expect(values.number("max_retries")).toBe(4);
    expect(values.bool("batch")).toBe(false);
    expect(values.bool("json")).toBe(true);
    expect(values.text("policy")).toBe("default");
    expect(values.text("clientcert")).toBeUndefined();
    expect([values.given("json"), values.given("policy")]).toEqual([true, false]);
  });

  test("say what cannot be read, without secrets", () => {
    expect(errorsOf("timeout=soon&max_retries=-1&policy=queu")).toEqual([
      "Cannot use the option 'timeout' of 'http://h/': 'soon' is not a number, expected a number of at least 0",
      "Cannot use the option 'max_retries' of 'http://h/': '-1' is too small, expected an integer of at least 0",
      "Cannot use the option 'policy' of 'http://h/': 'queu' is none of the choices, expected default or drop",
    ]);
  });

  test("that nobody knows are an error or are passed on", () => {
    expect(errorsOf("timout=1")).toEqual([
      "Cannot use the option 'timout' of 'http://h/': it is unknown, did you mean 'timeout'?",
    ]);
    const url = urlOf("foo=bar&timeout=1&foo=");
    const read = readPublisherOptions(url, { options, unknownOptions: "passed_on" });
    expect(read.errors).toEqual([]);
    expect(read.passedOn).toEqual([["foo", "bar"], ["foo", ""]]);
    expect(read.notes).toHaveLength(2);
  });
});
