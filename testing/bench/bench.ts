/**
 * Edge (processes, files). `bun run bench`: start-up, idle memory, the persist load and the pipeline
 * load, all subjects in turn, as tables of medians and, with --json, as data. Never part of the gate:
 * it wants a quiet machine. Options: --messages N (persist, 1,000,000), --notifications N (pipeline,
 * 20,000), --rounds N (3), --only NAME,... , --json FILE.
 */
import { cpus } from "node:os";
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import type { Figure } from "./figure.ts";
import { codecs, prepareGround } from "./ground.ts";
import { preparePipelineGround } from "./pipeline_ground.ts";
import { destinations, pipelineSubjects } from "./pipeline_subjects.ts";
import { measureIdle, measureStart } from "./startup.ts";
import { subjects } from "./subjects.ts";
import { median, renderTable } from "./table.ts";

interface Options {
  readonly messages: number;
  readonly notifications: number;
  readonly rounds: number;
  readonly only: readonly string[];
  readonly json?: string;
}

/** The figures of one subject over all rounds. */
interface Row {
  readonly name: string;
  readonly says: string;
  readonly runs: Figure[];
}

/** Rows that stand in one table, and how they are counted. */
interface Table {
  readonly rows: readonly Row[];
  readonly noun: string;
  readonly count: number;
  /** CPU time is told for so many. */
  readonly per: { readonly count: number; readonly name: string };
  /** Ratios that are worth a line: text, the row above, the row below, and of what. */
  readonly ratios:
    readonly (readonly [string, string, string, "messagesPerSecond" | "cpuSecondsPerMillion"])[];
}

const extras = ["start", "idle"];

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      messages: { type: "string", default: "1000000" },
      notifications: { type: "string", default: "20000" },
      rounds: { type: "string", default: "3" },
      only: { type: "string" },
      json: { type: "string" },
    },
  });
  const known = [...extras, ...[...subjects, ...pipelineSubjects].map(({ name }) => name)];
  const only = values.only?.split(",") ?? known;
  const unknown = only.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new Error(`Cannot measure '${unknown}': unknown, expected some of ${known.join(", ")}`);
  }
  const { json, messages, notifications, rounds } = values;
  return {
    messages: Number(messages),
    notifications: Number(notifications),
    rounds: Number(rounds),
    only,
    ...(json === undefined ? {} : { json }),
  };
}

interface Measurable<Ground> {
  readonly name: string;
  readonly says: string;
  run(ground: Ground, runId: string): Promise<Figure>;
}

/** All chosen subjects in turn, so many rounds; without one, no ground is prepared. */
async function measure<Ground extends AsyncDisposable>(
  chosen: readonly Measurable<Ground>[],
  rounds: number,
  prepare: () => Promise<Ground>,
): Promise<readonly Row[]> {
  const rows = chosen.map(({ name, says }): Row => ({ name, says, runs: [] }));
  if (chosen.length === 0) return rows;
  await using ground = await prepare();
  for (let round = 1; round <= rounds; round++) {
    for (const [i, subject] of chosen.entries()) {
      const figure = await subject.run(ground, `${subject.name}-${round}`);
      console.error(`${subject.name}, round ${round}: ${JSON.stringify(figure)}`);
      rows[i]?.runs.push(figure);
    }
  }
  return rows;
}

async function measurePersist({ only, messages, rounds }: Options): Promise<Table> {
  const chosen = subjects.filter(({ name }) => only.includes(name));
  const wanted = codecs.filter((codec) => chosen.some((subject) => subject.codec === codec));
  const rows = await measure(chosen, rounds, () => prepareGround(messages, wanted));
  const speed = "messages/s of tpctl to lines/s of the bare loader";
  return {
    ...{ rows, noun: "messages", count: messages, per: { count: 1e6, name: "million" } },
    ratios: [
      [speed, "tpctl", "loader", "messagesPerSecond"],
      ...["", "-gzip"].map((codec) =>
        [
          `CPU per message of monasca${codec} to tpctl${codec}`,
          `monasca${codec}`,
          `tpctl${codec}`,
          "cpuSecondsPerMillion",
        ] as const
      ),
    ],
  };
}

async function measurePipeline({ only, notifications, rounds }: Options): Promise<Table> {
  const chosen = pipelineSubjects.filter(({ name }) => only.includes(name));
  const rows = await measure(chosen, rounds, () => preparePipelineGround(notifications));
  return {
    ...{ rows, noun: "notifications", count: notifications },
    per: { count: 1e5, name: "100,000" },
    ratios: destinations.map((destination) => [
      `CPU per notification of agent-${destination} to pipeline-${destination}`,
      `agent-${destination}`,
      `pipeline-${destination}`,
      "cpuSecondsPerMillion",
    ]),
  };
}

function middle(row: Row | undefined, read: (figure: Figure) => number): number {
  return median(row?.runs.map(read) ?? []);
}

function report({ rows, noun, per, ratios }: Table): string {
  const head = ["subject", `${noun}/s`, `CPU-s per ${per.name}`, "peak RSS MB", "RSS over time MB"];
  const lines = rows.map((row) => [
    row.name,
    Math.round(middle(row, (figure) => figure.messagesPerSecond)).toLocaleString("en-US"),
    middle(row, (figure) => figure.cpuSecondsPerMillion * per.count / 1e6).toFixed(2),
    String(Math.round(middle(row, (figure) => figure.peakRssMb))),
    (row.runs.at(-1)?.rssMb ?? []).join(" "),
    row.says,
  ]);
  const by = (name: string): Row | undefined => rows.find((row) => row.name === name);
  const said = ratios.flatMap(([text, above, below, of]) => {
    const read = (figure: Figure): number => figure[of];
    const value = middle(by(above), read) / middle(by(below), read);
    return Number.isFinite(value) ? [`${text}: ${value.toFixed(2)}`] : [];
  });
  return [renderTable([[...head, ""], ...lines]), ...said].join("\n");
}

async function main(): Promise<void> {
  const options = readOptions();
  const { rounds, only, json } = options;
  const start = only.includes("start") ? await measureStart() : undefined;
  const idleMb = only.includes("idle") ? await measureIdle() : undefined;
  const tables = [await measurePersist(options), await measurePipeline(options)];
  if (start !== undefined) {
    const { versionMs, nodeMs, trueMs } = start;
    console.log(
      `tpctl --version ${versionMs.toFixed(1)} ms, node -e 0 ${nodeMs.toFixed(1)} ms, ` +
        `true ${trueMs.toFixed(1)} ms (medians)`,
    );
  }
  if (idleMb !== undefined) console.log(`idle persist: ${Math.round(idleMb)} MB resident`);
  for (const table of tables.filter(({ rows }) => rows.length > 0)) {
    const { noun, count } = table;
    console.log(`\n${count} ${noun}, medians of ${rounds} rounds, ${cpus().length} cores\n`);
    console.log(report(table));
  }
  if (json !== undefined) {
    const { messages, notifications } = options;
    const rows = tables.flatMap((table) => table.rows);
    const data = { messages, notifications, rounds, cores: cpus().length, start, idleMb, rows };
    await writeFile(json, `${JSON.stringify(data, null, 2)}\n`);
  }
}

await main();
