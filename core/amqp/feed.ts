/**
 * Edge (net). Keeps consuming one cluster's notification queues: connects to its hosts in turn,
 * declares, consumes with prefetch, and starts over after every failure. One feed is one connection
 * and one channel; several clusters are several feeds (source.ts).
 */
import type { Channel, ConsumeMessage } from "amqplib";
import type { Clock } from "../clock.ts";
import type { AmqpHost } from "../config/endpoint.ts";
import type { Log } from "../log/log.ts";
import {
  type BrokerAccess,
  type BrokerConnection,
  connectBroker,
  transportName,
} from "./connection.ts";
import { declareAll } from "./declare.ts";
import { AmqpFailure, requestFailure } from "./failure.ts";
import { HostTurns } from "./host_turns.ts";
import type { AmqpDelivery } from "./delivery.ts";
import type { Delivered } from "./delivery_reader.ts";
import { deliveredOf, deliveryOf } from "./incoming.ts";
import { Settlements } from "./settlements.ts";
import { SettlingFrames } from "./settling_frames.ts";
import { queueNames } from "./topology.ts";

/** How long one turn of waiting lasts, for the watchdog. */
const turnMsMax = 1_000;
/** How long the broker may take to confirm that it stops delivering. */
const cancelMsMax = 2_000;

/** What a feed consumes, and from where. */
export interface FeedOptions extends BrokerAccess {
  readonly exchanges: readonly string[];
  readonly topics: readonly string[];
}

/** What a feed tells. */
export interface FeedEvents {
  /** A message came; it counts against the prefetch until it is settled. */
  onDelivery(delivery: AmqpDelivery): void;
  /** Consuming, or why not; at every change. */
  onState(state: { readonly ready: boolean; readonly reason?: string }): void;
  /** A wait, an attempt or a back-off step ended. */
  onTurn(): void;
}

/** What a feed works with. */
export interface FeedDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** 0 <= n < 1, for the order of hosts. */
  readonly random: () => number;
}

interface Session {
  readonly connection: BrokerConnection;
  readonly channel: Channel;
  readonly settlements: Settlements;
  readonly consumerTags: string[];
  /** Resolves with why the session is over. */
  readonly ended: Promise<AmqpFailure>;
  end(reason: AmqpFailure): void;
}

