/**
 * Edge (stdout). `tpctl validate --schema KIND`: the JSON Schema of a kind of YAML file.
 */
import { UsageError } from "../core/errors.ts";
import { shapeOf } from "../core/schema/config_shapes.ts";
import { schemaText } from "../core/schema/json_schema.ts";
import { loadPublisherKinds } from "../publishers/mod.ts";
import { print } from "./print.ts";
import type { ValidateFlags } from "./validate_flags.ts";
import { checkFormat } from "./validate_input.ts";

/** Rejects with a UsageError where paths are named too. */
export async function showSchema({ schema, paths, format }: ValidateFlags): Promise<void> {
  if (schema === undefined) return;
  checkFormat(format, { mode: "--schema", able: ["text"] });
  if (paths.length > 0) {
    throw new UsageError("Cannot use paths with --schema: it reads no files, expected none");
  }
  const title = schema === "tests" ? "tpctl's pipeline tests" : schema;
  await print(schemaText(shapeOf(schema, await loadPublisherKinds()), title));
}
