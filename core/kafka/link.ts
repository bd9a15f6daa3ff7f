/**
 * Edge (net, clock). One connection to one broker: opened once, closed once, every request with a time
 * limit. A link that failed stays closed; whoever needs it again opens a new one.
 */
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { type HostPort, hostPortText } from "../config/endpoint.ts";
import type { AnswerMemory } from "./answer_memory.ts";
import type { Api } from "./apis.ts";
import type { KafkaConnectionOptions } from "./connection_options.ts";
import { connectFailure, KafkaFailure, requestFailure } from "./failure.ts";
import {
  type ApiVersions,
  connectInner,
  innerCall,
  type InnerConnection,
  type WireCall,
} from "./kafkajs_inner.ts";

/** Connecting, handshake, versions and log-on together. */
export const connectMsMax = 10_000;
/** An answer that the broker gives at once. */
export const requestMsMax = 15_000;
const keepAliveMs = 60_000;

/** An open connection. */
export interface Link {
  readonly address: HostPort;
  readonly closed: boolean;
  /** The version of an API that this broker and we would use at most `ours`, or undefined. */
  version(api: Api, ours: number): number | undefined;
  /** Sends a request; error codes in the answer are the caller's business. Rejects with KafkaFailure. */
  request<T>(api: Api, request: object, options?: RequestOptions<T>): Promise<T>;
  /** Lets go at once; what is under way rejects. */
  close(): void;
}

/** How a request differs from the usual. */
export interface RequestOptions<T> {
  readonly timeoutMs?: number;
  /** Replaces kafkajs's encoding and decoding. */
  readonly call?: (usual: WireCall<T>) => WireCall<T>;
}

/** How to log on, and what long answers stand in. */
export interface LinkOptions extends KafkaConnectionOptions {
  readonly memory: AnswerMemory;
}

/** Connects and logs on; rejects with a KafkaFailure that says which of it went wrong. */
export async function openLink(
  address: HostPort,
  options: LinkOptions,
  signal?: AbortSignal,
): Promise<Link> {
  const opened = new BrokerLink(address, options);
  await opened.open(signal);
  return opened;
}

class BrokerLink implements Link {
  readonly address: HostPort;
  #options: LinkOptions;
  #connection: InnerConnection | undefined;
  #socket: Socket | undefined;
  #versions: ApiVersions = {};
  #closed = false;

  constructor(address: HostPort, options: LinkOptions) {
    this.address = address;
    this.#options = options;
  }

  get closed(): boolean {
    return this.#closed || this.#connection?.isConnected() !== true;
  }

  async open(signal?: AbortSignal): Promise<void> {
    const where = `Kafka broker '${hostPortText(this.address)}'`;
    const connecting = connectInner({
      host: this.address.host,
      port: this.address.port,
      clientId: this.#options.clientId,
      sasl: this.#options.sasl === undefined ? null : { ...this.#options.sasl },
      socketFactory: (target) => this.#socket = openSocket(target, this.#options),
      connectionTimeout: connectMsMax,
      memory: this.#options.memory,
    }, (connection) => this.#connection = connection);
    const late = new KafkaFailure(
      `Cannot connect to ${where}: it did not answer within ${connectMsMax} ms, ` +
        "expected a listening broker",
      "timeout",
    );
    try {
      this.#versions = await this.#within(connecting, { ms: connectMsMax, late, signal });
    } catch (error) {
      this.close();
      throw connectFailure(error, this.address, this.#options);
    }
  }

  version(api: Api, ours: number): number | undefined {
    const theirs = this.#versions[api.key];
    if (theirs === undefined || theirs.minVersion > ours) return undefined;
    return Math.min(ours, theirs.maxVersion);
  }

  async request<T>(api: Api, request: object, options: RequestOptions<T> = {}): Promise<T> {
    const connection = this.#connection;
    const where = `Kafka broker '${hostPortText(this.address)}'`;
    if (this.#closed || connection === undefined) {
      throw new KafkaFailure(`The connection to ${where} is closed`, "closed");
    }
    const usual = innerCall<T>(api, this.#versions, request);
    if (usual === undefined) {
      throw new KafkaFailure(
        `Cannot use ${where}: it supports no version of ${api.name} that is known here, ` +
          "expected Kafka 0.11 or later",
        "protocol",
      );
    }
    const { request: wire, response } = options.call?.(usual) ?? usual;
    const decode = (bytes: Buffer): Promise<T> => response.decode(bytes);
    const ms = options.timeoutMs ?? requestMsMax;
    const late = new KafkaFailure(
      `Cannot finish ${api.name} at ${where}: no answer within ${ms} ms`,
      "timeout",
    );
    try {
      const answer = connection.send({ request: wire, response: { decode, parse: itself } });
      return await this.#within(answer, { ms, late });
    } catch (error) {
      this.close();
      throw requestFailure(error, api.name, this.address);
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const text = `The connection to Kafka broker '${hostPortText(this.address)}' is closed`;
    this.#connection?.rejectRequests(new KafkaFailure(text, "closed"));
    void this.#connection?.disconnect().catch(ignore);
    this.#socket?.destroy();
  }

  /** `work`, unless it takes too long or is aborted: then `late`. */
  #within<T>(
    work: Promise<T>,
    limit: { readonly ms: number; readonly late: Error; readonly signal?: AbortSignal | undefined },
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const stop = (): void => reject(limit.late);
      const timer = setTimeout(stop, limit.ms);
      limit.signal?.addEventListener("abort", stop, { once: true });
      if (limit.signal?.aborted) stop();
      work.then(resolve, reject).finally(() => {
        clearTimeout(timer);
        limit.signal?.removeEventListener("abort", stop);
      });
    });
  }
}

function openSocket(
  target: { readonly host: string; readonly port: number; readonly onConnect: () => void },
  { tls }: KafkaConnectionOptions,
): Socket {
  const { host, port, onConnect } = target;
  const socket = tls === undefined ? connectTcp({ host, port }, onConnect) : connectTls({
    host,
    port,
    // A name is checked against the certificate; an address has no server name to send.
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls.key === undefined ? {} : { key: tls.key }),
    ...(tls.passphrase === undefined ? {} : { passphrase: tls.passphrase }),
    rejectUnauthorized: tls.verify ?? true,
  }, onConnect);
  socket.setKeepAlive(true, keepAliveMs);
  socket.setNoDelay(true);
  // kafkajs hears of an orderly end and of an error, but not of a close without either.
  socket.once("close", () => socket.emit("end"));
  return socket;
}

function itself<T>(answer: T): T {
  return answer;
}

function ignore(): void {}
