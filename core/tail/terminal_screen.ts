/**
 * Edge (terminal, signals). A screen of its own on a terminal: the alternate screen without a cursor, keys
 * as they are pressed, told when the size changes. The terminal is given back on every way out: `close`,
 * an error, the end of the process, and while it is stopped by Ctrl-Z.
 */
import { writeSync } from "node:fs";

/** The part of process.stdin that is needed. */
export interface KeyStream {
  setRawMode(raw: boolean): unknown;
  on(event: "data", listener: (keys: Uint8Array) => void): unknown;
  off(event: "data", listener: (keys: Uint8Array) => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

/** The part of process.stdout that is needed. */
export interface ScreenStream {
  readonly columns: number;
  readonly rows: number;
  readonly fd: number;
  write(text: string): boolean;
  readonly writableNeedDrain: boolean;
}

/** Which terminal, and what it tells. */
export interface TerminalScreenOptions {
  readonly screen: ScreenStream;
  /** Undefined: nobody can press keys (stdin carries data). */
  readonly keys: KeyStream | undefined;
  onKey(key: string): void;
  /** The size is another one, or the screen must be drawn anew. */
  onResize(): void;
}

/** A screen that is taken. */
export interface TerminalScreen {
  readonly width: number;
  readonly height: number;
  /** Each line at its place; nothing while the terminal has not taken what was drawn before. */
  draw(lines: readonly string[]): void;
  /** Gives the terminal back. Safe to call twice. */
  close(): void;
}

const enter = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J";
const leave = "\x1b[?7h\x1b[?25h\x1b[?1049l";
const ctrlZ = "\x1a";
const widthDefault = 80;
const heightDefault = 24;

/** Takes the terminal. */
export function openTerminalScreen(options: TerminalScreenOptions): TerminalScreen {
  const { screen, keys, onKey, onResize } = options;
  let isTaken = false;
  const take = (): void => {
    if (isTaken) return;
    isTaken = true;
    keys?.setRawMode(true);
    keys?.resume();
    screen.write(enter);
  };
  // Past the stream's own buffer: when the process ends nothing else gets out.
  const giveBack = (): void => {
    if (!isTaken) return;
    isTaken = false;
    try {
      writeSync(screen.fd, leave);
      keys?.setRawMode(false);
    } catch {
      // The terminal itself is gone.
    }
  };
  const onData = (bytes: Uint8Array): void => {
    for (const key of keysOf(new TextDecoder().decode(bytes))) {
      if (key !== ctrlZ) onKey(key);
      else {
        giveBack();
        process.kill(process.pid, "SIGSTOP");
      }
    }
  };
  const onContinue = (): void => {
    take();
    onResize();
  };
  take();
  keys?.on("data", onData);
  process.on("SIGWINCH", onResize);
  process.on("SIGCONT", onContinue);
  process.on("exit", giveBack);
  return {
    get width(): number {
      return screen.columns > 0 ? screen.columns : widthDefault;
    },
    get height(): number {
      return screen.rows > 0 ? screen.rows : heightDefault;
    },
    draw(lines): void {
      if (!isTaken || screen.writableNeedDrain) return;
      const rows = lines.map((line, i) => `\x1b[${i + 1};1H${line}\x1b[K`);
      screen.write(`${rows.join("")}\x1b[J`);
    },
    close(): void {
      giveBack();
      keys?.off("data", onData);
      keys?.pause();
      process.off("SIGWINCH", onResize);
      process.off("SIGCONT", onContinue);
      process.off("exit", giveBack);
    },
  };
}

/** Escape sequences are one key each. */
function keysOf(text: string): string[] {
  // deno-lint-ignore no-control-regex
  return text.match(/\x1b\[[0-9;]*[A-Za-z~]|[\s\S]/gu) ?? [];
}
