/**
 * Edge (test runner). Consuming through everything that happens to brokers: restarted, killed, frozen,
 * gone, mute; with a ledger of what was published and what was acknowledged. And what is said when
 * the operator is at fault.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Taker } from "../../testing/amqp_taker.ts";
import {
  type RabbitAdmin,
  rabbitAdmin,
  rabbitOptions,
  rabbitTransport,
} from "../../testing/rabbit_admin.ts";
import { type Rabbitmq, rabbitmqMissing, startRabbitmq } from "../../testing/servers/rabbitmq.ts";
import { freePort } from "../../testing/servers/server.ts";
import type { AmqpHost, Tls } from "../config/endpoint.ts";

const missing = rabbitmqMissing();
if (missing !== undefined) console.error(`skipped: RabbitMQ's outages: ${missing}`);

const password = "right/pass:1";

describe.skipIf(missing !== undefined)("outages", () => {
  let rabbit: Rabbitmq;
  let second: Rabbitmq;
  beforeAll(async () => {
    const users = [{ name: "ceilometer", password }];
    [rabbit, second] = await Promise.all([
      startRabbitmq({ users, vhosts: ["tele/metry"], tls: true }),
      startRabbitmq({
        tls: "client_certificates",
        plugins: ["rabbitmq_auth_mechanism_ssl"],
        config: ["EXTERNAL", "AMQPLAIN", "PLAIN"].map((name, i) =>
          `auth_mechanisms.${i} = ${name}`
        ),
        users: [{ name: "CN=tpctl-client", password: "unused" }],
      }),
    ]);
  });
  afterAll(async () => {
    await Promise.all([rabbit?.remove(), second?.remove()]);
  });

  const durable = rabbitOptions({ durableQueues: true, prefetchCount: 50 });

  /** Publishes in the background, again after each failure, until told to stop. */
  function publishing(key: string): { stop(): Promise<readonly string[]> } {
    const confirmed: string[] = [];
    let stopped = false;
    const run = async (): Promise<readonly string[]> => {
      for (let n = 0; !stopped;) {
        let admin: RabbitAdmin | undefined;
        try {
          admin = await rabbitAdmin(rabbit);
          while (!stopped) {
            const bodies = Array.from({ length: 20 }, () => `m${n++}`);
            await admin.fill("nova", key, bodies);
            confirmed.push(...bodies);
            await Bun.sleep(20);
          }
        } catch {
          await Bun.sleep(100);
        } finally {
          await admin?.close();
        }
      }
      return confirmed;
    };
    const ran = run();
    return {
      stop: () => {
        stopped = true;
        return ran;
      },
    };
  }

  test("restarted, killed and started again, connections closed: what was confirmed is handled", async () => {
    const handled = new Set<string>();
    const taker = new Taker({
      transports: [rabbitTransport([rabbit])],
      topics: ["ledger"],
      rabbit: durable,
      settle: async (delivery) => {
        await Bun.sleep(Math.random() < 0.1 ? 5 : 0);
        if (delivery.ack()) handled.add(new TextDecoder().decode(delivery.bytes));
      },
    });
    await taker.ready();
    const publisher = publishing("ledger.info");
    await taker.came(100);
    await rabbit.restart();
    await taker.came(taker.deliveries.length + 200);
    await rabbit.kill();
    expect(await taker.notReady()).toContain("127.0.0.1");
    await rabbit.start();
    await taker.came(taker.deliveries.length + 200);
    await rabbit.ctl("close_all_connections", "maintenance");
    await taker.came(taker.deliveries.length + 200);
    const confirmed = await publisher.stop();
    await taker.until(() => confirmed.every((body) => handled.has(body)), "all that was confirmed");
    expect(confirmed.length).toBeGreaterThan(400);
    await taker.close();
    const admin = await rabbitAdmin(rabbit);
    expect(await admin.count("ledger.info")).toBe(0);
    await admin.close();
  });

  test("after a reconnect old acknowledgements are void and the message comes again", async () => {
    const taker = new Taker({
      transports: [rabbitTransport([rabbit])],
      topics: ["void"],
      rabbit: durable,
      settle: () => {},
    });
    await taker.ready();
    const admin = await rabbitAdmin(rabbit);
    await admin.fill("nova", "void.info", ["once"]);
    await taker.came(1);
    await rabbit.ctl("close_all_connections", "maintenance");
    expect(await taker.notReady()).toContain("maintenance");
    await taker.came(2);
    const [old, again] = taker.deliveries;
    expect(old?.ack()).toBe(false);
    expect(old?.requeue()).toBe(false);
    expect(again?.redelivered).toBe(true);
    expect(again?.ack()).toBe(true);
    await taker.close();
    await admin.close();
  });

  test("a queue that is deleted under the consumer is declared again", async () => {
    const transports = [rabbitTransport([rabbit])];
    const taker = new Taker({ transports, topics: ["deleted"], rabbit: durable });
    await taker.ready();
    const admin = await rabbitAdmin(rabbit);
    await admin.channel.deleteQueue("deleted.info");
    expect(await taker.notReady()).toContain("cancelled the consumer of queue 'deleted.info'");
    await taker.ready();
    await admin.fill("nova", "deleted.info", ["after"]);
    await taker.came(1);
    await taker.close();
    await admin.close();
  });

  test("a broker that falls silent is noticed by its heartbeat, and not waited for at the end", async () => {
    const beating = rabbitOptions({ durableQueues: true, heartbeatMs: 1000 });
    const transports = [rabbitTransport([rabbit])];
    const taker = new Taker({ transports, topics: ["mute"], rabbit: beating });
    await taker.ready();
    rabbit.freeze();
    expect(await taker.notReady()).toContain("Heartbeat timeout");
    const before = performance.now();
    await taker.close();
    expect(performance.now() - before).toBeLessThan(8000);
    rabbit.thaw();
  });

  test("hosts of one cluster are tried in turn; several clusters are read side by side", async () => {
    const nobody = { host: "127.0.0.1", port: await freePort() } as const;
    const first = rabbitTransport([nobody, rabbit]);
    const taker = new Taker({
      transports: [first, rabbitTransport([second])],
      topics: ["two"],
      rabbit: durable,
    });
    await taker.ready();
    const admins = await Promise.all([rabbitAdmin(rabbit), rabbitAdmin(second)]);
    for (const admin of admins) await admin.fill("nova", "two.info", ["x"]);
    await taker.came(2);
    await Promise.all([second.kill(), admins[1]?.close()]);
    expect(await taker.notReady()).toContain(String(second.port));
    await admins[0]?.fill("nova", "two.info", ["y"]);
    await taker.came(3);
    await taker.close();
    await second.start();
    await admins[0]?.close();
  });

  function guarded(host: Partial<AmqpHost>): AmqpHost {
    return { host: "127.0.0.1", port: rabbit.port, credentials: undefined, ...host };
  }

  function tls(changed: Partial<Tls> = {}): Tls {
    const none = { caFile: undefined, certFile: undefined, keyFile: undefined };
    return { ...none, verify: true, verifyGiven: true, ...changed };
  }

  test("a wrong password, an unknown virtual host, a foreign certificate: one clear text each", async () => {
    const credentials = { user: "ceilometer", password: "wr0ng-secret" };
    const port = await freePort();
    const at = `RabbitMQ '127.0.0.1:${rabbit.port}'`;
    const overTls = `RabbitMQ '127.0.0.1:${rabbit.tlsPort}'`;
    const cases = [
      {
        transport: { hosts: [guarded({ credentials })] },
        said: `Cannot log on to ${at} as 'ceilometer': it refused the login (AMQPLAIN), expected ` +
          "a user and password that it knows",
      },
      {
        transport: { vhost: "nowhere" },
        said: `Cannot open virtual host 'nowhere' on ${at} as 'guest': the broker ` +
          "refused it, expected one that exists, that this user may use and that takes another " +
          "connection",
      },
      {
        transport: { hosts: [guarded({ port })] },
        said: `Cannot connect to RabbitMQ '127.0.0.1:${port}': `,
      },
      {
        transport: { hosts: [guarded({ port: rabbit.tlsPort })], tls: tls() },
        said: `Cannot open a TLS connection to ${overTls}: `,
      },
      {
        transport: { tls: tls() },
        said: `Cannot open a TLS connection to ${at}: `,
      },
      {
        transport: { hosts: [guarded({ port: rabbit.tlsPort })], tls: tls({ caFile: "/no/ca" }) },
        said: `Cannot open a TLS connection to ${overTls}: Cannot read CA file '/no/ca'`,
      },
    ];
    for (const { transport, said } of cases) {
      const taker = new Taker({ transports: [rabbitTransport([rabbit], transport)] });
      const reason = await taker.notReady();
      expect(reason).toStartWith(said);
      expect(reason).not.toContain("wr0ng");
      expect(reason).not.toContain("\n");
      await Bun.sleep(500);
      expect(taker.states.length).toBe(1);
      await taker.close();
    }
  });

  test("a password that is put right is noticed without a restart", async () => {
    const credentials = { user: "ceilometer", password: "not yet" };
    const taker = new Taker({
      transports: [rabbitTransport([rabbit], { hosts: [guarded({ credentials })] })],
      topics: ["mended"],
      rabbit: durable,
    });
    await taker.notReady();
    await rabbit.ctl("change_password", "ceilometer", "not yet");
    await taker.ready();
    await taker.close();
    await rabbit.ctl("change_password", "ceilometer", password);
  });

  test.each(["PLAIN", "AMQPLAIN"] as const)(
    "logs on with %s, over TLS, to a virtual host",
    async (loginMethod) => {
      const caFile = rabbit.certificate?.certFile;
      const transport = rabbitTransport([rabbit], {
        hosts: [guarded({ port: rabbit.tlsPort })],
        vhost: "tele/metry",
        tls: tls({ caFile }),
        tlsVersion: "TLSv1.2",
      });
      const taker = new Taker({ transports: [transport], rabbit: rabbitOptions({ loginMethod }) });
      await taker.ready();
      expect(taker.source.names[0]).toEndWith("/tele%2Fmetry");
      await taker.close();
    },
  );

  test("a certificate for another name is refused, or taken where only its chain is to verify", async () => {
    // Resolves to 127.0.0.1, and stands in no certificate.
    const hosts = [guarded({ host: "127.1", port: rabbit.tlsPort })];
    const secured = tls({ caFile: rabbit.certificate?.certFile });
    const strict = new Taker({ transports: [rabbitTransport([rabbit], { hosts, tls: secured })] });
    expect(await strict.notReady()).toContain("127.1");
    await strict.close();
    const lenient = rabbitTransport([rabbit], { hosts, tls: secured, verifyHostname: false });
    const taker = new Taker({ transports: [lenient], topics: ["named"], rabbit: durable });
    await taker.ready();
    await taker.close();
    const foreign = tls({ caFile: second.certificate?.certFile });
    const unknown = rabbitTransport([rabbit], { hosts, tls: foreign, verifyHostname: false });
    const refused = new Taker({ transports: [unknown] });
    expect(await refused.notReady()).toStartWith("Cannot open a TLS connection to RabbitMQ");
    await refused.close();
  });

  test("a client certificate is shown, and EXTERNAL logs on by it", async () => {
    const caFile = second.certificate?.certFile;
    const { certFile, keyFile } = second.clientCertificate ?? {};
    const host = guarded({ port: second.tlsPort });
    const without = new Taker({
      transports: [rabbitTransport([second], { hosts: [host], tls: tls({ caFile }) })],
    });
    expect(await without.notReady()).toContain(`RabbitMQ '127.0.0.1:${second.tlsPort}'`);
    await without.close();
    const taker = new Taker({
      transports: [
        rabbitTransport([second], { hosts: [host], tls: tls({ caFile, certFile, keyFile }) }),
      ],
      topics: ["external"],
      rabbit: { ...durable, loginMethod: "EXTERNAL" },
    });
    await taker.ready();
    await taker.close();
  });
});
