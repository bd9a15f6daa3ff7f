/**
 * Edge (net). Datagrams to a local socket, for syslog and the journal, by libc's socket and sendto:
 * the runtime has no Unix datagram sockets of its own. Linux only.
 */

/** A socket bound for one path. */
export interface DatagramSocket {
  /** Sends one datagram without waiting; false when nobody took it. */
  send(bytes: Uint8Array): boolean;
  close(): void;
}

/** Linux's numbers, the same on all architectures that Bun runs on. */
const AF_UNIX = 1;
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000;
const MSG_DONTWAIT_NOSIGNAL = 0x40 | 0x4000;
const pathBytesMax = 107;
/** glibc, and musl on the two architectures that are built for. */
const LIBC_NAMES = ["libc.so.6", "libc.musl-x86_64.so.1", "libc.musl-aarch64.so.1"];

/** Throws an Error with the reason; that somebody listens only shows at the first `send`. */
export async function openUnixDatagram(path: string): Promise<DatagramSocket> {
  if (process.platform !== "linux") throw new Error("this system has no such sockets for us");
  const address = addressOf(path);
  const { dlopen } = await import("bun:ffi");
  const open = (name: string) =>
    dlopen(name, {
      socket: { args: ["i32", "i32", "i32"], returns: "i32" },
      sendto: { args: ["i32", "ptr", "usize", "i32", "ptr", "u32"], returns: "i64" },
      close: { args: ["i32"], returns: "i32" },
    });
  const { symbols, close } = firstOf(LIBC_NAMES, open);
  const descriptor = symbols.socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0);
  if (descriptor < 0) {
    close();
    throw new Error("no socket could be opened");
  }
  return {
    send(bytes): boolean {
      const flags = MSG_DONTWAIT_NOSIGNAL;
      const { length } = bytes;
      const sent = symbols.sendto(descriptor, bytes, length, flags, address, address.length);
      return Number(sent) === length;
    },
    close(): void {
      symbols.close(descriptor);
      close();
    },
  };
}

function firstOf<T>(names: readonly string[], open: (name: string) => T): T {
  let failure: unknown;
  for (const name of names) {
    try {
      return open(name);
    } catch (cause) {
      failure ??= cause;
    }
  }
  throw failure;
}

/** struct sockaddr_un: the family, then the path ended by a zero. */
function addressOf(path: string): Uint8Array {
  const name = new TextEncoder().encode(path);
  if (!path.startsWith("/") || name.length > pathBytesMax) {
    throw new Error(`it is not an absolute path of at most ${pathBytesMax} bytes`);
  }
  const address = new Uint8Array(2 + name.length + 1);
  new DataView(address.buffer).setUint16(0, AF_UNIX, true);
  address.set(name, 2);
  return address;
}
