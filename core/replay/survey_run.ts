/**
 * Pure. Goes through the inputs without sending anything: for `--dry-run`, and for `--now`, which has to
 * know the newest time before the first datum is sent.
 */
import { type Form, isEnvelope } from "../datum/forms.ts";
import { readData } from "../datum/read_datum.ts";
import { unheard } from "../delivery/consumer.ts";
import { type RecordBlock, valueOf } from "../delivery/records.ts";
import type { ItemSinks, LineSink, MessageEncoder } from "../persist/encoder.ts";
import { LineBuffer } from "../persist/line_buffer.ts";
import type { ReplayJob, ReplayOptions } from "./job.ts";
import type { SelectedBlock } from "./selector.ts";
import { Survey } from "./survey.ts";

/** Says why a record would be refused, and may count what would become of it. */
export type Check = (
  block: RecordBlock,
  index: number,
  survey: Survey,
) => { readonly class: string; readonly reason: string } | undefined;

/** What an encoder would refuse. */
export function checkByEncoder(encoder: MessageEncoder): Check {
  const sinks = new ThrownAway();
  return (block, index) => encoder.encode(block, index, sinks);
}

/** Counts everything that is wanted. Without a check nothing is refused. */
export async function surveyInputs(
  job: ReplayJob,
  { linePrecision }: Pick<ReplayOptions, "linePrecision">,
  { check, signal }: { readonly check?: Check; readonly signal: AbortSignal },
): Promise<Survey> {
  const survey = new Survey();
  const consumer = job.open(unheard);
  for await (const block of consumer.blocks()) {
    for (let i = 0; i < block.count; i++) {
      const form = (block as Partial<SelectedBlock>).forms?.[i];
      const bytes = valueOf(block, i) ?? new Uint8Array(0);
      survey.line(form, bytes.length);
      const refusal = block.corrupt === undefined
        ? check?.(block, i, survey)
        : { class: "decode", reason: block.corrupt };
      if (refusal !== undefined) {
        const at = { file: block.file ?? "", line: block.offsets[i] ?? 0 };
        survey.rejected({ ...at, ...refusal });
      }
      countData(survey, form, { bytes, linePrecision, shiftMs: job.shiftMs });
    }
    if (signal.aborted) break;
  }
  await consumer.close();
  return survey;
}

function countData(
  survey: Survey,
  form: Form | undefined,
  { bytes, linePrecision, shiftMs }: Pick<ReplayOptions, "linePrecision" | "shiftMs"> & {
    readonly bytes: Uint8Array;
  },
): void {
  if (form === undefined || isEnvelope(form)) return;
  const read = readData(form, bytes, { linePrecision });
  if ("data" in read) { for (const datum of read.data) survey.datum(datum, shiftMs); }
}

/** Takes what an encoder writes and forgets it. */
class ThrownAway extends LineBuffer implements ItemSinks, LineSink {
  lines(): LineSink {
    this.length = 0;
    return this;
  }

  endLine(): void {
    this.length = 0;
  }

  document(): void {
    // Only what is refused matters.
  }
}
