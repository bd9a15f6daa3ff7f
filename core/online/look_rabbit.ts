/**
 * Edge (net). RabbitMQ: logs on to each broker of the cluster and asks for exchanges and queues with
 * passive declarations, which make nothing.
 */
import type { ChannelModel } from "amqplib";
import { connectBroker } from "../amqp/connection.ts";
import { AmqpFailure, requestFailure } from "../amqp/failure.ts";
import type { RabbitFarEnd } from "./far_end.ts";
import type { LookDeps } from "./look_influxdb.ts";
import { amqpRemark, type Remark } from "./remark.ts";

/** AMQP's reply code for what is not there. */
const notFound = 404;

/** Brokers that cannot be reached, and what the first that can be lacks. */
export async function lookAtRabbit(
  { access, exchanges, queues }: RabbitFarEnd,
  { clock }: LookDeps,
): Promise<readonly Remark[]> {
  const remarks: Remark[] = [];
  let isAsked = false;
  for (const host of access.transport.hosts) {
    try {
      const broker = await connectBroker(host, access, clock);
      try {
        if (!isAsked) remarks.push(...await missingOf(broker.model, { exchanges, queues }));
        isAsked = true;
      } finally {
        await broker.close();
      }
    } catch (error) {
      if (!(error instanceof AmqpFailure)) throw error;
      remarks.push(amqpRemark(error));
    }
  }
  return remarks;
}

interface Wanted {
  readonly exchanges: readonly string[];
  readonly queues: readonly string[];
}

async function missingOf(model: ChannelModel, { exchanges, queues }: Wanted): Promise<Remark[]> {
  const missing: string[] = [];
  for (const exchange of exchanges) {
    if (!await isThere(model, { exchange })) missing.push(`exchange '${exchange}'`);
  }
  for (const queue of queues) {
    if (!await isThere(model, { queue })) missing.push(`queue '${queue}'`);
  }
  if (missing.length === 0) return [];
  const text = `There is no ${missing.join(", no ")} yet: tpctl makes them when it starts`;
  return [{ rule: "online/not-yet-there", about: "name", text }];
}

/** A broker closes the channel with its refusal, so each question has one of its own. */
async function isThere(
  model: ChannelModel,
  asked: { readonly exchange: string } | { readonly queue: string },
): Promise<boolean> {
  const channel = await model.createChannel();
  // The refusal comes as a rejection too.
  channel.on("error", () => undefined);
  try {
    if ("exchange" in asked) await channel.checkExchange(asked.exchange);
    else await channel.checkQueue(asked.queue);
    await channel.close();
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === notFound) return false;
    const what = "exchange" in asked ? `exchange '${asked.exchange}'` : `queue '${asked.queue}'`;
    throw requestFailure(error, `look at ${what}`);
  }
}
