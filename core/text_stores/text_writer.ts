/**
 * Edge (files, stdout). What `line:` and `documents:` have in common: a Writer that appends a batch's
 * text to an output. What the text is, they say themselves.
 */
import type { Batch } from "../delivery/batch.ts";
import { StoreError, type Writer } from "../delivery/writer.ts";
import { openOutput, type OutputDeps } from "./output.ts";

/** How a store of one kind of batch is called, and what it writes. */
export interface TextForm<Kind extends Batch["kind"]> {
  readonly scheme: string;
  readonly kind: Kind;
  /** Whole lines. */
  readonly textOf: (batch: Extract<Batch, { readonly kind: Kind }>) => Uint8Array;
}

/** Opens the output; rejects with a ConfigError where the file cannot be written. */
export async function createTextWriter<Kind extends Batch["kind"]>(
  form: TextForm<Kind>,
  path: string,
  deps: OutputDeps,
): Promise<Writer> {
  const name = `${form.scheme}:${path}`;
  const output = await openOutput(name, path, deps);
  let closed = false;
  return {
    name,
    takes: [form.kind],
    concurrency: 1,
    write: async (batch, signal): Promise<void> => {
      if (closed) throw new Error(`a write to ${name} after its close`);
      if (!isOfKind(batch, form.kind)) throw new Error(`${name} takes no ${batch.kind}`);
      if (signal.aborted) throw new StoreError(`Cannot write to ${name}: aborted`, "retry");
      await output.check();
      if (batch.count > 0) await output.write(form.textOf(batch));
    },
    createDestination: () => Promise.resolve(),
    ping: () => output.check(),
    close: async (): Promise<void> => {
      if (closed) return;
      closed = true;
      await output.close();
    },
  };
}

function isOfKind<Kind extends Batch["kind"]>(
  batch: Batch,
  kind: Kind,
): batch is Extract<Batch, { readonly kind: Kind }> {
  return batch.kind === kind;
}
