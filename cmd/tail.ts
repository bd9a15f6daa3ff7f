/**
 * Edge (processes, net, files). `tpctl tail`: puts plan, source and view together. It never commits,
 * never writes but the picture that is asked for; ending it is no failure.
 */
import { accessSync, constants, openSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { ReadStream } from "node:tty";
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { systemClock } from "../core/clock.ts";
import { ConfigError, RunError, UsageError } from "../core/errors.ts";
import { whyUnwritable } from "../core/files/file_failure.ts";
import { silentLog } from "../core/log/log.ts";
import { listenForSignals } from "../core/running/signals.ts";
import { ChartHistory } from "../core/tail/chart_history.ts";
import { createChartView, createSummaryView } from "../core/tail/chart_view.ts";
import { Intake } from "../core/tail/intake.ts";
import { jsonLines } from "../core/tail/json_lines.ts";
import { createLineOutput, type LineOutput } from "../core/tail/line_output.ts";
import { createLineView } from "../core/tail/line_view.ts";
import { openTail, tailClientId } from "../core/tail/open_tail.ts";
import { createPretty, type LineFormat } from "../core/tail/pretty.ts";
import { orOver, runTail } from "../core/tail/run_tail.ts";
import { renderSvg } from "../core/tail/svg_chart.ts";
import { createTable } from "../core/tail/table.ts";
import {
  planTail,
  readEndpoint,
  type TailArguments,
  type TailPlan,
} from "../core/tail/tail_plan.ts";
import type { KeyStream } from "../core/tail/terminal_screen.ts";
import type { TailView } from "../core/tail/view.ts";
import { printable } from "../core/terminal/cells.ts";
import { count as amount } from "../core/terminal/figures.ts";
import { tailFlags } from "./tail_flags.ts";

const clock = systemClock;

/** The subcommand. */
export function tailCommand(): CommandUnknownOpts {
  const { command, read } = tailFlags();
  command.action(() => run(read()));
  return command;
}

async function run(typed: TailArguments): Promise<void> {
  const enough = new AbortController();
  const signals = listenForSignals({
    drain: () => enough.abort(),
    // Whatever still hangs is not waited for a second time.
    exit: (signal) => {
      signals.stop();
      process.kill(process.pid, signal);
    },
    reload: () => enough.abort(),
    report: () => undefined,
  });
  try {
    if (typed.lag) await showLag(typed, enough);
    else await showData(typed, enough);
  } finally {
    signals.stop();
  }
}

async function showData(typed: TailArguments, enough: AbortController): Promise<void> {
  const plan = planTail(typed, secrets(), clock.now());
  if (plan.chartOut !== undefined) checkWritable(plan.chartOut);
  const notes = new Notes();
  const intake = new Intake(plan.intake, Math.random);
  const output = openOutput(enough);
  const history = plan.chartOut === undefined ? undefined : new ChartHistory();
  let view: TailView | undefined;
  const opening = openTail(plan, {
    ...{ intake, clock, log: silentLog, random: Math.random },
    onNote: (note) => notes.say(note),
    onTrouble: (trouble) => view?.trouble(trouble),
  });
  const source = await orOver(opening, enough.signal);
  if (source === undefined) return;
  let isDone = false;
  try {
    view = openView(plan, output, { enough, notes });
    await runTail(source, view, { clock, signal: enough.signal, history });
    isDone = true;
  } finally {
    notes.release();
    const { count, reason } = intake.unreadable;
    if (count > 0) {
      say(`${amount(count, "message")} could not be read, the first one: ${reason}`);
    }
    if (intake.wantedNone) say("Nothing of what was read passes the filters");
    if (output.dropped > 0) say(`In all, ${output.dropped} data were not shown`);
    const series = history?.series() ?? [];
    // Also where the source failed: it may have been looked at for hours.
    if (plan.chartOut !== undefined && (isDone || series.length > 0)) {
      const seriesLeft = history?.seriesLeft ?? 0;
      writePicture(plan.chartOut, renderSvg({ title: plan.name, series, seriesLeft }));
    }
  }
}

/** Messages for stderr; while a screen is up they are kept for afterwards. */
class Notes {
  #kept: string[] | undefined;

  keep(): void {
    this.#kept = [];
  }

  say(note: string): void {
    if (this.#kept === undefined) say(note);
    else if (this.#kept.length < 100) this.#kept.push(note);
  }

  release(): void {
    const kept = this.#kept ?? [];
    this.#kept = undefined;
    for (const note of kept) say(note);
  }
}

function openView(
  plan: TailPlan,
  output: LineOutput,
  { enough, notes }: { readonly enough: AbortController; readonly notes: Notes },
): TailView {
  const { stdout, env } = process;
  const isScreen = stdout.isTTY === true && env.TERM !== "dumb";
  const color = isScreen && env.NO_COLOR === undefined;
  if (plan.format !== "chart") return createLineView(lineFormat(plan, color), output, say);
  const about = { clock, source: plan.name };
  if (!isScreen) return createSummaryView(output, { ...about, say });
  notes.keep();
  const onQuit = (): void => enough.abort();
  const keys = openKeys();
  return createChartView({ screen: stdout, keys, color, onQuit }, about);
}

function lineFormat({ format, wide }: TailPlan, color: boolean): LineFormat {
  if (format === "json") return jsonLines;
  if (format === "table") return createTable();
  const { stdout } = process;
  const columns = (): number | undefined => stdout.isTTY === true ? stdout.columns : undefined;
  return createPretty({ columns, color, wide });
}

async function showLag(typed: TailArguments, enough: AbortController): Promise<void> {
  const { format = "table" } = typed;
  const others = [
    ...(["meters", "events", "tenants"] as const).filter((each) => typed[each].length > 0)
      .map((each) => `--${each.slice(0, -1)}`),
    ...(["where", "last", "since", "sample"] as const).filter((each) => typed[each] !== undefined)
      .map((each) => `--${each}`),
    ...typed.chartOut === undefined ? [] : ["--chart-out"],
    ...typed.wide ? ["--wide"] : [],
    ...format === "chart" || format === "pretty" ? [`--format ${format}`] : [],
  ];
  if (others.length > 0) {
    throw new UsageError(
      `Cannot use ${others[0]} with --lag: offsets are shown, no data, ` +
        "expected --follow and --format table or json at most",
    );
  }
  const endpoint = readEndpoint(typed.source, secrets());
  if (endpoint.scheme !== "kafka" || endpoint.group === undefined) {
    throw new UsageError(
      "Cannot show --lag: the source names no consumer group, expected kafka://host:9092/topic?group=name",
    );
  }
  const [{ GroupLag }, { connectionOf }, { showLagLines, showLagScreen }] = await Promise.all([
    import("../core/kafka/group_lag.ts"),
    import("../core/kafka/endpoint_connection.ts"),
    import("../core/tail/lag_view.ts"),
  ]);
  const { topic, group } = endpoint;
  const lag = new GroupLag(await connectionOf(endpoint, tailClientId), { topic, group });
  const { stdout, env } = process;
  const name = `Group '${group}' on topic '${topic}'`;
  const deps = { lag, clock, signal: enough.signal, name };
  const isScreen = stdout.isTTY === true && env.TERM !== "dumb" && format !== "json" &&
    typed.follow !== false;
  try {
    if (isScreen) {
      await showLagScreen({ screen: stdout, keys: openKeys() }, {
        ...deps,
        onQuit: () => enough.abort(),
      });
    } else {
      const output = openOutput(enough);
      const how = { json: format === "json", follow: typed.follow === true, topic, group };
      await showLagLines(how, output, deps);
      await output.close();
    }
  } finally {
    lag.close();
  }
}

/** Keys come from the terminal itself where stdin carries data. */
function openKeys(): KeyStream | undefined {
  if (process.stdin.isTTY === true) return process.stdin;
  try {
    return new ReadStream(openSync("/dev/tty", "r"));
  } catch {
    return undefined;
  }
}

function openOutput(enough: AbortController): LineOutput {
  return createLineOutput(process.stdout, {
    clock,
    onDropped: (count) => say(`${count} data were not shown: the reader of stdout is too slow`),
    onGone: () => enough.abort(),
  });
}

function say(text: string): void {
  process.stderr.write(`tpctl: ${printable(text)}\n`);
}

function secrets(): { password: string | undefined; influxToken: string | undefined } {
  const { TPCTL_PASSWORD: password, TPCTL_INFLUX_TOKEN: influxToken } = process.env;
  return { password, influxToken };
}

/** Before anything is looked at for hours. */
function checkWritable(path: string): void {
  const folder = dirname(path);
  try {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw new Error("it is a folder");
    accessSync(folder, constants.W_OK);
  } catch (cause) {
    const why = whyUnwritable(cause);
    throw new ConfigError(
      `Cannot write the chart '${path}': ${why}, expected a path in a folder that may be written`,
      undefined,
      { cause },
    );
  }
}

function writePicture(path: string, svg: string): void {
  try {
    writeFileSync(path, svg);
  } catch (cause) {
    const why = whyUnwritable(cause);
    throw new RunError(`Cannot write the chart '${path}': ${why}`, { cause });
  }
}
