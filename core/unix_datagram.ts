/**
 * Edge (net). Datagrams to a local socket, for syslog, the journal and systemd, by libc's socket and
 * sendto: the runtime has no Unix datagram sockets of its own, and what a child process sent would not
 * come from this one. Linux only.
 */
import { openLibc } from "./libc.ts";

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

/**
 * To a path, or to an abstract name as `@name`. Rejects with an Error that says why not; that somebody
 * listens only shows at the first `send`.
 */
export async function openUnixDatagram(path: string): Promise<DatagramSocket> {
  if (process.platform !== "linux") throw new Error("this system has no such sockets for us");
  const address = addressOf(path);
  const { dlopen } = await import("bun:ffi");
  const { symbols, close } = openLibc((name) =>
    dlopen(name, {
      socket: { args: ["i32", "i32", "i32"], returns: "i32" },
      sendto: { args: ["i32", "ptr", "usize", "i32", "ptr", "u32"], returns: "i64" },
      close: { args: ["i32"], returns: "i32" },
    })
  );
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

/** struct sockaddr_un: the family, then the path ended by 0, or after a 0 the abstract name. */
function addressOf(path: string): Uint8Array {
  const abstract = path.startsWith("@");
  if (!abstract && !path.startsWith("/")) throw new Error("it is neither a path nor '@name'");
  const name = new TextEncoder().encode(abstract ? path.slice(1) : path);
  if (name.length > pathBytesMax) throw new Error(`it is longer than ${pathBytesMax} bytes`);
  const address = new Uint8Array(2 + name.length + 1);
  new DataView(address.buffer).setUint16(0, AF_UNIX, true);
  address.set(name, abstract ? 3 : 2);
  return address;
}
