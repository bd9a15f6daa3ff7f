/**
 * Edge (files, stdio). `tpctl validate --explain NAME` and `--explain-message FILE`: what makes a meter,
 * an event or what a notification becomes, and where it goes. What goes nowhere is a finding.
 */
import { readFileSync } from "node:fs";
import { UsageError } from "../core/errors.ts";
import { explainNames } from "../core/explanation/explanation.ts";
import { explanationJson, messageJson } from "../core/explanation/explanation_json.ts";
import { explanationText, messageText } from "../core/explanation/explanation_text.ts";
import { explainMessage } from "../core/explanation/message.ts";
import { openObserver } from "../core/explanation/observation.ts";
import { whyUnreadable } from "../core/files/file_failure.ts";
import { decodeNotification } from "../core/notifications/oslo.ts";
import { print } from "./print.ts";
import type { ValidateFlags } from "./validate_flags.ts";
import { checkFormat, readPipelines } from "./validate_input.ts";

/** Rejects with UsageError or ConfigErrors. */
export async function showName(flags: ValidateFlags): Promise<void> {
  const { explain: name = "" } = flags;
  const format = checkFormat(flags.format, { mode: "--explain", able: ["text", "json"] });
  const explanations = explainNames(await readPipelines(flags), name);
  if (explanations.length === 0) {
    process.stderr.write(`tpctl: no known meter and no known event type matches '${name}'\n`);
  }
  await print(
    format === "json" ? explanationJson(explanations) : explanationText(explanations),
  );
  const isMissed = explanations.some(({ is_known, reaches }) => !is_known || reaches.length === 0);
  if (explanations.length === 0 || isMissed) process.exitCode = 1;
}

/** Likewise. */
export async function showMessage(flags: ValidateFlags): Promise<void> {
  const { explainMessage: path = "", paths } = flags;
  const format = checkFormat(flags.format, { mode: "--explain-message", able: ["text", "json"] });
  if (path === "-" && paths.includes("-")) {
    throw new UsageError("Cannot read both the message and a file from '-': expected one of them");
  }
  const bytes = path === "-" ? await Bun.stdin.bytes() : readMessage(path);
  refuseSeveral(bytes, path);
  const setup = await readPipelines(flags);
  const { sampleOptions: options } = setup;
  const observer = openObserver(setup, options);
  const explanation = explainMessage(setup, bytes, { observer, options });
  await print(format === "json" ? messageJson(explanation) : messageText(explanation));
  const { samples, events, refusals } = explanation;
  const goes = [...samples, ...events].some(({ routes }) =>
    routes.sources.some(({ takes }) => takes)
  );
  if (!goes || refusals.length > 0) process.exitCode = 1;
}

/** Captured files have a notification a line, and this is for one. */
function refuseSeveral(bytes: Uint8Array, path: string): void {
  const end = bytes.indexOf(0x0a);
  if (end < 0 || decodeNotification(bytes).kind !== "refused") return;
  if (decodeNotification(bytes.subarray(0, end)).kind === "refused") return;
  const name = path === "-" ? "stdin" : `'${path}'`;
  throw new UsageError(
    `Cannot explain ${name}: it holds a notification in each line, expected one alone, as by ` +
      `head -n 1 ${path === "-" ? "FILE" : `'${path}'`} | tpctl validate --explain-message -`,
  );
}

function readMessage(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    const why = whyUnreadable(error);
    throw new UsageError(
      `Cannot read the message '${path}': ${why}, expected a file with one notification`,
      { cause: error },
    );
  }
}
