/**
 * Edge (processes, net). The delivery promise of `tpctl pipeline` under faults: from a real RabbitMQ to
 * a file, an HTTP server, a queue that somebody else reads, a Monasca API behind a real Keystone, and
 * datagrams. Whatever is killed, restarted or away, afterwards every sample is at each of them but the
 * last, counted one by one. `TPCTL_FAULTS_LONG=1` takes 100,000 and a server that is away for a minute.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type Keystone, keystoneMissing, startKeystone } from "../servers/keystone.ts";
import { type Rabbitmq, rabbitmqMissing, startRabbitmq } from "../servers/rabbitmq.ts";
import { until } from "./life.ts";
import { type Arrivals, bodiesOf, samplingBody } from "./notifications.ts";
import { type Books, layPipelineGround, type PipelineGround } from "./pipeline_ground.ts";
import { feedQueue } from "./queue_feed.ts";

const missing = rabbitmqMissing() ?? keystoneMissing();
if (missing !== undefined) console.error(`skipped: ${missing}`);

const long = process.env.TPCTL_FAULTS_LONG === "1";
const count = long ? 100_000 : 3_000;
const outageMs = long ? 60_000 : 3_000;
const testMs = long ? 900_000 : 300_000;
const waitMs = long ? 400_000 : 120_000;
/** Shorter than any of the runs. */
const tokenSeconds = 8;
const user = { name: "ceilometer", password: "Sesame" };

describe.skipIf(missing !== undefined)("pipeline under faults", () => {
  let rabbit: Rabbitmq;
  let keystone: Keystone;
  beforeAll(async () => {
    [rabbit, keystone] = await Promise.all([startRabbitmq(), startKeystone({ tokenSeconds })]);
    await keystone.createUser({ ...user, project: "service", role: "member" });
  }, testMs);
  afterAll(async () => {
    await rabbit?.remove();
    await keystone?.remove();
  });

  function feed(exchange: string, from: number, to: number): Promise<void> {
    const place = { exchange, routingKey: `${exchange}-notifications.sample` };
    return feedQueue(rabbit, place, bodiesOf((n) => samplingBody(n), from, to));
  }

  function atLeast(arrivals: Arrivals, least: number): Promise<true> {
    return until(`${least} have come`, waitMs, () => arrivals.distinct >= least || undefined);
  }

  /** Everything that was sent is in the file; it is read whole, so not too often. */
  function inFile(books: Books, least: number): Promise<true> {
    return until(`${least} are in the file`, waitMs, async () => {
      if (await books.lines() < least) return undefined;
      if (books.file().distinct >= least) return true;
      await Bun.sleep(1000);
      return undefined;
    });
  }

  /** How many a second reach the reader of the queue while this goes on. */
  async function measured(what: string, books: Books, wait: Promise<unknown>): Promise<void> {
    const [before, began] = [books.notifier.distinct, performance.now()];
    await wait;
    const [came, seconds] = [books.notifier.distinct - before, (performance.now() - began) / 1000];
    console.error(`${what}: ${came} in ${seconds.toFixed(1)} s, ${Math.round(came / seconds)}/s`);
  }

  /** The server goes while samples come, a process is killed, the others get everything meanwhile. */
  async function firstHalf(ground: PipelineGround, exchange: string): Promise<void> {
    const { books, sink } = ground;
    const half = count / 2;
    const first = ground.start();
    await first.said(/Ready/);
    const fed = feed(exchange, 0, half);
    await measured("with all far ends", books, atLeast(books.http, count / 8));
    await sink.down();
    const away = Bun.sleep(outageMs);
    await measured("without the HTTP server", books, atLeast(books.notifier, count / 4));
    await ground.killAll();
    ground.start();
    await fed;
    await Promise.all([
      atLeast(books.notifier, half),
      atLeast(books.monasca, half),
      inFile(books, half),
    ]);
    await away;
    expect(books.http.distinct).toBeLessThan(half);
  }

  for (const workers of long ? [4] : [1, 2]) {
    test(
      `kill -9, the broker restarted, the HTTP server away: ${workers} worker(s)`,
      async () => {
        const exchange = `nova${workers}`;
        const options = { rabbit, keystone, user, exchange, workers, count };
        await using ground = await layPipelineGround(options);
        const { books, sink, monasca } = ground;
        await firstHalf(ground, exchange);

        const fed = feed(exchange, count / 2, count);
        await atLeast(books.notifier, count * 5 / 8);
        await rabbit.restart();
        sink.up();
        await atLeast(books.http, count * 3 / 4);
        await ground.killAll();
        const last = ground.start();
        await fed;
        await Promise.all([
          atLeast(books.http, count),
          atLeast(books.notifier, count),
          atLeast(books.monasca, count),
          inFile(books, count),
        ]);
        last.kill("SIGTERM");
        expect(await last.exited).toBe(0);

        const file = books.file();
        const udp = books.udp();
        console.error(
          `${workers} worker(s): file ${file}; http ${books.http}; notifier ${books.notifier}; ` +
            `monasca ${books.monasca} (${monasca.tokens.size} tokens); udp ${udp}`,
        );
        for (const book of [file, books.http, books.notifier, books.monasca]) {
          expect([book.missing(), book.strange]).toEqual([[], []]);
        }
        expect(udp.strange).toEqual([]);
        expect(udp.distinct).toBeGreaterThan(count / 2);
        expect(monasca.tokens.size).toBeGreaterThan(1);
        const letters = join(ground.stateDir, "dead-letters");
        expect(existsSync(letters) ? readdirSync(letters) : []).toEqual([]);
      },
      testMs,
    );
  }
});
