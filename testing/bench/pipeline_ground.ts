/**
 * Edge (processes, net). What the subjects of the pipeline benchmark stand on: one RabbitMQ whose
 * queues are filled anew for each run, and how many samples and events the load is worth.
 */
import { declareAll } from "../../core/amqp/declare.ts";
import { defaultMeterFiles } from "../../core/meters/default_meters.ts";
import { sampleDefaults } from "../../core/meters/make_sample.ts";
import { readMeterFiles } from "../../core/meters/meter_files.ts";
import { createSampleMaker } from "../../core/meters/sample_maker.ts";
import { decodeNotification } from "../../core/notifications/oslo.ts";
import { rabbitAdmin, rabbitOptions } from "../rabbit_admin.ts";
import { type Rabbitmq, startRabbitmq } from "../servers/rabbitmq.ts";
import { tempFolder } from "../servers/server.ts";
import { type LoadMessage, loadMessages } from "./notifications.ts";

/** The exchange of the load; queues are those of oslo.messaging's default topic. */
export const exchange = "nova";

const priorities = ["info", "sample"] as const;

/** A started broker, and the load in memory. */
export interface PipelineGround extends AsyncDisposable {
  readonly rabbit: Rabbitmq;
  readonly folder: string;
  readonly notifications: number;
  /** Samples that tpctl makes of the load. */
  readonly samples: number;
  /** Notifications that events are made of: all but polled samples. */
  readonly events: number;
  /** Empties the queues and lays the whole load down. */
  fill(): Promise<void>;
}

/** Makes the load and starts the broker. */
export async function preparePipelineGround(notifications: number): Promise<PipelineGround> {
  console.error(`Making ${notifications} notifications ...`);
  const messages = [...loadMessages(notifications)];
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await tempFolder("bench"));
  const rabbit = stack.adopt(await startRabbitmq(), (started) => started.remove());
  const kept = stack.move();
  return {
    rabbit,
    folder: folder.path,
    notifications,
    samples: samplesOf(messages),
    events: messages.filter(({ priority }) => priority === "info").length,
    fill: () => fill(rabbit, messages),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

function samplesOf(messages: readonly LoadMessage[]): number {
  const { definitions } = readMeterFiles(defaultMeterFiles);
  const make = createSampleMaker({ definitions, options: sampleDefaults, newId: () => "id" });
  return messages.reduce((sum, { body }) => {
    const decoded = decodeNotification(body);
    return decoded.kind === "notification" ? sum + make(decoded.notification).samples.length : sum;
  }, 0);
}

async function fill(rabbit: Rabbitmq, messages: readonly LoadMessage[]): Promise<void> {
  const admin = await rabbitAdmin(rabbit);
  try {
    const queues = priorities.map((priority) => `notifications.${priority}`);
    await declareAll(admin.channel, { exchanges: [exchange], queues }, rabbitOptions());
    for (const queue of queues) await admin.channel.purgeQueue(queue);
    for (const priority of priorities) {
      const bodies = messages.filter((message) => message.priority === priority)
        .map(({ body }) => body);
      await admin.fill(exchange, `notifications.${priority}`, bodies);
    }
  } finally {
    await admin.close();
  }
}
