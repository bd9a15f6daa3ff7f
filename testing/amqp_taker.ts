/**
 * Edge (net). A consumer for tests: runs a NotificationSource, keeps what it said and delivered, and
 * lets the test wait for either within a bound.
 */
import type { AmqpDelivery } from "../core/amqp/delivery.ts";
import { NotificationSource, type NotificationSourceOptions } from "../core/amqp/source.ts";
import { systemClock } from "../core/clock.ts";
import { type Log, silentLog } from "../core/log/log.ts";
import { rabbitOptions } from "./rabbit_admin.ts";

const waitMsMax = 60_000;

/** What a taker does with each delivery, at once or later. */
export type Settle = (delivery: AmqpDelivery, taker: Taker) => Promise<void> | void;

/** What differs from exchange `nova` and topic `notifications` with the default options. */
export interface TakerOptions extends Partial<NotificationSourceOptions> {
  readonly transports: NotificationSourceOptions["transports"];
  /** Acknowledges each where left out. */
  readonly settle?: Settle;
  readonly log?: Log;
}

/** A running source and what came of it. */
export class Taker {
  readonly source: NotificationSource;
  readonly states: { readonly ready: boolean; readonly reason?: string }[] = [];
  readonly deliveries: AmqpDelivery[] = [];
  readonly texts: string[] = [];
  turns = 0;
  /** Resolves when the stream of deliveries ends. */
  readonly ended: Promise<void>;

  constructor({ settle = (delivery) => void delivery.ack(), log, ...options }: TakerOptions) {
    this.source = new NotificationSource(
      {
        exchanges: ["nova"],
        topics: ["notifications"],
        rabbit: rabbitOptions(),
        ...options,
      },
      { onState: (state) => void this.states.push(state), onTurn: () => void this.turns++ },
      { clock: systemClock, log: log ?? silentLog, random: () => 0 },
    );
    this.ended = this.#take(settle);
  }

  async #take(settle: Settle): Promise<void> {
    for await (const came of this.source.deliveries()) {
      for (const delivery of came) {
        this.deliveries.push(delivery);
        this.texts.push(new TextDecoder().decode(delivery.bytes));
        await settle(delivery, this);
      }
    }
  }

  /** Why it is not ready now; undefined where it is. */
  get reason(): string | undefined {
    const last = this.states.at(-1);
    return last?.ready === true ? undefined : last?.reason ?? "it has said nothing";
  }

  ready(): Promise<void> {
    return this.until(() => this.states.at(-1)?.ready === true, "ready");
  }

  async notReady(): Promise<string> {
    await this.until(() => this.states.at(-1)?.ready === false, "not ready");
    return this.reason ?? "";
  }

  /** Waits for so many deliveries, counted from the start. */
  came(count: number): Promise<void> {
    return this.until(() => this.deliveries.length >= count, `${count} deliveries`);
  }

  async until(condition: () => boolean, what: string): Promise<void> {
    const untilMs = performance.now() + waitMsMax;
    while (!condition()) {
      if (performance.now() > untilMs) {
        throw new Error(`not in time: ${what}; ${this.deliveries.length} came; ${this.reason}`);
      }
      await Bun.sleep(10);
    }
  }

  async close(): Promise<void> {
    await this.source.close();
    await this.ended;
  }
}
