/**
 * Pure. The shape of a publisher's URL, made of the transports' own data: the schemes that take what
 * flows, and the options of each with their meanings.
 */
import type { PublisherKind, PublisherOption } from "../pipeline/publisher.ts";
import type { Shape, TextShape } from "./shape.ts";

/** What must be known of a transport. */
export type DescribedPublisher = Pick<
  PublisherKind<unknown>,
  "schemes" | "help" | "takes" | "options" | "unknownOptions"
>;

/** A URL of any transport that takes samples, or events. */
export function publisherShape(
  kinds: readonly DescribedPublisher[],
  carries: "samples" | "events",
): Shape {
  const able = kinds.filter(({ takes }) => takes.includes(carries));
  return { kind: "either", of: able.map(urlShape) };
}

function urlShape({ schemes, help, options, unknownOptions }: DescribedPublisher): TextShape {
  const names = options.map(({ name }) => escaped(name)).join("|");
  // Names with escapes in them are the reader's business.
  const known = `(?:${names === "" ? "" : `(?:${names})(?:=[^&#]*)?|`}[^&#=]*%[^&#]*)?`;
  const query = unknownOptions === "passed_on" ? "[^#]*" : `${known}(?:&${known})*`;
  const pattern = `\\s*(?:${schemes.map(anyCase).join("|")})(?::[^?#]*(?:\\?${query})?(?:#.*)?)?`;
  const shown = options.length === 0 ? "" : ` Options: ${options.map(optionText).join("; ")}.`;
  return {
    kind: "text",
    help: `${help}${shown}`,
    pattern,
    examples: schemes.map((scheme) => `${scheme}://`),
  };
}

function optionText({ name, kind, default: preset, choices, unit, help }: PublisherOption): string {
  const value = choices?.join(", ") ?? (unit === undefined ? kind : `${kind}, ${unit}`);
  const otherwise = preset === undefined ? "" : `, default ${preset}`;
  return `${name} (${value}${otherwise}): ${help.replace(/\.$/, "")}`;
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** Schemes are compared without regard to case; a pattern of a schema has no flag for it. */
function anyCase(scheme: string): string {
  return scheme.replace(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`);
}
