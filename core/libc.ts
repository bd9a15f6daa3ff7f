/**
 * Edge (libc). Calls of the system's C library for what the runtime has no call for: Unix datagrams and
 * flock. Which calls, and what they are for, is said where they are used.
 */

/** glibc, and musl on the two architectures that are built for. */
const names = ["libc.so.6", "libc.musl-x86_64.so.1", "libc.musl-aarch64.so.1"];

/** Opens the library by the first of its names that is there; throws the reason why the first is not. */
export function openLibc<Library>(open: (name: string) => Library): Library {
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
