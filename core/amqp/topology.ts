/**
 * Pure. Which exchanges and queues carry notifications, with the arguments that oslo.messaging
 * declares them with, so that both declare side by side. Declaring them is declare.ts.
 */
import type { RabbitOptions } from "../config/pipeline_config.ts";

/** Every priority of a notification; the last part of a queue's name. */
export const priorities = [
  "audit",
  "critical",
  "debug",
  "error",
  "info",
  "sample",
  "warn",
] as const;

/** What of `[oslo_messaging_rabbit]` shows in declarations. */
export type DeclarationOptions = Pick<
  RabbitOptions,
  | "durableQueues"
  | "autoDelete"
  | "quorumQueue"
  | "quorumDeliveryLimit"
  | "quorumMemoryLengthMax"
  | "quorumMemoryBytesMax"
  | "haQueues"
>;

/** Arguments of a declaration. */
export interface Declaration {
  readonly durable: boolean;
  readonly autoDelete: boolean;
  /** `x-` arguments; queues only. */
  readonly arguments: Readonly<Record<string, string | number>>;
}

/** A topic exchange: `nova`, `ceilometer`, ... (oslo.messaging 18.3: durable with quorum queues). */
export function exchangeDeclaration(options: DeclarationOptions): Declaration {
  return {
    durable: options.durableQueues || options.quorumQueue,
    autoDelete: options.autoDelete,
    arguments: {},
  };
}

/** A queue `<topic>.<priority>`; its limits count for quorum queues only, 0 is no limit. */
export function queueDeclaration(options: DeclarationOptions): Declaration {
  const limits = {
    "x-delivery-limit": options.quorumDeliveryLimit,
    "x-max-in-memory-length": options.quorumMemoryLengthMax,
    "x-max-in-memory-bytes": options.quorumMemoryBytesMax,
  };
  const quorum = !options.quorumQueue ? {} : {
    "x-queue-type": "quorum",
    ...Object.fromEntries(Object.entries(limits).filter(([, limit]) => limit > 0)),
  };
  const mirrored = options.haQueues ? { "x-ha-policy": "all" } : {};
  return { ...exchangeDeclaration(options), arguments: { ...mirrored, ...quorum } };
}

/** `notifications.info` and so on; oslo.messaging binds them by their own name. */
export function queueNames(topics: readonly string[]): string[] {
  return topics.flatMap((topic) => priorities.map((priority) => `${topic}.${priority}`));
}
