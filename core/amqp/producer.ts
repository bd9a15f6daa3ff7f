/**
 * Edge (net). Sends messages to a RabbitMQ cluster as oslo.messaging's notifier does, and says yes
 * only when the broker has confirmed each: persistent, mandatory, in a queue that is declared before
 * the first message of its kind, so that nothing is lost while nobody listens. One attempt per call;
 * trying again is its caller's business.
 */
import type { ConfirmChannel, Message, Options } from "amqplib";
import type { Clock } from "../clock.ts";
import type { Log } from "../log/log.ts";
import { StoreError } from "../delivery/writer.ts";
import { compress } from "./compression.ts";
import {
  type BrokerAccess,
  type BrokerConnection,
  checkAccess,
  connectBroker,
  transportName,
} from "./connection.ts";
import { declareRoute } from "./declare.ts";
import { AmqpFailure, failureReactions, requestFailure } from "./failure.ts";
import { HostTurns } from "./host_turns.ts";

/** How long the broker may take to confirm what one call sends. */
export const confirmMsDefault = 60_000;

/** One message to send; its body is JSON in UTF-8. */
export interface OutgoingMessage {
  readonly exchange: string;
  /** Also the name of the queue that keeps it. */
  readonly routingKey: string;
  readonly body: Uint8Array;
}

/** What a producer works with; 0 <= random() < 1, for the order of hosts. */
export interface AmqpProducerDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  /** `confirmMsDefault` if left out. */
  readonly confirmMsMax?: number;
}

interface Session {
  readonly connection: BrokerConnection;
  readonly channel: ConfirmChannel;
  /** Routes declared on this connection, as `exchange/queue`. */
  readonly declared: Set<string>;
  /** Routes of messages that came back, until they are asked for. */
  readonly returned: Set<string>;
  /** Rejects with the reason when the channel or the connection goes. */
  readonly broken: Promise<never>;
}

/** Connects at the first `send`, and anew after a failure. Calls come one at a time. */
export class AmqpProducer {
  readonly name: string;
  #access: BrokerAccess;
  #deps: AmqpProducerDeps;
  #turns: HostTurns;
  #session: Session | undefined;
  #closed = false;

  /** Throws a ConfigError for what can never work. */
  constructor(access: BrokerAccess, deps: AmqpProducerDeps) {
    checkAccess(access);
    if (access.options.compression === "bz2") {
      deps.log.info(
        "kombu_compression = bz2: messages go out with gzip, which kombu reads as well",
      );
    }
    this.name = transportName(access.transport);
    this.#access = access;
    this.#deps = deps;
    this.#turns = new HostTurns(access.transport.hosts, access.options, deps.random);
  }

