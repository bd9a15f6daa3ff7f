/**
 * Edge (net, clock). `ExchangeWatch`: copies of what passes some exchanges, through a private queue that
 * goes when we go. It declares no exchange, and other queues get every message as if nobody looked: the
 * broker copies. The queue is bounded, so that a watcher that stands still costs the broker little.
 */
import type { Channel, ConsumeMessage } from "amqplib";
import type { Clock } from "../clock.ts";
import { type BrokerConnection, connectBroker } from "./connection.ts";
import type { BrokerAccess } from "./connection.ts";
import { AmqpFailure, requestFailure } from "./failure.ts";
import { HostTurns } from "./host_turns.ts";
import { Inbox } from "./inbox.ts";
import { deliveredOf, inflated } from "./incoming.ts";

/** Messages that may wait in the private queue; beyond it the broker drops the oldest. */
const queueLengthMax = 10_000;
/** The queue outlives a watcher that was cut off by so much at most. */
const expiresMs = 60_000;
/** What to look at. */
export interface WatchOptions extends BrokerAccess {
  readonly exchanges: readonly string[];
  /** oslo.messaging topics, or binding keys of their own (with a dot or a wildcard). */
  readonly topics: readonly string[];
}

/** What the watch works with and tells. */
export interface WatchDeps {
  readonly clock: Clock;
  /** 0 <= n < 1, for the order of hosts. */
  readonly random: () => number;
  /** Why nothing comes at the moment; undefined when it does again. */
  onTrouble(trouble: string | undefined): void;
  /** A message whose body cannot be decompressed. */
  onRefused(reason: string): void;
}

/** Opens with `open`; `messages` gives what came. */
export class ExchangeWatch {
  #options: WatchOptions;
  #deps: WatchDeps;
  #turns: HostTurns;
  #closing = new AbortController();
  #connection: BrokerConnection | undefined;
  readonly #inbox = new Inbox();
  #wake: (() => void) | undefined;

  constructor(options: WatchOptions, deps: WatchDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#turns = new HostTurns(options.transport.hosts, options.options, deps.random);
  }

  /** Messages that came and were pulled by nobody in time. */
  get dropped(): number {
    return this.#inbox.dropped;
  }

  /** Tries every host once; rejects with the last AmqpFailure. From then on it connects again by itself. */
  async open(): Promise<void> {
    for (let tries = 1;; tries++) {
      try {
        const { ended } = await this.#connect();
        void this.#keep(ended);
        return;
      } catch (error) {
        if (!(error instanceof AmqpFailure) || tries >= this.#turns.count) throw error;
        this.#turns.failed();
      }
    }
  }

  /** All that came since the last pull; ends after `close`. */
  async *messages(): AsyncGenerator<readonly Uint8Array[], void, void> {
    while (!this.#closing.signal.aborted) {
      const came = this.#inbox.takeAll();
      if (came.length > 0) {
        yield came;
        continue;
      }
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  /** The queue goes with the connection. Safe to call twice. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#wake?.();
    await this.#connection?.close();
  }

  /** Connects again after every end, with back-off, until it is closed. */
  async #keep(first: Promise<AmqpFailure>): Promise<void> {
    const { clock, onTrouble } = this.#deps;
    const { signal } = this.#closing;
    let failure = await first;
    while (!signal.aborted) {
      onTrouble(failure.message);
      await clock.sleep(this.#turns.failed() || this.#options.options.reconnectDelayMs, signal);
      try {
        const { ended } = await this.#connect();
        if (signal.aborted) return;
        onTrouble(undefined);
        failure = await ended;
      } catch (error) {
        if (!(error instanceof AmqpFailure)) throw error;
        failure = error;
      }
    }
  }

  /** Consuming from a new queue; `ended` resolves with why that is over. */
  async #connect(): Promise<{ readonly ended: Promise<AmqpFailure> }> {
    const connection = await connectBroker(this.#turns.current(), this.#options, this.#deps.clock);
    this.#connection = connection;
    try {
      const channel = await connection.model.createChannel().catch((error) => {
        throw requestFailure(error, "open a channel");
      });
      const { promise: ended, resolve: end } = Promise.withResolvers<AmqpFailure>();
      channel.on(
        "error",
        (error: Error) => end(requestFailure(error, `look at '${connection.name}'`)),
      );
      void connection.closed.then(end);
      await this.#consume(channel, end);
      if (this.#closing.signal.aborted) await connection.close();
      this.#turns.worked();
      return { ended };
    } catch (error) {
      await connection.close();
      throw requestFailure(error, `look at '${connection.name}'`);
    }
  }

  async #consume(channel: Channel, end: (why: AmqpFailure) => void): Promise<void> {
    const { exchanges, topics } = this.#options;
    for (const exchange of exchanges) {
      await channel.checkExchange(exchange).catch((error) => {
        throw exchangeFailure(error, exchange);
      });
    }
    const { queue } = await channel.assertQueue("", {
      ...{ exclusive: true, autoDelete: true, durable: false },
      ...{ maxLength: queueLengthMax, overflow: "drop-head", expires: expiresMs },
    }).catch((error) => {
      throw requestFailure(error, "declare a private queue");
    });
    for (const exchange of exchanges) {
      for (const key of topics.flatMap(bindingKeys)) {
        await channel.bindQueue(queue, exchange, key).catch((error) => {
          throw requestFailure(error, `bind a private queue to exchange '${exchange}'`);
        });
      }
    }
    const onMessage = (message: ConsumeMessage | null): void => {
      if (message !== null) this.#take(message);
      else end(new AmqpFailure("The broker deleted the private queue", "closed"));
    };
    await channel.consume(queue, onMessage, { noAck: true, exclusive: true }).catch((error) => {
      throw requestFailure(error, "consume from a private queue");
    });
  }

  #take(message: ConsumeMessage): void {
    const { body, header } = deliveredOf(message);
    const { bytes, undecodable } = inflated(body, header.compression);
    if (undecodable !== undefined) {
      this.#deps.onRefused(undecodable);
      return;
    }
    this.#inbox.push(bytes);
    this.#wake?.();
  }
}

/** `notifications` stands for `notifications.info` and all other priorities; a key for itself. */
function bindingKeys(topic: string): string[] {
  return /[.*#]/.test(topic) ? [topic] : [topic, `${topic}.*`];
}

function exchangeFailure(error: unknown, exchange: string): AmqpFailure {
  const text = error instanceof Error ? error.message : String(error);
  if (!/NOT[-_]FOUND/.test(text)) return requestFailure(error, `look at exchange '${exchange}'`);
  return new AmqpFailure(
    `Cannot look at exchange '${exchange}': it does not exist in this virtual host, ` +
      "expected one that a service has declared",
    "declaration",
    { cause: error },
  );
}
