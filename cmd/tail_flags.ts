/**
 * Pure. The flags of `tail` and its help. They only collect what was typed; core/tail decides what it
 * means.
 */
import { Command, type CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import { type TailArguments, tailFormats } from "../core/tail/tail_plan.ts";

/** The command `tail` with its flags and examples, without an action; `read` after parsing. */
export function tailFlags(): { command: CommandUnknownOpts; read: () => TailArguments } {
  const command = new Command("tail")
    .description("show samples, events and measurements as they pass")
    .argument("<source>", "a URL, a path, or - (stdin)")
    .addOption(several("--meter <glob>", "only these metrics, samples and measurements"))
    .addOption(several("--event <glob>", "only these events, notifications and alarms"))
    .addOption(several("--tenant <glob>", "only these projects"))
    .option("--where <expression>", "only what it holds for")
    .option("-n, --last <count>", "begin with the last so many, or all")
    .option("--since <time>", "begin with what has been since (2h ago, 2026-11-28T08:00)")
    .option("-f, --follow", "go on with what comes (topics and exchanges do)")
    .option("--no-follow", "end at the present end of a topic")
    .option("--sample <share>", "look at a part of the messages only, by chance, as 1/100")
    .addOption(new Option("--format <format>", "how data are shown").choices(tailFormats))
    .option("--wide", "with --format pretty: shorten and cut nothing")
    .option("--chart-out <file.svg>", "at the end, write a line chart of what was seen")
    .option("--lag", "show how far the group of a topic is behind (kafka://.../topic?group=name)")
    .addHelpText("after", TAIL_EXAMPLES);
  return {
    command,
    read(): TailArguments {
      const { meter, event, tenant, where, last, since, ...rest } = command.opts();
      const { follow, sample, format, wide, chartOut, lag } = rest;
      return {
        source: command.args[0] ?? "",
        meters: meter ?? [],
        events: event ?? [],
        tenants: tenant ?? [],
        ...{ where, last, since, follow, sample, format, chartOut },
        wide: wide === true,
        lag: lag === true,
      };
    },
  };
}

/** An option that may be repeated. */
function several<Flags extends string>(
  flags: Flags,
  help: string,
): Option<Flags, undefined, undefined, string[]> {
  return new Option(flags, `${help} (may be repeated)`)
    .argParser((glob: string, before: string[] | undefined) => [...before ?? [], glob]);
}

const TAIL_EXAMPLES = `
Examples:
  # What passes a topic from now on; no group is joined, no offset committed
  tpctl tail kafka://127.0.0.1:9092/metrics --meter 'cpu.*'

  # Busy virtual machines of one host in the last hour, then live
  tpctl tail kafka://127.0.0.1:9092/metering --since '1h ago' \\
    --where 'volume > 80 and resource_metadata.host == "node-1"'

  # Copies of notifications, beside whoever consumes them
  tpctl tail 'amqp://user@127.0.0.1:5672/?exchange=nova&topic=notifications' --event 'compute.*'

  # The last 100 lines of a file, and on through its rotations; jq gets one object a line
  tpctl tail /var/log/samples.json -n 100 --follow --format json | jq .resource_id

  # A live chart of the busiest series (q quits), and a picture of it at the end
  tpctl tail kafka://127.0.0.1:9092/metrics --format chart --chart-out metrics.svg

  # The latest points of a store
  tpctl tail influxdb://user@127.0.0.1:8086/mon --meter 'mem.*' --follow
  tpctl tail sqlite:metrics.db -n 20 --format table

  # How far a consumer group is behind
  tpctl tail --lag 'kafka://127.0.0.1:9092/metrics?group=persister'

Sources:
  kafka://host:9092[,host2:9092]/topic             all partitions, from the end on
  amqp://user@host:5672/vhost?exchange=E&topic=T   a private queue that goes with tail (T: notifications)
  path, file:///path, -                            one message per line; - is stdin
  influxdb://, influxdb2://, sqlite:               the latest points; --follow asks again every 2 s
  With TLS: kafkas, amqps, influxdbs, influxdb2s, with ?ca=path&cert=path&key=path
Without -n and --since a topic begins at its end, files and stores with the last 10 (for a chart a file
with all, a store with 10,000).
Secrets: TPCTL_PASSWORD for the password of a URL, TPCTL_INFLUX_TOKEN for the token of influxdb2.

Expressions:
  == != < <= > >=   in [..]   in member   like 'glob*'   =~ 'regex'   !~   and or not ( )
  A member is a path: volume, resource_metadata.host, traits.flavor, tags["a.b"], list[0], list[-1].
  Every datum also has kind, name, tenant, resource, value (= volume), unit, time (ISO 8601 text).
  What is missing is null; a member by itself asks whether it is there and not false; texts stand in
  "double" or 'single' quotes; texts and numbers are never equal and have no order.

stdout carries data, stderr messages. A slow reader of a live source loses data, counted on stderr.
Exit codes: 0 the input ended, or somebody had seen enough; 2 usage or configuration error;
3 run-time failure.
`;
