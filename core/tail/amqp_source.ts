/**
 * Edge (net). What passes exchanges of a RabbitMQ, to look at. There is no past to show: a queue that is
 * made now gets what comes from now on.
 */
import { AmqpFailure } from "../amqp/failure.ts";
import { ExchangeWatch, type WatchDeps, type WatchOptions } from "../amqp/watch.ts";
import { RunError } from "../errors.ts";
import type { Intake } from "./intake.ts";
import type { TailBatch, TailEvents, TailSource } from "./source.ts";

/** What the source works with. */
export interface AmqpTailDeps extends TailEvents, Pick<WatchDeps, "clock" | "random"> {
  readonly intake: Intake;
}

/** Connects when it is first pulled. */
export function openAmqpTail(options: WatchOptions, deps: AmqpTailDeps): TailSource {
  const { intake } = deps;
  const watch = new ExchangeWatch(options, {
    ...deps,
    onRefused: (reason) => intake.refuse(reason),
  });
  return {
    async *batches(): AsyncGenerator<TailBatch, void, void> {
      try {
        await watch.open();
      } catch (error) {
        if (error instanceof AmqpFailure) throw new RunError(error.message, { cause: error });
        throw error;
      }
      let dropped = 0;
      for await (const messages of watch.messages()) {
        if (watch.dropped > dropped) {
          deps.onNote(`${watch.dropped - dropped} messages came faster than they can be read`);
          dropped = watch.dropped;
        }
        yield { data: intake.messages(messages), live: true };
      }
    },
    close: () => watch.close(),
  };
}
