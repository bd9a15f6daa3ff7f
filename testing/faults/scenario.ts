/**
 * Edge (processes, net, files). What the fault tests have in common: servers of their own that may be
 * killed, and one topic, group, database and state folder per scenario, settled and accounted for at
 * its end.
 */
import { join } from "node:path";
import { systemClock } from "../../core/clock.ts";
import { apis } from "../../core/kafka/apis.ts";
import { Cluster } from "../../core/kafka/cluster.ts";
import { Coordinator } from "../../core/kafka/coordinator.ts";
import { builtExecutable } from "../executable.ts";
import { brokersOf } from "../kafka_reading.ts";
import { type Influxdb, startInfluxdb } from "../servers/influxdb.ts";
import { type Kafka, startKafka } from "../servers/kafka.ts";
import { freePort, tempFolder } from "../servers/server.ts";
import { type Feeder, type FeederOptions, startFeeder } from "./feeder.ts";
import { type LedgerReport, readLedger } from "./ledger.ts";
import { type Life, startLife, until } from "./life.ts";
import { type Fate, retentionHours } from "./load.ts";

const partitions = 12;
const settleMs = 60_000;
/** Names and passwords of the InfluxDB; no output of tpctl may hold one of these passwords. */
export const admin = { user: "root", password: "root-Secret-1" } as const;
export const persister = { user: "mon_persister", password: "persister-Secret-2" } as const;

/** The servers of a test file. */
export interface FaultGround extends AsyncDisposable {
  readonly kafka: Kafka;
  readonly influxdb: Influxdb;
  readonly folder: string;
  readonly compiled: string;
}

/** Series that one database may hold; the load brings 280 per tenant and 5600 in one. */
export const seriesMax = 12_000;

/** Starts them. */
export async function startGround(): Promise<FaultGround> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await tempFolder("faults"));
  const compiled = await builtExecutable();
  const kafka = stack.adopt(await startKafka(), (started) => started.stop());
  const influxdb = stack.adopt(
    await startInfluxdb({
      auth: true,
      admin,
      maxBodySize: 25_000_000,
      maxSeriesPerDatabase: seriesMax,
    }),
    (started) => started.remove(),
  );
  for (const { user, password } of [admin, persister]) {
    await influxdb.query(`CREATE USER "${user}" WITH PASSWORD '${password}' WITH ALL PRIVILEGES`);
  }
  const kept = stack.move();
  return {
    kafka,
    influxdb,
    folder: folder.path,
    compiled,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** Lines for sections of the configuration. */
export type More = Readonly<Partial<Record<"metrics" | "influxdb" | "tpctl", string>>>;

/** A topic with its group, database and state folder, all of one name. */
export class Scenario {
  readonly name: string;
  readonly ground: FaultGround;
  #lives = 0;

  private constructor(name: string, ground: FaultGround) {
    this.name = name;
    this.ground = ground;
  }

  static async create(name: string, ground: FaultGround): Promise<Scenario> {
    await ground.kafka.admin.createTopic(name, { partitions });
    return new Scenario(name, ground);
  }

  feed(options: FeederOptions): Feeder {
    return startFeeder(this.ground.kafka.brokers, this.name, options);
  }

  async start(more: More = {}): Promise<Life> {
    const { folder, compiled } = this.ground;
    const port = await freePort();
    const configFile = `${this.name}-${this.#lives++}.conf`;
    await Bun.write(join(folder, configFile), this.#configText(port, more));
    return startLife({ folder, configFile, port, compiled });
  }

  /** Takes members that were killed out of the group, as the end of their session does in 10 s. */
  async evict(): Promise<void> {
    const { brokers } = this.ground.kafka;
    const ids = await until("the group's members", settleMs, () => membersOf(brokers, this.name));
    const cluster = new Cluster({ brokers: brokersOf(brokers), clientId: "tpctl-tests" });
    try {
      const coordinator = new Coordinator(cluster, this.name);
      for (const memberId of ids) {
        await coordinator.ask(apis.leaveGroup, { groupId: this.name, memberId });
      }
    } finally {
      cluster.close();
    }
  }

  /** Waits until the group's committed offsets are the ends of all partitions. */
  async settled(ms = settleMs): Promise<void> {
    const { admin: asking } = this.ground.kafka;
    await until(`'${this.name}' committed to its end`, ms, async () => {
      const ends = await asking.endOffsets(this.name);
      const committed = await asking.committedOffsets(this.name, this.name);
      return [...ends].every(([partition, end]) => (committed.get(partition) ?? 0) === end) ||
        undefined;
    });
  }

  ledger(fate?: (i: number) => Fate, databases = [this.name]): Promise<LedgerReport> {
    const { kafka, influxdb, folder } = this.ground;
    const lettersFolder = join(folder, `${this.name}-state`, "dead-letters");
    return readLedger({ kafka, topic: this.name, influxdb, databases, lettersFolder }, fate);
  }

  #configText(port: number, more: More): string {
    const { kafka, influxdb } = this.ground;
    return `[DEFAULT]
use_json = true
[kafka_metrics]
uri = ${kafka.brokers.join(",")}
topic = ${this.name}
group_id = ${this.name}
${more.metrics ?? ""}
[kafka_alarm_history]
enabled = false
[influxdb]
ip_address = 127.0.0.1
port = ${influxdb.port}
database_name = ${this.name}
user = ${persister.user}
password = ${persister.password}
default_retention_hours = ${retentionHours(systemClock.now())}
${more.influxdb ?? ""}
[repositories]
metrics_driver = influxdb
[tpctl]
state_dir = ${this.name}-state
listen = 127.0.0.1:${port}
${more.tpctl ?? ""}
`;
  }
}

async function membersOf(brokers: readonly string[], group: string): Promise<readonly string[]> {
  const { Kafka: Client } = await import("kafkajs");
  const asking = new Client({ brokers: [...brokers], logLevel: 0 }).admin();
  await asking.connect();
  try {
    const { groups } = await asking.describeGroups([group]);
    return groups[0]?.members.map(({ memberId }) => memberId) ?? [];
  } finally {
    await asking.disconnect();
  }
}
