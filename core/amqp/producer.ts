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
import { AmqpFailure, type AmqpFailureKind, failureReactions, requestFailure } from "./failure.ts";
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
  /** Routes declared on this connection, or being so, as `exchange/queue`. */
  readonly declared: Map<string, Promise<void>>;
  /** How many messages of a route came back. */
  readonly returned: Map<string, number>;
  /** Rejects with the reason when the channel or the connection goes. */
  readonly broken: Promise<never>;
  /** A message too large for the broker broke it while several calls were under way. */
  isBrokenByOneOfMany: boolean;
}

/** Failures of single messages: the channel serves on. */
const ofOneMessage: ReadonlySet<AmqpFailureKind> = new Set(["full", "unroutable"]);

/**
 * Connects at the first `send`, and anew after a failure. Calls may come side by side, and are sent in
 * their order: a broker with a disk confirms many messages in the time of one. When one of many breaks
 * the channel, as many calls go one by one, until it is known which.
 */
export class AmqpProducer {
  readonly name: string;
  #access: BrokerAccess;
  #deps: AmqpProducerDeps;
  #turns: HostTurns;
  #session: Promise<Session> | undefined;
  #closed = false;
  /** Why the broker takes nothing, by its last word. */
  #blocked: string | undefined;
  #underWay = 0;
  /** How many calls are still to go one by one. */
  #careful = 0;
  /** The end of the last call that does. */
  #alone: Promise<void> = Promise.resolve();

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
    const before = this.#alone;
    if (this.#careful === 0) {
      await before;
      return await this.#send(messages, signal);
    }
    this.#careful--;
    const sending = before.then(() => this.#send(messages, signal));
    this.#alone = sending.catch(() => undefined);
    await sending;
  }

  async #send(messages: readonly OutgoingMessage[], signal: AbortSignal): Promise<void> {
    const stop = new AbortController();
    const give = (): void => stop.abort();
    signal.addEventListener("abort", give, { once: true });
    const { clock, confirmMsMax = confirmMsDefault } = this.#deps;
    const late = clock.sleep(signal.aborted ? 0 : confirmMsMax, stop.signal).then(() => {
      throw this.#lateFailure(signal.aborted);
    });
    late.catch(() => undefined);
    const opening = this.#session ??= this.#open();
    this.#underWay++;
    try {
      await Promise.race([this.#attempt(opening, messages, stop.signal), late]);
    } catch (error) {
      const failure = requestFailure(error, `send to '${this.name}'`);
      throw storeError(await this.#afterFailure(opening, failure));
    } finally {
      this.#underWay--;
      stop.abort();
      signal.removeEventListener("abort", give);
    }
  }

  /** Lets go of the connection. Safe to call twice. */
  async close(): Promise<void> {
    this.#closed = true;
    const session = await this.#session?.catch(() => undefined);
    this.#session = undefined;
    await session?.connection.close();
  }

  /** Lets go of the connection: what was sent and not confirmed fails for every call under way. */
  async #afterFailure(opening: Promise<Session>, failure: AmqpFailure): Promise<AmqpFailure> {
    if (ofOneMessage.has(failure.kind)) return failure;
    if (this.#session === opening) this.#session = undefined;
    void opening.then((session) => session.connection.destroy(), () => undefined);
    if (failure.kind !== "too_large" || !(await opening).isBrokenByOneOfMany) return failure;
    const text = `Cannot send to '${this.name}': one of several messages was too large, ` +
      "expected that it shows when they go one by one";
    return new AmqpFailure(text, "closed", { cause: failure });
  }

  async #attempt(
    opening: Promise<Session>,
    messages: readonly OutgoingMessage[],
    signal: AbortSignal,
  ): Promise<void> {
    const session = await opening;
    if (signal.aborted) return;
    const blocked = session.connection.blocked();
    if (blocked !== undefined) throw this.#blockedFailure(blocked);
    await Promise.race([this.#publish(session, messages), session.broken]);
  }

  async #publish(session: Session, messages: readonly OutgoingMessage[]): Promise<void> {
    const { channel, declared, returned } = session;
    for (const message of messages) await this.#declared(session, message);
    const before = new Map(returned);
    await Promise.all(messages.map((message) => this.#confirm(channel, message)));
    const lost = messages.find((each) => returned.get(routeOf(each)) !== before.get(routeOf(each)));
    if (lost === undefined) return;
    declared.delete(routeOf(lost));
    throw new AmqpFailure(
      `Cannot send to '${this.name}': exchange '${lost.exchange}' has no queue for ` +
        `'${lost.routingKey}', expected queue '${lost.routingKey}', which was there before`,
      "unroutable",
    );
  }

  /** Once per route and session, for all calls. */
  #declared({ channel, declared }: Session, message: OutgoingMessage): Promise<void> {
    const route = routeOf(message);
    const known = declared.get(route);
    if (known !== undefined) return known;
    const { exchange, routingKey: queue } = message;
    const declaring = declareRoute(channel, { exchange, queue }, this.#access.options);
    declared.set(route, declaring);
    declaring.catch(() => declared.delete(route));
    return declaring;
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
        session.broken.catch((failure: unknown) => this.#onBroken(session, failure));
        this.#turns.worked();
        this.#blocked = connection.blocked();
        connection.onBlocked((reason) => {
          this.#blocked = reason;
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

  /** Comes before any of the calls hears of it. */
  #onBroken(session: Session, failure: unknown): void {
    const isTooLarge = failure instanceof AmqpFailure && failure.kind === "too_large";
    if (!isTooLarge || this.#underWay < 2) return;
    session.isBrokenByOneOfMany = true;
    this.#careful = this.#underWay;
  }

  #lateFailure(aborted: boolean): AmqpFailure {
    if (this.#blocked !== undefined) return this.#blockedFailure(this.#blocked);
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
    const returned = new Map<string, number>();
    const doing = `send to '${connection.name}'`;
    // The request that caused it knows better what it was about, and hears of it at once.
    channel.on("error", (error: Error) => {
      setImmediate(() => reject(requestFailure(error, doing)));
    });
    channel.on("return", ({ fields }: Message) => {
      const route = routeOf(fields);
      returned.set(route, (returned.get(route) ?? 0) + 1);
    });
    void connection.closed.then(reject);
    const declared = new Map<string, Promise<void>>();
    return { connection, channel, declared, returned, broken, isBrokenByOneOfMany: false };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

function routeOf(
  { exchange, routingKey }: { readonly exchange: string; readonly routingKey: string },
): string {
  return `${exchange}/${routingKey}`;
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