  /**
   * Resolves when the broker has confirmed every message. Rejects with a StoreError otherwise; some
   * of the messages may then have arrived. Aborting gives up waiting, with reaction `retry`.
   */
  async send(messages: readonly OutgoingMessage[], signal: AbortSignal): Promise<void> {
    if (messages.length === 0) return;
    const stop = new AbortController();
    const give = (): void => stop.abort();
    signal.addEventListener("abort", give, { once: true });
    const { clock, confirmMsMax = confirmMsDefault } = this.#deps;
    const late = clock.sleep(signal.aborted ? 0 : confirmMsMax, stop.signal).then(() => {
      throw this.#lateFailure(signal.aborted);
    });
    late.catch(() => undefined);
    try {
      await Promise.race([this.#attempt(messages, stop.signal), late]);
    } catch (error) {
      // What was sent and not confirmed must not be confirmed to a later call.
      this.#session?.connection.destroy();
      this.#session = undefined;
      throw storeError(requestFailure(error, `send to '${this.name}'`));
    } finally {
      stop.abort();
      signal.removeEventListener("abort", give);
    }
  }

  /** Lets go of the connection. Safe to call twice. */
  async close(): Promise<void> {
    this.#closed = true;
    const session = this.#session;
    this.#session = undefined;
    await session?.connection.close();
  }

  async #attempt(messages: readonly OutgoingMessage[], signal: AbortSignal): Promise<void> {
    const session = this.#session ??= await this.#open();
    if (signal.aborted) return;
    const blocked = session.connection.blocked();
    if (blocked !== undefined) throw this.#blockedFailure(blocked);
    await Promise.race([this.#publish(session, messages), session.broken]);
  }

  async #publish(session: Session, messages: readonly OutgoingMessage[]): Promise<void> {
    const { channel, declared, returned } = session;
    for (const { exchange, routingKey } of messages) {
      const route = `${exchange}/${routingKey}`;
      if (declared.has(route)) continue;
      await declareRoute(channel, { exchange, queue: routingKey }, this.#access.options);
      declared.add(route);
    }
    returned.clear();
    await Promise.all(messages.map((message) => this.#confirm(channel, message)));
    const lost = messages.find((each) => returned.has(`${each.exchange}/${each.routingKey}`));
    if (lost === undefined) return;
    throw new AmqpFailure(
      `Cannot send to '${this.name}': exchange '${lost.exchange}' has no queue for ` +
        `'${lost.routingKey}', expected queue '${lost.routingKey}', which was there before`,
      "unroutable",
    );
  }

  #confirm(channel: ConfirmChannel, message: OutgoingMessage): Promise<void> {
    const { body, properties } = prepared(message.body, this.#access.options.compression);
    return new Promise((resolve, reject) => {
      const answered = (error: unknown): void => {
        if (error === null || error === undefined) resolve();
        else if (isNack(error)) reject(this.#fullFailure(message));
      };
      const { exchange, routingKey } = message;
      channel.publish(exchange, routingKey, Buffer.from(body), properties, answered);
    });
  }

  /** Tries each host once; the last failure counts. */
  async #open(): Promise<Session> {
    for (let tried = 1;; tried++) {
      if (this.#closed) throw new AmqpFailure(`Cannot send to '${this.name}': closed`, "closed");
      try {
        const { clock, log } = this.#deps;
        const connection = await connectBroker(this.#turns.current(), this.#access, clock);
        const session = await openSession(connection);
        this.#turns.worked();
        connection.onBlocked((reason) => {
          if (reason === undefined) log.info(`'${connection.name}' takes messages again`);
          else log.warning(`'${connection.name}' takes no messages: ${reason}`);
        });
        log.info(`sending to ${connection.name}`);
        return session;
      } catch (error) {
        this.#turns.failed();
        if (tried >= this.#turns.count) throw error;
      }
    }
  }

  #lateFailure(aborted: boolean): AmqpFailure {
    const blocked = this.#session?.connection.blocked();
    if (blocked !== undefined) return this.#blockedFailure(blocked);
    const why = aborted ? "given up while waiting" : "no confirmation in time";
    return new AmqpFailure(`Cannot send to '${this.name}': ${why}`, "closed");
  }

  #fullFailure({ routingKey }: OutgoingMessage): AmqpFailure {
    const text = `Cannot send to '${this.name}': queue '${routingKey}' takes no more, ` +
      "expected room in it (x-max-length with x-overflow = reject-publish)";
    return new AmqpFailure(text, "full");
  }

  #blockedFailure(reason: string): AmqpFailure {
    const text = `Cannot send to '${this.name}': it takes no messages (${reason}), ` +
      "expected a broker with memory and disk to spare";
    return new AmqpFailure(text, "blocked");
  }
}

async function openSession(connection: BrokerConnection): Promise<Session> {
  const { promise: broken, reject } = Promise.withResolvers<never>();
  broken.catch(() => undefined);
  try {
    const channel = await connection.model.createConfirmChannel();
    const returned = new Set<string>();
    const doing = `send to '${connection.name}'`;
    // The request that caused it knows better what it was about, and hears of it at once.
    channel.on("error", (error: Error) => {
      setImmediate(() => reject(requestFailure(error, doing)));
    });
    channel.on("return", ({ fields }: Message) => {
      returned.add(`${fields.exchange}/${fields.routingKey}`);
    });
    void connection.closed.then(reject);
    return { connection, channel, declared: new Set(), returned, broken };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/** The properties that oslo.messaging 18.3 sends, and mandatory besides. */
function prepared(
  body: Uint8Array,
  compression: "gzip" | "bz2" | undefined,
): { readonly body: Uint8Array; readonly properties: Options.Publish } {
  const packed = compression === undefined ? { body, header: undefined } : compress(body);
  return {
    body: packed.body,
    properties: {
      contentType: "application/json",
      contentEncoding: "utf-8",
      deliveryMode: 2,
      priority: 0,
      headers: packed.header === undefined ? {} : { compression: packed.header },
      mandatory: true,
    },
  };
}

/** A nack is the queue's refusal; anything else is the end of the channel, which `broken` tells. */
function isNack(error: unknown): boolean {
  return error instanceof Error && error.message === "message nacked";
}

function storeError(failure: AmqpFailure): StoreError {
  return new StoreError(failure.message, failureReactions[failure.kind], { cause: failure });
}
