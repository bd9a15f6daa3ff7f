/**
 * Pure. `Inflow`: what a source of notifications promises to the pipeline loop, be it RabbitMQ, Kafka
 * or a file, and `Incoming`: one message on its way in.
 */
import type { DeadLetterSource } from "../delivery/dead_letter.ts";

/** One message as the source handed it over. It is settled once. */
export interface Incoming {
  readonly bytes: Uint8Array;
  /** What it is counted under: `<exchange>/<routing key>`, the Kafka topic, `file`. */
  readonly topic: string;
  readonly source: DeadLetterSource;
  /** Why the source could not read it; it goes to the dead letters. */
  readonly corrupt: string | undefined;
  /** The one publisher it is for, by its lane's name; left out: it is for all. */
  readonly only?: string | undefined;
  /**
   * What tells that this is the same message again, where the source may bring one twice; undefined
   * where it cannot have come before.
   */
  readonly again: (() => string) | undefined;
  /** What it will be known by when it comes again; undefined where it never does. */
  readonly identity: () => string | undefined;
  /** Still ours to settle. */
  isOpen(): boolean;
  /** The source forgets it. False when it was not ours any more: it comes again. */
  ack(): boolean;
  /** Gives it back, to come again; undefined where the source cannot. */
  readonly requeue: (() => boolean) | undefined;
}

/** What the loop wants to hear of its source. */
export interface InflowEvents {
  onState(state: { readonly ready: boolean; readonly reason?: string }): void;
  onTurn(): void;
}

/** A source of notifications; never settles by itself what was pulled. */
export interface Inflow {
  /** For logs, without users and passwords. */
  readonly name: string;
  /** Ends after `close`, and with `once` at the end of the input. Pulling is the flow control. */
  deliveries(): AsyncIterable<readonly Incoming[]>;
  /** Makes durable what was settled so far (Kafka's commit). */
  flush(): Promise<void>;
  /** Lets go of what was pulled and is not settled, and of all connections. Safe to call twice. */
  close(): Promise<void>;
}
