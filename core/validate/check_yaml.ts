/**
 * Pure. One YAML file of a known kind -> hits: what the daemons' own readers refuse, leave out or say,
 * then what the lint rules find in what was read.
 */
import type { ConfigError } from "../errors.ts";
import { readEventDefinitions } from "../events/event_definitions.ts";
import { readResourceDefinitions } from "../gnocchi/resource_definitions.ts";
import type { MeterFileReader } from "../meters/meter_files.ts";
import { readFieldMapping } from "../monasca_api/field_mapping.ts";
import { checkPublishers, type KnownPublisher } from "../pipeline/check_publishers.ts";
import type { Cargo, PublisherReference } from "../pipeline/pipeline.ts";
import { readPipelineFile } from "../pipeline/pipeline_file.ts";
import type { DescribedPublisher } from "../schema/publisher_shape.ts";
import { shapeOf } from "../schema/config_shapes.ts";
import type { LoadedYaml } from "../yaml/load.ts";
import { yamlGet, type YamlNode } from "../yaml/node.ts";
import type { Hit } from "./finding.ts";
import { hitOfError, hitOfNotice } from "./hits.ts";
import type { FileKind } from "./kinds.ts";
import type { KnownMeters } from "./known_meters.ts";
import { lint } from "./rule.ts";
import {
  EVENT_LINT,
  EVENT_PATH_CHECKS,
  METER_LINT,
  RESOURCE_LINT,
  RESOURCE_PATH_CHECKS,
} from "./rules/definition_rules.ts";
import { PIPELINE_LINT } from "./rules/pipeline_rules.ts";
import { PUBLISHER_LINT } from "./rules/publisher_rules.ts";
import { unknownMembers } from "./rules/unknown_members.ts";
import { YAML_LINT } from "./rules/yaml_rules.ts";
import type { SourceText } from "./source_text.ts";

/** The kinds that are YAML. */
export type YamlKind = Exclude<FileKind, "persister.conf" | "ceilometer.conf">;

/** What is known around a file. */
export interface YamlSurroundings {
  /** Of its folder: names of definitions that stand in files before. */
  readonly meterFiles: MeterFileReader;
  /** Is told of the meters that this file defines. */
  readonly meters: KnownMeters;
  readonly publishers: PublisherCheck;
  /** Whether everybody on the machine may read the file. */
  readonly isPublic: boolean;
}

/** What is known of publishers. */
export interface PublisherCheck {
  readonly kinds: readonly (KnownPublisher & DescribedPublisher)[];
  /** What making one would be refused for, and what it would say. */
  tryOut(reference: PublisherReference, carries: Cargo): readonly Hit[];
}

/** Checks one file. */
export function checkYaml(
  source: SourceText,
  { kind, loaded }: { readonly kind: YamlKind; readonly loaded: LoadedYaml },
  around: YamlSurroundings,
): readonly Hit[] {
  const { root } = loaded;
  if (root === undefined) {
    return loaded.problems.map((problem) => hitOfError(problem, "yaml/syntax"));
  }
  return [
    ...lint(YAML_LINT, { loaded, root }),
    ...unknownMembers(root, shapeOf(kind, around.publishers.kinds)),
    ...checks[kind]({ source, loaded, root, around }),
  ];
}

interface Checking {
  readonly source: SourceText;
  readonly loaded: LoadedYaml;
  readonly root: YamlNode;
  readonly around: YamlSurroundings;
}

const checks: Readonly<Record<YamlKind, (checking: Checking) => readonly Hit[]>> = {
  "pipeline.yaml": (checking) => checkPipeline(checking, "samples"),
  "event_pipeline.yaml": (checking) => checkPipeline(checking, "events"),
  "event_definitions.yaml": checkEvents,
  "meters.d": checkMeters,
  "gnocchi_resources.yaml": checkResources,
  "monasca_field_definitions.yaml": checkFields,
};

function checkPipeline({ source, root, around }: Checking, carries: Cargo): Hit[] {
  const { kinds } = around.publishers;
  const read = readPipelineFile(root, { carries, file: source.name });
  const hits = [
    ...hitsOf(read.problems, "pipeline/structure"),
    ...hitsOf(read.publisherProblems, "publisher/bad-url"),
    ...read.notices.map((notice) => hitOfNotice(notice, "pipeline/odd-list")),
  ];
  const { bad, notices } = checkPublishers({ ...read, carries }, kinds);
  hits.push(
    ...hitsOf([...bad.values()].flat(), "publisher/refused"),
    ...notices.map((notice) => hitOfNotice(notice, "publisher/passed-on-option")),
  );
  const { readable: file } = read;
  if (file === undefined) return hits;
  const isWhole = read.file !== undefined;
  const subject = { file, isWhole, kinds, meters: around.meters, isPublic: around.isPublic };
  // Those of a sink that no source uses are never made.
  const used = new Set(
    file.pipelines.flatMap(({ sink }) => sink.publishers.map(({ text }) => text)),
  );
  const good = file.publishers.filter(({ text }) => used.has(text) && !bad.has(text));
  return [
    ...hits,
    ...good.flatMap((reference) => around.publishers.tryOut(reference, carries)),
    ...lint(PIPELINE_LINT, subject),
    ...lint(PUBLISHER_LINT, subject),
  ];
}

function checkEvents({ root }: Checking): Hit[] {
  const { problems } = readEventDefinitions(root);
  const subject = { entries: root.kind === "list" ? root.items : [] };
  return [
    ...hitsOf(problems, "events/structure"),
    ...lint(EVENT_LINT, subject),
    ...EVENT_PATH_CHECKS.flatMap((check) => check(subject)),
  ];
}

function checkMeters({ loaded, root, around }: Checking): Hit[] {
  const { problems, definitions } = around.meterFiles.read(loaded);
  around.meters.addDefinitions(definitions);
  return [
    ...hitsOf(problems.map(({ error }) => error), "meters/bad-definition"),
    ...lint(METER_LINT, { entries: listOf(root, "metric") }),
  ];
}

function checkResources({ source, root, around }: Checking): Hit[] {
  const text = { text: source.text, file: source.name, archivePolicy: undefined };
  const { problems, notes, byMetric } = readResourceDefinitions(text);
  around.meters.addNames(byMetric.keys());
  const subject = { entries: listOf(root, "resources") };
  return [
    ...hitsOf(problems, "gnocchi/definition"),
    ...notes.filter(({ rule }) => rule !== "yaml/duplicate-key").map((note) =>
      hitOfNotice(note, "gnocchi/definition")
    ),
    ...lint(RESOURCE_LINT, subject),
    ...RESOURCE_PATH_CHECKS.flatMap((check) => check(subject)),
  ];
}

function checkFields({ source }: Checking): Hit[] {
  const { problems } = readFieldMapping(source.text, source.name);
  return hitsOf(problems, "monasca/field-definition");
}

function hitsOf(errors: readonly ConfigError[], fallback: string): Hit[] {
  return errors.map((error) => hitOfError(error, fallback));
}

function listOf(root: YamlNode, name: string): readonly YamlNode[] {
  const node = yamlGet(root, name);
  return node?.kind === "list" ? node.items : [];
}
