/**
 * Pure. The attributes that a resource gets from its samples: one field definition each, evaluated on
 * the sample as the reference's `as_dict()` shows it.
 */
import { DefinitionError } from "../definitions/definition_error.ts";
import { compileField, type Field } from "../definitions/field.ts";
import { ConfigError } from "../errors.ts";
import type { Dict } from "../notifications/value.ts";
import { sampleDict } from "../pipeline/messages.ts";
import type { Sample } from "../pipeline/sample.ts";
import { describeNode, isTrue, type YamlNode, yamlText } from "../yaml/node.ts";

/** What a sample says of its resource; members that are null are left out. Throws PythonError. */
export type SampleAttributes = (sample: Sample) => Dict;

/** Throws a ConfigError for a field that cannot be read. */
export function readSampleAttributes(
  resourceType: string,
  node: YamlNode | undefined,
): SampleAttributes {
  if (node === undefined || !isTrue(node)) return () => ({});
  if (node.kind !== "map") {
    throw new ConfigError(
      `Cannot use the attributes of '${resourceType}': they are ${
        describeNode(node)
      }, expected a map`,
      node.place,
    );
  }
  const fields = node.entries.map(({ key, value }): readonly [string, Field] => {
    try {
      return [key.text, compileField(key.text, value)];
    } catch (error) {
      if (!(error instanceof DefinitionError)) throw error;
      throw new ConfigError(error.message, error.place, { rule: error.rule });
    }
  });
  const evaluate = (sample: Sample): Dict => {
    const seen = sampleDict(sample);
    const attributes: Dict = {};
    for (const [name, field] of fields) {
      const value = field.first(seen);
      if (value !== null) attributes[name] = value;
    }
    return attributes;
  };
  const onlyMetadata = node.entries.every(({ value }) => metadataPath.test(yamlText(value) ?? ""));
  return onlyMetadata ? remembered(evaluate) : evaluate;
}

/** Paths that can see nothing but the metadata: `resource_metadata.a.(b|(c.d))`. */
const metadataPath = /^resource_metadata(\.\w+|\.\(([\w.|]|\([\w.|]+\))+\))+$/;

/** All samples of one notification share their metadata, and their attributes with it. */
function remembered(evaluate: SampleAttributes): SampleAttributes {
  const known = new WeakMap<Dict, Dict>();
  return (sample) => {
    const { resource_metadata: metadata } = sample;
    const found = known.get(metadata);
    if (found !== undefined) return found;
    const attributes = evaluate(sample);
    known.set(metadata, attributes);
    return attributes;
  };
}
