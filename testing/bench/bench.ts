/**
 * Edge (processes, files). `bun run bench`: start-up, idle memory and the persist load, all subjects
 * in turn, as a table of medians and, with --json, as data. Never part of the gate: it wants a quiet
 * machine. Options: --messages N (1,000,000), --rounds N (3), --only NAME,... , --json FILE.
 */
import { cpus } from "node:os";
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { codecs, prepareGround } from "./ground.ts";
import { measureIdle, measureStart } from "./startup.ts";
import { type Figure, type Subject, subjects } from "./subjects.ts";
import { median, renderTable } from "./table.ts";

/** The figures of one subject over all rounds. */
interface Row {
  readonly name: string;
  readonly says: string;
  readonly runs: Figure[];
}

const extras = ["start", "idle"];

function readOptions(): { messages: number; rounds: number; only: string[]; json?: string } {
  const { values } = parseArgs({
    options: {
      messages: { type: "string", default: "1000000" },
      rounds: { type: "string", default: "3" },
      only: { type: "string" },
      json: { type: "string" },
    },
  });
  const known = [...extras, ...subjects.map((subject) => subject.name)];
  const only = values.only?.split(",") ?? known;
  const unknown = only.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new Error(`Cannot measure '${unknown}': unknown, expected some of ${known.join(", ")}`);
  }
  const { json } = values;
  const numbers = { messages: Number(values.messages), rounds: Number(values.rounds) };
  return { ...numbers, only, ...(json === undefined ? {} : { json }) };
}

async function measure(
  chosen: readonly Subject[],
  messages: number,
  rounds: number,
): Promise<readonly Row[]> {
  const rows = chosen.map(({ name, says }): Row => ({ name, says, runs: [] }));
  if (chosen.length === 0) return rows;
  const wanted = codecs.filter((codec) => chosen.some((subject) => subject.codec === codec));
  await using ground = await prepareGround(messages, wanted);
  for (let round = 1; round <= rounds; round++) {
    for (const [i, subject] of chosen.entries()) {
      const figure = await subject.run(ground, `${subject.name}-${round}`);
      console.error(`${subject.name}, round ${round}: ${JSON.stringify(figure)}`);
      rows[i]?.runs.push(figure);
    }
  }
  return rows;
}

function middle(row: Row | undefined, read: (figure: Figure) => number): number {
  return median(row?.runs.map(read) ?? []);
}

function report(rows: readonly Row[]): string {
  const rate = (figure: Figure): number => figure.messagesPerSecond;
  const cpu = (figure: Figure): number => figure.cpuSecondsPerMillion;
  const head = [
    "subject",
    "messages/s",
    "CPU-s per million",
    "peak RSS MB",
    "RSS over time MB",
    "",
  ];
  const lines = rows.map((row) => [
    row.name,
    Math.round(middle(row, rate)).toLocaleString("en-US"),
    middle(row, cpu).toFixed(2),
    String(Math.round(middle(row, (figure) => figure.peakRssMb))),
    (row.runs.at(-1)?.rssMb ?? []).join(" "),
    row.says,
  ]);
  const by = (name: string): Row | undefined => rows.find((row) => row.name === name);
  const ratio = (text: string, value: number): string[] =>
    Number.isFinite(value) ? [`${text}: ${value.toFixed(2)}`] : [];
  const ratios = [
    ...ratio(
      "messages/s of tpctl to lines/s of the bare loader",
      middle(by("tpctl"), rate) / middle(by("loader"), rate),
    ),
    ...["", "-gzip"].flatMap((codec) =>
      ratio(
        `CPU per message of monasca${codec} to tpctl${codec}`,
        middle(by(`monasca${codec}`), cpu) / middle(by(`tpctl${codec}`), cpu),
      )
    ),
  ];
  return [renderTable([head, ...lines]), ...ratios].join("\n");
}

async function main(): Promise<void> {
  const { messages, rounds, only, json } = readOptions();
  const start = only.includes("start") ? await measureStart() : undefined;
  const idleMb = only.includes("idle") ? await measureIdle() : undefined;
  const rows = await measure(subjects.filter(({ name }) => only.includes(name)), messages, rounds);
  if (start !== undefined) {
    const { versionMs, nodeMs, trueMs } = start;
    console.log(
      `tpctl --version ${versionMs.toFixed(1)} ms, node -e 0 ${nodeMs.toFixed(1)} ms, ` +
        `true ${trueMs.toFixed(1)} ms (medians)`,
    );
  }
  if (idleMb !== undefined) console.log(`idle persist: ${Math.round(idleMb)} MB resident`);
  if (rows.length > 0) {
    console.log(`\n${messages} messages, medians of ${rounds} rounds, ${cpus().length} cores\n`);
    console.log(report(rows));
  }
  if (json !== undefined) {
    const data = { messages, rounds, cores: cpus().length, start, idleMb, rows };
    await writeFile(json, `${JSON.stringify(data, null, 2)}\n`);
  }
}

await main();
