/**
 * Edge (processes). A real terminal for a test: tmux on a socket of its own, with a program in it whose
 * screen can be read and whose keys can be pressed.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "./program.ts";

/** Why there is no terminal here, or undefined. */
export function terminalMissing(): string | undefined {
  return Bun.which("tmux") === null ? "tmux is not installed (Debian package tmux)" : undefined;
}

/** What runs in it, and how large it is. */
export interface TerminalOptions {
  /** A line for the shell. */
  readonly command: string;
  readonly cwd: string;
  readonly columns: number;
  readonly rows: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** A terminal with a program in it. */
export interface Terminal extends AsyncDisposable {
  /** What stands on it, one text per line, blanks at the ends left out. */
  screen(): string[];
  /** Resolves with the screen once `holds` does; rejects with it after 30 s. */
  until(what: string, holds: (screen: readonly string[]) => boolean): Promise<string[]>;
  /** As tmux names keys: `q`, `C-c`, `Down`. */
  press(...keys: readonly string[]): void;
  resize(columns: number, rows: number): void;
  /** Whether the alternate screen is up, and whether the cursor is to be seen. */
  state(): { readonly alternate: boolean; readonly cursor: boolean };
  /** The program in it. */
  readonly pid: number;
}

/** Starts it. Disposing ends it with all that runs in it. */
export async function startTerminal(options: TerminalOptions): Promise<Terminal> {
  const folder = await mkdtemp(join(tmpdir(), "tpctl-terminal-"));
  const tmux = (...args: readonly string[]): string => {
    const argv = ["tmux", "-S", join(folder, "socket"), "-f", "/dev/null", ...args];
    const run = Bun.spawnSync(argv, {
      cwd: options.cwd,
      env: {
        ...{ PATH: process.env.PATH ?? "", HOME: options.cwd, TZ: "UTC" },
        ...{ LANG: "C.UTF-8", TERM: "xterm-256color", SHELL: "/bin/sh", ...options.env },
      },
    });
    if (!run.success) throw new Error(`tmux ${args[0]}: ${run.stderr}`);
    return run.stdout.toString();
  };
  const size = ["-x", String(options.columns), "-y", String(options.rows)];
  tmux("-u", "new-session", "-d", ...size, "-c", options.cwd, options.command);
  const screen = (): string[] => tmux("capture-pane", "-p").split("\n").slice(0, -1);
  const format = (text: string): string => tmux("display-message", "-p", text).trim();
  return {
    screen,
    until: async (what, holds) => {
      try {
        return await eventually(() => {
          const now = screen();
          return holds(now) ? now : undefined;
        });
      } catch {
        throw new Error(`not ${what}:\n${screen().join("\n")}`);
      }
    },
    press: (...keys) => void tmux("send-keys", ...keys),
    resize: (columns, rows) =>
      void tmux("resize-window", "-x", String(columns), "-y", String(rows)),
    state: () => {
      const [alternate, cursor] = format("#{alternate_on} #{cursor_flag}").split(" ");
      return { alternate: alternate === "1", cursor: cursor === "1" };
    },
    pid: Number(format("#{pane_pid}")),
    async [Symbol.asyncDispose](): Promise<void> {
      try {
        tmux("kill-server");
      } catch {
        // Gone already, with the last program in it.
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}
