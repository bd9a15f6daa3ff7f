/**
 * Edge (net). `udp://`: each sample as a signed metering message in one msgpack datagram. Nobody
 * confirms a datagram: accepted means handed to the network. They are paced, because a receiver's
 * kernel drops what comes faster than it is read, without a word to anybody.
 */
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { Clock } from "../core/clock.ts";
import type { PublisherSettings } from "../core/config/pipeline_config.ts";
import { readCollectorAddress } from "../core/config/publisher_address.ts";
import { PartialWriteError, type RefusedItem, StoreError } from "../core/delivery/writer.ts";
import type { Log } from "../core/log/log.ts";
import { ByteBuffer } from "../core/pipeline/byte_buffer.ts";
import { MeterPacker } from "../core/pipeline/meter_message.ts";
import { UnpackableError } from "../core/pipeline/msgpack.ts";
import type {
  Publisher,
  PublisherDeps,
  PublisherKind,
  PublisherUrl,
} from "../core/pipeline/publisher.ts";
import type { Sample } from "../core/pipeline/sample.ts";
import { createSigner } from "../core/pipeline/signature.ts";

/** What one IP packet can carry. */
const datagramBytesMax = 65_507;
/**
 * Datagrams per ms and at once. A receiver with the usual 212,992 bytes of buffer loses nothing at 25
 * per ms while it gets its turn every few ms; unpaced it loses two thirds.
 */
const datagramsPerMs = 22;
const burstMax = 32;
/** How long the addresses of a host name are used. */
const resolvedMs = 30_000;
/** How often a full send buffer is tried again, 1 ms apart. */
const fullTriesMax = 1000;
/** At most one warning of that many ms says that a host sends our datagrams back. */
const warningMs = 60_000;

/** `udp://host:port`. */
export const udpKind: PublisherKind<PublisherSettings> = {
  schemes: ["udp"],
  help: "Sends each sample as a signed msgpack datagram; losses on the way are noticed by nobody.",
  takes: ["samples"],
  options: [],
  unknownOptions: "error",
  concurrency: 1,
  gather: { items_max: 500, wait_ms: 0 },
  farEnd: (url) => {
    const { host, port } = readCollectorAddress(url, udpKind);
    return { kind: "udp", host, port };
  },
  create: (url, deps) => new UdpPublisher(url, deps),
};

type UdpSocket = Bun.udp.ConnectedSocket<"uint8array">;

interface Target {
  readonly address: string;
  readonly socket: UdpSocket;
  readonly untilMs: number;
}

class UdpPublisher implements Publisher {
  readonly name: string;
  readonly #host: string;
  readonly #port: number;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #packer: MeterPacker;
  /** The datagrams of a burst, one behind the other, until they are sent. */
  readonly #bytes = new ByteBuffer();
  readonly #pace: Pace;
  #target: Target | undefined;
  #warnedMs = -Infinity;
  #isClosed = false;

  constructor(url: PublisherUrl, { clock, log, settings }: PublisherDeps<PublisherSettings>) {
    const { name, host, port } = readCollectorAddress(url, udpKind);
    this.name = name;
    this.#host = host;
    this.#port = port;
    this.#clock = clock;
    this.#log = log;
    this.#packer = new MeterPacker(createSigner(settings.telemetrySecret));
    this.#pace = new Pace(clock);
  }

  async publishSamples(samples: readonly Sample[], signal: AbortSignal): Promise<void> {
    if (this.#isClosed) throw new Error(`${this.name} is closed`);
    if (samples.length === 0) return;
    const target = await this.#resolve();
    const refused: RefusedItem[] = [];
    for (let item = 0; item < samples.length;) {
      const free = await this.#pace.free(signal);
      const burst: Uint8Array[] = [];
      this.#bytes.length = 0;
      for (; item < samples.length && burst.length < free; item++) {
        const sample = samples[item];
        const datagram = sample && this.#pack(sample);
        if (datagram instanceof Uint8Array) burst.push(datagram);
        else if (datagram !== undefined) refused.push({ item, ...datagram });
      }
      this.#pace.spend(burst.length);
      await this.#send(target, burst, signal);
    }
    if (refused.length > 0) {
      throw new PartialWriteError(
        `Cannot send ${refused.length} of ${samples.length} samples to '${this.name}': ` +
          `${refused[0]?.reason}`,
        refused,
      );
    }
  }

  publishEvents(): Promise<void> {
    return Promise.reject(new Error(`${this.name} takes samples only`));
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#target?.socket.close();
    this.#target = undefined;
    return Promise.resolve();
  }

  /** The datagram, in memory that stays as it is until the burst is sent. */
  #pack(sample: Sample): Uint8Array | Omit<RefusedItem, "item"> {
    const start = this.#bytes.length;
    try {
      this.#packer.pack(this.#bytes, sample);
      const length = this.#bytes.length - start;
      if (length <= datagramBytesMax) return this.#bytes.since(start);
      this.#bytes.length = start;
      const reason = `Cannot send sample '${sample.id}': it has ${length} bytes, ` +
        `expected at most ${datagramBytesMax} for one datagram`;
      return { reaction: "split", reason };
    } catch (error) {
      if (!(error instanceof UnpackableError)) throw error;
      this.#bytes.length = start;
      const reason = `Cannot send sample '${sample.id}': ${error.message}`;
      return { reaction: "bisect", reason };
    }
  }

