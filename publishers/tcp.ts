/**
 * Edge (net). `tcp://`: each sample as a signed metering message, msgpack behind 8 bytes of length
 * (little-endian). The far end confirms nothing: accepted means that the kernel has taken every byte
 * on a connection that was still open afterwards; what a far end loses with its process is lost.
 */
import { connect, type Socket } from "node:net";
import type { Clock } from "../core/clock.ts";
import type { PublisherSettings } from "../core/config/pipeline_config.ts";
import { readCollectorAddress } from "../core/config/publisher_address.ts";
import { PartialWriteError, type RefusedItem, StoreError } from "../core/delivery/writer.ts";
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

const lengthBytes = 8;
const connectMsMax = 10_000;
/** Longest wait for the far end to read on. */
const writeMsMax = 30_000;

/** `tcp://host:port`. */
export const tcpKind: PublisherKind<PublisherSettings> = {
  schemes: ["tcp"],
  help: "Sends each sample as a signed msgpack frame over one connection.",
  takes: ["samples"],
  options: [],
  unknownOptions: "error",
  concurrency: 1,
  gather: { items_max: 500, wait_ms: 0 },
  farEnd: (url) => {
    const { host, port } = readCollectorAddress(url, tcpKind);
    return { kind: "tcp", host, port };
  },
  create: (url, deps) => new TcpPublisher(url, deps),
};

class TcpPublisher implements Publisher {
  readonly name: string;
  readonly #host: string;
  readonly #port: number;
  readonly #clock: Clock;
  readonly #packer: MeterPacker;
  #connection: Connection | undefined;
  #isClosed = false;

  constructor(url: PublisherUrl, { clock, settings }: PublisherDeps<PublisherSettings>) {
    const { name, host, port } = readCollectorAddress(url, tcpKind);
    this.name = name;
    this.#host = host;
    this.#port = port;
    this.#clock = clock;
    this.#packer = new MeterPacker(createSigner(settings.telemetrySecret), settings.host);
  }

  async publishSamples(samples: readonly Sample[], signal: AbortSignal): Promise<void> {
    if (this.#isClosed) throw new Error(`${this.name} is closed`);
    if (samples.length === 0) return;
    const refused: RefusedItem[] = [];
    const frames = new ByteBuffer();
    samples.forEach((sample, item) => {
      const reason = this.#frame(frames, sample);
      if (reason !== undefined) refused.push({ item, reaction: "bisect", reason });
    });
    if (frames.length > 0) await this.#send(frames.since(0), signal);
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
    const connection = this.#connection;
    this.#connection = undefined;
    return connection?.end() ?? Promise.resolve();
  }

  /** Writes the sample's frame; or says why there is none. */
  #frame(frames: ByteBuffer, sample: Sample): string | undefined {
    const start = frames.length;
    try {
      frames.int64(0n);
      this.#packer.pack(frames, sample);
      const frame = frames.since(start);
      const view = new DataView(frame.buffer, frame.byteOffset);
      view.setBigUint64(0, BigInt(frame.length - lengthBytes), true);
      return undefined;
    } catch (error) {
      if (!(error instanceof UnpackableError)) throw error;
      frames.length = start;
      return `Cannot send sample '${sample.id}': ${error.message}`;
    }
  }

  async #send(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    try {
      // What the far end did while nothing was sent shows only once the event loop has turned.
      await this.#clock.sleep(0);
      if (this.#connection === undefined || this.#connection.isOver) {
        this.#connection = await openConnection(this.#host, this.#port, signal);
      }
      const connection = this.#connection;
      await connection.write(bytes, signal);
      // The answer to bytes for a connection that the far end had closed is a reset, at once.
      await this.#clock.sleep(0);
      if (connection.isOver) throw new Error("the far end closed the connection");
    } catch (error) {
      this.#connection?.destroy();
      this.#connection = undefined;
      throw this.#outage(error);
    }
  }

  #outage(error: unknown): StoreError {
    const why = error instanceof Error ? error.message : String(error);
    const text = `Cannot reach '${this.name}': ${why}, expected a server that reads`;
    return new StoreError(text, "retry", { cause: error });
  }
}

/** One connection; `isOver` as soon as the far end ended it or it failed. */
class Connection {
  readonly #socket: Socket;
  #failWrite: ((error: Error) => void) | undefined;
  isOver = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    const over = (error?: unknown) => {
      this.isOver = true;
      this.#failWrite?.(error instanceof Error ? error : new Error("the far end closed it"));
    };
    socket.on("end", over).on("close", over).on("error", over);
    // A receiver says nothing; were its words not read, the end behind them would not show.
    socket.resume();
  }

  /** Resolves when the kernel has taken all bytes. */
  async write(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    const given = AbortSignal.any([signal, AbortSignal.timeout(writeMsMax)]);
    try {
      await settled(given, (resolve, reject) => {
        this.#failWrite = reject;
        this.#socket.write(bytes, (error) => {
          if (error === null || error === undefined) resolve();
          else reject(error);
        });
      });
    } finally {
      this.#failWrite = undefined;
    }
  }

  end(): Promise<void> {
    return new Promise((resolve) => {
      if (this.isOver) return resolve();
      this.#socket.end(() => resolve());
      this.#socket.once("close", () => resolve());
    });
  }

  destroy(): void {
    this.isOver = true;
    this.#socket.destroy();
  }
}

async function openConnection(
  host: string,
  port: number,
  signal: AbortSignal,
): Promise<Connection> {
  const socket = connect({ host, port, noDelay: true });
  const given = AbortSignal.any([signal, AbortSignal.timeout(connectMsMax)]);
  try {
    await settled(given, (resolve, reject) => {
      socket.once("connect", resolve).once("error", reject);
    });
    return new Connection(socket);
  } catch (error) {
    socket.on("error", () => {}).destroy();
    throw error;
  }
}

/** A promise that is given up when the signal aborts. */
function settled(
  signal: AbortSignal,
  start: (resolve: () => void, reject: (error: unknown) => void) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(new Error("no answer in time"));
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { once: true });
    const done = () => signal.removeEventListener("abort", abort);
    start(() => {
      done();
      resolve();
    }, (error) => {
      done();
      reject(error);
    });
  });
}
