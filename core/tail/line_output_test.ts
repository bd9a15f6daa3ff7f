/**
 * Pure. A reader that is slow, stands still, or is gone: memory stays bounded, live data are dropped and
 * counted, everything else waits.
 */
import { describe, expect, test } from "bun:test";
import { systemClock } from "../clock.ts";
import { createLineOutput, type LineOutput } from "./line_output.ts";

type Done = (error?: Error | null) => void;

/** A stream whose reader takes what the test says. */
class HeldStream {
  taken: string[] = [];
  #held: { text: string; done: Done }[] = [];
  #fail: ((error: Error) => void) | undefined;

  write(text: string, done: Done): boolean {
    this.#held.push({ text, done });
    return false;
  }

  on(_event: "error", listener: (error: Error) => void): void {
    this.#fail = listener;
  }

  get held(): number {
    return this.#held.reduce((sum, { text }) => sum + text.length, 0);
  }

  take(): void {
    for (const { text, done } of this.#held.splice(0)) {
      this.taken.push(text);
      done();
    }
  }

  leave(): void {
    this.#fail?.(new Error("EPIPE"));
  }
}

const megabyte = "x".repeat(1024 * 1024);

function open(): { stream: HeldStream; output: LineOutput; said: number[]; gone: () => number } {
  const stream = new HeldStream();
  const said: number[] = [];
  let gone = 0;
  const output = createLineOutput(stream, {
    clock: systemClock,
    onDropped: (count) => void said.push(count),
    onGone: () => void gone++,
  });
  return { stream, output, said, gone: () => gone };
}

describe("a slow reader", () => {
  test("of live data loses what finds no room, on the way and at the end it is said", async () => {
    const { stream, output, said } = open();
    for (let i = 0; i < 50; i++) await output.write(megabyte, { data: 10, live: true });
    expect(stream.held).toBeLessThanOrEqual(4 * megabyte.length);
    expect(output.dropped).toBe(460);
    expect(said).toEqual([10]);
    stream.take();
    await output.write("more", { data: 1, live: true });
    const closed = output.close();
    stream.take();
    await closed;
    expect(said).toEqual([10, 450]);
    expect(stream.taken.at(-1)).toBe("more");
  });

  test("of everything else is waited for", async () => {
    const { stream, output } = open();
    let written = 0;
    const writing = (async () => {
      for (let i = 0; i < 20; i++) {
        await output.write(megabyte, { data: 1, live: false });
        written++;
      }
    })();
    await Bun.sleep(10);
    expect(written).toBe(4);
    expect(stream.held).toBeLessThanOrEqual(5 * megabyte.length);
    while (written < 20) {
      stream.take();
      await Bun.sleep(0);
    }
    await writing;
    expect(stream.taken.length + stream.held / megabyte.length).toBe(20);
    expect(output.dropped).toBe(0);
  });

  test("that goes away ends it quietly", async () => {
    const { stream, output, gone } = open();
    const writing = output.write(megabyte.repeat(5), { data: 1, live: false });
    stream.leave();
    await writing;
    await output.write("x", { data: 1, live: false });
    await output.close();
    expect(gone()).toBe(1);
  });
});
