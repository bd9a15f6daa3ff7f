/**
 * Edge (processes, net, files). One run of both agents on one RabbitMQ: each gets every notification, and
 * has settled all of them when the run is over.
 */
import { priorities } from "../../core/amqp/topology.ts";
import { type RabbitAdmin, rabbitAdmin } from "../rabbit_admin.ts";
import { type Rabbitmq, startRabbitmq } from "../servers/rabbitmq.ts";
import { tempFolder } from "../servers/server.ts";
import { exchange, notifierTopics, startSubject, type Subject, topics } from "./agents.ts";
import type { Body } from "./unusual.ts";

/** Notifications put in together: datagrams of more would not wait for their reader. */
const chunk = 10;
/** Nothing has come out for so long: the next ones may be put in. */
const quietMs = 60;

/** What has come out. */
export interface SideBySide {
  /** Ceilometer's agent, then tpctl; both have ended. */
  readonly subjects: readonly Subject[];
  /** What one's notifier publisher sent by a topic. */
  notified(subject: Subject, topic: string): readonly string[];
  /** Removes everything. */
  remove(): Promise<void>;
}

/** Runs both to the end of the notifications. */
export async function runSideBySide(bodies: readonly Body[]): Promise<SideBySide> {
  const folder = await tempFolder("side-by-side");
  const rabbit = await startRabbitmq();
  const admin = await rabbitAdmin(rabbit);
  const subjects = await Promise.all([
    startSubject("ceilometer", rabbit, folder.path),
    startSubject("tpctl", rabbit, folder.path),
  ]);
  const queues = subjects.flatMap(({ name }) =>
    notifierTopics.map((topic) => `${name}-${topic}.sample`)
  );
  await copyForTrial(admin);
  await keepNotified(admin, queues);
  for (let at = 0; at < bodies.length; at += chunk) {
    for (const { priority, body } of bodies.slice(at, at + chunk)) {
      await admin.fill(exchange, `${topics.ceilometer}.${priority}`, [body]);
    }
    await quiet(subjects);
  }
  while (await unsettled(rabbit) > 0) await Bun.sleep(quietMs);
  for (const subject of subjects) await subject.stop();
  const notified = new Map<string, readonly string[]>();
  for (const queue of queues) {
    const messages = await admin.drain(queue);
    notified.set(queue, messages.map(({ content }) => content.toString()));
  }
  return {
    subjects,
    notified: ({ name }, topic) => notified.get(`${name}-${topic}.sample`) ?? [],
    remove: async () => {
      for (const subject of subjects) await subject.remove();
      await admin.close();
      await rabbit.remove();
      await folder.remove();
    },
  };
}

/** From now on the trial's queues get what the agent's get. */
async function copyForTrial({ channel }: RabbitAdmin): Promise<void> {
  for (const priority of priorities) {
    const [queue, key] = [`${topics.tpctl}.${priority}`, `${topics.ceilometer}.${priority}`];
    await channel.bindQueue(queue, exchange, key);
  }
}

async function keepNotified({ channel }: RabbitAdmin, queues: readonly string[]): Promise<void> {
  await channel.assertExchange("ceilometer", "topic", { durable: false });
  for (const queue of queues) {
    await channel.assertQueue(queue, { durable: false });
    await channel.bindQueue(queue, "ceilometer", queue);
  }
}

async function quiet(subjects: readonly Subject[]): Promise<void> {
  const arrived = (): number =>
    subjects.reduce((sum, { http, udp }) => sum + http.records.length + udp.records.length, 0);
  for (let before = -1; before !== arrived();) {
    before = arrived();
    await Bun.sleep(quietMs);
  }
}

async function unsettled(rabbit: Rabbitmq): Promise<number> {
  const rows = JSON.parse(
    await rabbit.ctl("list_queues", "--formatter", "json", "name", "messages"),
  ) as readonly { readonly name: string; readonly messages: number }[];
  const isTheirs = (queue: string): boolean =>
    Object.values(topics).some((topic) => queue.startsWith(`${topic}.`));
  return rows.filter(({ name }) => isTheirs(name)).reduce((sum, row) => sum + row.messages, 0);
}