  /** All of a burst by one call, as far as there is room for it. */
  async #send(
    target: Target,
    burst: readonly Uint8Array[],
    signal: AbortSignal,
  ): Promise<void> {
    const { socket, address } = target;
    let left = burst;
    for (let tries = 0; tries < fullTriesMax; tries++) {
      if (left.length === 0) return;
      if (signal.aborted) break;
      try {
        const sent = socket.sendMany(left);
        if (sent === left.length) return;
        left = left.slice(sent);
      } catch (error) {
        if (!isAnswer(error)) {
          this.#target = undefined;
          socket.close();
          throw this.#outage(`${address} cannot be reached`, error);
        }
        this.#warn([error]);
      }
      await this.#clock.sleep(1, signal);
    }
    throw this.#outage("the send buffer stays full", undefined);
  }

  /** A socket for the host's address, IPv6 before IPv4 as the reference has it. */
  async #resolve(): Promise<Target> {
    const known = this.#target;
    if (known !== undefined && this.#clock.monotonic() < known.untilMs) return known;
    this.#target = undefined;
    known?.socket.close();
    const { address, family } = await this.#lookUp();
    try {
      // Connected, for the kernel finds the way once then, and not for each datagram.
      const socket = await Bun.udpSocket({
        hostname: family === 6 ? "::" : "0.0.0.0",
        connect: { hostname: address, port: this.#port },
        binaryType: "uint8array",
        socket: { data: () => {}, error: (...given: unknown[]) => this.#warn(given) },
      });
      const untilMs = this.#clock.monotonic() + resolvedMs;
      this.#target = { address, socket, untilMs };
      return this.#target;
    } catch (error) {
      throw this.#outage(`${address} cannot be reached`, error);
    }
  }

  async #lookUp(): Promise<{ readonly address: string; readonly family: number }> {
    const family = isIP(this.#host);
    if (family > 0) return { address: this.#host, family };
    try {
      const found = await lookup(this.#host, { all: true });
      const best = found.find((one) => one.family === 6) ?? found[0];
      if (best === undefined) throw new Error("it has no address");
      return best;
    } catch (error) {
      throw this.#outage(`the host name '${this.#host}' cannot be resolved`, error);
    }
  }

  /** The far end's host may say that nobody listens; which datagram it was is not known. */
  #warn(given: readonly unknown[]): void {
    // The runtime gives the error alone, its types a socket before it.
    const error = given.find((one) => one instanceof Error);
    const nowMs = this.#clock.monotonic();
    if (nowMs - this.#warnedMs < warningMs) return;
    this.#warnedMs = nowMs;
    this.#log.warning(`Datagrams to '${this.name}' come back: ${error?.message}`);
  }

  #outage(why: string, cause: unknown): StoreError {
    const text = `Cannot reach '${this.name}': ${why}, expected a network that takes datagrams`;
    return new StoreError(text, "retry", { cause });
  }
}

/** Whether it says that nobody listened for one that went before: of these none has gone yet. */
function isAnswer(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ECONNREFUSED";
}

/** Lets `burstMax` datagrams go at once, and `datagramsPerMs` in the long run. */
class Pace {
  readonly #clock: Clock;
  #free = burstMax;
  #atMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#atMs = clock.monotonic();
  }

  /** Resolves with how many may go now, at least one; before each burst there is a pause. */
  async free(signal: AbortSignal): Promise<number> {
    while (this.#free < 1 && !signal.aborted) {
      await this.#clock.sleep(1, signal);
      const nowMs = this.#clock.monotonic();
      this.#free = Math.min(burstMax, this.#free + (nowMs - this.#atMs) * datagramsPerMs);
      this.#atMs = nowMs;
    }
    return Math.max(1, Math.floor(this.#free));
  }

  /** So many go. */
  spend(count: number): void {
    this.#free -= count;
  }
}
