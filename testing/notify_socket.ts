/**
 * Edge (net). systemd's side of the notification socket, for tests: a datagram socket of the unix
 * family, opened through libc since the runtime has none.
 */
import { dlopen } from "bun:ffi";

/** A socket that listens. */
export interface NotifySocket extends Disposable {
  /** What NOTIFY_SOCKET is to be. */
  readonly path: string;
  /** The datagrams that have come, in order. */
  messages(): readonly string[];
  /** Resolves once a datagram matches; rejects with all of them after `timeoutMs` (10 s). */
  waitFor(pattern: RegExp, timeoutMs?: number): Promise<string>;
  close(): void;
}

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const MSG_DONTWAIT = 0x40;

/** Listens at a path, or for `@name` at an abstract one. */
export function openNotifySocket(path: string): NotifySocket {
  const libc = dlopen("libc.so.6", {
    socket: { args: ["i32", "i32", "i32"], returns: "i32" },
    bind: { args: ["i32", "ptr", "u32"], returns: "i32" },
    recv: { args: ["i32", "ptr", "usize", "i32"], returns: "i64" },
    close: { args: ["i32"], returns: "i32" },
  });
  const name = new TextEncoder().encode(path.replace(/^@/, "\0"));
  const address = new Uint8Array(2 + name.length + (path.startsWith("@") ? 0 : 1));
  address[0] = AF_UNIX;
  address.set(name, 2);
  const descriptor = libc.symbols.socket(AF_UNIX, SOCK_DGRAM, 0);
  if (libc.symbols.bind(descriptor, address, address.length) !== 0) {
    throw new Error(`Cannot bind a notification socket at '${path}'`);
  }
  const received: string[] = [];
  const buffer = new Uint8Array(4096);
  const messages = (): readonly string[] => {
    for (;;) {
      const length = Number(libc.symbols.recv(descriptor, buffer, buffer.length, MSG_DONTWAIT));
      if (length < 0) return received;
      received.push(new TextDecoder().decode(buffer.subarray(0, length)));
    }
  };
  const close = (): void => {
    libc.symbols.close(descriptor);
    libc.close();
  };
  return {
    path,
    messages,
    async waitFor(pattern, timeoutMs = 10_000): Promise<string> {
      const deadline = performance.now() + timeoutMs;
      for (;;) {
        const found = messages().find((message) => pattern.test(message));
        if (found !== undefined) return found;
        if (performance.now() > deadline) {
          throw new Error(`no ${pattern} in ${JSON.stringify(received)}`);
        }
        await Bun.sleep(20);
      }
    },
    close,
    [Symbol.dispose]: close,
  };
}
