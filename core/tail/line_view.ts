/**
 * Edge (stdio). Data as lines on stdout, in whichever format.
 */
import type { LineOutput } from "./line_output.ts";
import type { LineFormat } from "./pretty.ts";
import type { TailView } from "./view.ts";

/** Trouble is said on stderr by `say`. */
export function createLineView(
  format: LineFormat,
  output: LineOutput,
  say: (text: string) => void,
): TailView {
  return {
    async show({ data, live }): Promise<void> {
      if (data.length === 0) return;
      await output.write(format.lines(data), { data: data.length, live });
    },
    trouble: (text) => say(text ?? "Going on."),
    atEnd: () => Promise.resolve(),
    close: () => output.close(),
  };
}
