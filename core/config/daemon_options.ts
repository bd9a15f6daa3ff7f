/**
 * Pure. The options that both daemons have besides the log's: those of `[tpctl]`, ours throughout,
 * and the DaemonConfig that they make.
 */
import type { Option } from "./option.ts";
import { parseHostPort } from "./option.ts";
import type { OptionValues } from "./option_values.ts";
import type { DaemonConfig, ListenConfig } from "./persist_config.ts";

const used = { section: "tpctl", meaning: "used", ours: true } as const;

const MS_PER_SECOND = 1000;

/** oslo.config's own options, of both daemons. */
export const OSLO_CONFIG_OPTIONS: readonly Option[] = [
  {
    section: "DEFAULT",
    name: "config_source",
    kind: "string",
    meaning: "unsupported",
    help: "A driver of oslo.config that fetches further options.",
  },
];

/** The table; the daemons differ in where they listen when nothing is said. */
export function daemonOptions(listenDefault: string): readonly Option[] {
  return [
    {
      ...used,
      name: "state_dir",
      kind: "path",
      help:
        "The folder for dead letters and spools; not set: the first of $STATE_DIRECTORY, else ./tpctl-state.",
    },
    {
      ...used,
      name: "listen",
      kind: "string",
      default: listenDefault,
      help: "Where /metrics, /healthz and /readyz are served; empty turns it off.",
    },
    {
      ...used,
      name: "dead_letter_max_bytes",
      kind: "int",
      min: 1,
      default: "1073741824",
      unit: "bytes",
      help: "The bound of the dead-letter folder; full, it stops intake.",
    },
    {
      ...used,
      name: "dead_letter_topic",
      kind: "string",
      help: "A Kafka topic that dead letters are sent to instead of the folder.",
    },
    {
      ...used,
      name: "fail_fast_seconds",
      kind: "int",
      min: 0,
      default: "0",
      unit: "s",
      help: "Ends with exit code 3 after the bus was away this long; 0 waits for ever.",
    },
    {
      ...used,
      name: "drain_seconds",
      kind: "int",
      min: 0,
      default: "20",
      unit: "s",
      help: "How long a stop waits for what is in flight; a rebalance too, but 30 s at most.",
    },
  ];
}

/** Reads the table above. */
export function readDaemonConfig(
  values: OptionValues,
  environment: Readonly<Record<string, string | undefined>>,
): DaemonConfig {
  const [systemdFolder] = (environment["STATE_DIRECTORY"] ?? "").split(":");
  return {
    stateDir: values.text("tpctl", "state_dir") ?? (systemdFolder || "./tpctl-state"),
    listen: readListen(values),
    deadLetterBytesMax: values.number("tpctl", "dead_letter_max_bytes"),
    deadLetterTopic: values.text("tpctl", "dead_letter_topic"),
    failFastMs: values.number("tpctl", "fail_fast_seconds") * MS_PER_SECOND,
    drainMs: values.number("tpctl", "drain_seconds") * MS_PER_SECOND,
  };
}

function readListen(values: OptionValues): ListenConfig | undefined {
  const text = values.text("tpctl", "listen");
  if (text === undefined) return undefined;
  const parsed = parseHostPort(text, undefined);
  if ("value" in parsed) {
    return { ...parsed.value, given: values.given("tpctl", "listen") !== undefined };
  }
  const { why, expected } = parsed.unreadable;
  values.problem("tpctl", "listen", `Cannot read [tpctl] listen: ${why}, expected ${expected}`);
  return undefined;
}