/** Runs from `run` until `close`. */
export class Feed {
  readonly name: string;
  #options: FeedOptions;
  #events: FeedEvents;
  #deps: FeedDeps;
  #queues: readonly string[];
  #stop = new AbortController();
  #stopped = new Promise<void>((resolve) => {
    this.#stop.signal.addEventListener("abort", () => resolve(), { once: true });
  });
  #session: Session | undefined;
  #said = "";
  #ran: Promise<void> = Promise.resolve();

  constructor(options: FeedOptions, events: FeedEvents, deps: FeedDeps) {
    this.#options = options;
    this.#events = events;
    this.#deps = deps;
    this.#queues = queueNames(options.topics);
    this.name = transportName(options.transport);
  }

  /** Starts; everything else is told by events. */
  start(): void {
    this.#ran = this.#run();
  }

  /** Delivered and not settled, on the living channel. */
  get outstanding(): number {
    return this.#session?.settlements.outstanding ?? 0;
  }

  /** Messages that wait in the queues; undefined while nobody can be asked. */
  async waiting(): Promise<number | undefined> {
    const session = this.#session;
    if (session === undefined) return undefined;
    try {
      let messages = 0;
      for (const queue of this.#queues) {
        messages += (await session.channel.checkQueue(queue)).messageCount;
      }
      return messages;
    } catch {
      return undefined;
    }
  }

  /** No more deliveries; what was delivered can still be settled. */
  async stopConsuming(): Promise<void> {
    this.#stop.abort();
    const session = this.#session;
    if (session === undefined) return;
    const done = new AbortController();
    const cancelled = Promise.allSettled(
      session.consumerTags.map((tag) => session.channel.cancel(tag)),
    ).finally(() => done.abort());
    await Promise.race([cancelled, this.#deps.clock.sleep(cancelMsMax, done.signal)]);
  }

  /** Sends what is settled and lets go of the connection; unsettled messages go back. */
  async close(): Promise<void> {
    this.#stop.abort();
    const session = this.#session;
    if (session !== undefined) {
      session.settlements.flush();
      session.settlements.lose();
      await session.connection.close();
    }
    await this.#ran;
  }

  async #run(): Promise<void> {
    const { transport, options } = this.#options;
    const turns = new HostTurns(transport.hosts, options, this.#deps.random);
    while (!this.#stop.signal.aborted) {
      const waitMs = await this.#live(turns).catch((error: unknown) => {
        if (!(error instanceof AmqpFailure)) throw error;
        this.#say(error.message);
        return turns.failed();
      });
      await this.#wait(waitMs);
    }
  }

  /** One connection from its opening to its end; resolves with how long to wait after it. */
  async #live(turns: HostTurns): Promise<number> {
    const session = await this.#open(turns);
    this.#session = session;
    turns.worked();
    this.#say(undefined);
    const reason = await this.#consume(session);
    this.#session = undefined;
    session.settlements.lose();
    void session.connection.close();
    this.#say(reason.message);
    turns.failed();
    return this.#options.options.reconnectDelayMs;
  }

  async #open(turns: HostTurns): Promise<Session> {
    const { options, exchanges } = this.#options;
    this.#events.onTurn();
    const connection = await this.#connect(turns.current());
    try {
      const channel = await connection.model.createChannel().catch((error) => {
        throw requestFailure(error, "open a channel");
      });
      const session = newSession(connection, channel);
      connection.takeDeliveries((delivered) => this.#take(session, delivered));
      await channel.prefetch(options.prefetchCount);
      await declareAll(channel, { exchanges, queues: this.#queues }, options);
      for (const queue of this.#queues) await this.#consumeQueue(session, queue);
      return session;
    } catch (error) {
      await connection.close();
      throw requestFailure(error, `consume from '${connection.name}'`);
    }
  }

  /** Gives up at once when it is told to stop; a connection that comes later is closed. */
  async #connect(host: AmqpHost): Promise<BrokerConnection> {
    const connecting = connectBroker(host, this.#options, this.#deps.clock);
    const connection = await Promise.race([connecting, this.#stopped]);
    if (connection !== undefined) return connection;
    void connecting.then((late) => late.close(), () => undefined);
    throw new AmqpFailure(`Cannot connect to '${this.name}': told to stop`, "closed");
  }

  async #consumeQueue(session: Session, queue: string): Promise<void> {
    const onMessage = (message: ConsumeMessage | null): void => {
      if (message !== null) return this.#take(session, deliveredOf(message));
      const text = `The broker cancelled the consumer of queue '${queue}': it was deleted or lost`;
      session.end(new AmqpFailure(text, "closed"));
    };
    const { consumerTag } = await session.channel.consume(queue, onMessage, { noAck: false })
      .catch((error) => {
        throw requestFailure(error, `consume queue '${queue}'`);
      });
    session.consumerTags.push(consumerTag);
  }

  /** What comes when the session is over goes back by itself. */
  #take({ settlements }: Session, delivered: Delivered): void {
    if (!settlements.alive) return;
    settlements.received(delivered.method.tag);
    this.#events.onDelivery(deliveryOf(delivered, settlements));
  }

  /** Until the session ends; the watchdog hears of every second of it. */
  async #consume(session: Session): Promise<AmqpFailure> {
    for (;;) {
      const turn = new AbortController();
      const wait = this.#deps.clock.sleep(turnMsMax, turn.signal);
      const reason = await Promise.race([session.ended, wait]);
      turn.abort();
      this.#events.onTurn();
      if (reason !== undefined) return reason;
    }
  }

  async #wait(waitMs: number): Promise<void> {
    const { clock } = this.#deps;
    for (let leftMs = waitMs; leftMs > 0 && !this.#stop.signal.aborted; leftMs -= turnMsMax) {
      await clock.sleep(Math.min(leftMs, turnMsMax), this.#stop.signal);
      this.#events.onTurn();
    }
  }

  /** Undefined: consuming. */
  #say(reason: string | undefined): void {
    if (this.#stop.signal.aborted || reason === this.#said) return;
    this.#said = reason ?? "";
    const { log } = this.#deps;
    if (reason === undefined) {
      log.info(`consuming from ${this.#session?.connection.name}`);
      this.#events.onState({ ready: true });
    } else {
      log.error(reason);
      this.#events.onState({ ready: false, reason });
    }
  }
}

function newSession(connection: BrokerConnection, channel: Channel): Session {
  const frames = new SettlingFrames(channelNumber(channel), (octets) => connection.send(octets));
  const settlements = new Settlements(frames, (flush) => setImmediate(flush));
  const { promise: ended, resolve } = Promise.withResolvers<AmqpFailure>();
  const end = (reason: AmqpFailure): void => {
    settlements.lose();
    resolve(reason);
  };
  let channelError: Error | undefined;
  channel.on("error", (error: Error) => channelError = error);
  channel.on("close", () => {
    settlements.lose();
    // Where the connection closes too, its reason is the better one and follows at once.
    const why = channelError ?? new Error("the channel was closed");
    setImmediate(() => end(requestFailure(why, `consume from '${connection.name}'`)));
  });
  void connection.closed.then(end);
  return { connection, channel, settlements, consumerTags: [], ended, end };
}

function channelNumber(channel: object): number {
  if ("ch" in channel && typeof channel.ch === "number") return channel.ch;
  throw new TypeError("amqplib keeps the number of a channel in another place");
}
