/**
 * Edge (processes). Produces the load at a steady pace by kcat, which outlives brokers that go away:
 * every record carries its number as the key, and is in the log once.
 */
import { loadText } from "./load.ts";

const tickMs = 20;
/**
 * With more, a broker that comes back may refuse one request as not yet the leader and be asked the
 * next as one: the numbers of the second are then out of order, which ends kcat for good.
 */
const inFlight = "max.in.flight.requests.per.connection=1";
/** Keys end here; no record holds one. */
const delimiter = "\t";

/** A load on its way. */
export interface Feeder {
  /** Records handed out so far: numbers 0 to `count` - 1. */
  readonly count: number;
  /** Resolves when so many were handed out. */
  reached(count: number): Promise<void>;
  /** No more; resolves with the number of records once the brokers have acknowledged all of them. */
  finish(): Promise<number>;
}

/** How fast, and where to begin. */
export interface FeederOptions {
  /** Records per second; Infinity: as fast as it goes. */
  readonly pace: number;
  /** It stops by itself there; Infinity: `finish` says when. */
  readonly upTo: number;
}

/** Begins to produce. */
export function startFeeder(
  brokers: readonly string[],
  topic: string,
  { pace, upTo }: FeederOptions,
): Feeder {
  const settings = ["linger.ms=5", "acks=all", "enable.idempotence=true", "retry.backoff.ms=100"]
    .concat("reconnect.backoff.max.ms=500", inFlight).flatMap((setting) => ["-X", setting]);
  const child = Bun.spawn(
    ["kcat", "-P", "-E", "-b", brokers.join(","), "-t", topic, "-K", delimiter, ...settings],
    { stdin: "pipe", stdout: "ignore", stderr: "pipe" },
  );
  const said = child.stderr.text();
  let count = 0;
  let over = false;
  const began = performance.now();
  const feed = async (): Promise<void> => {
    while (!over && count < upTo) {
      const due = Math.min(upTo, count + 2000, (performance.now() - began) / 1000 * pace);
      let text = "";
      for (; count < due; count++) text += `${count}${delimiter}${loadText(count)}\n`;
      if (text !== "") child.stdin.write(text);
      await child.stdin.flush();
      await Bun.sleep(Number.isFinite(pace) ? tickMs : 0);
    }
  };
  const feeding = feed();
  return {
    get count(): number {
      return count;
    },
    async reached(wanted): Promise<void> {
      while (count < Math.min(wanted, upTo)) await Bun.sleep(tickMs);
    },
    async finish(): Promise<number> {
      over = Number.isFinite(upTo) ? over : true;
      await feeding;
      await child.stdin.end();
      if (await child.exited !== 0) throw new Error(`kcat did not produce all: ${await said}`);
      return count;
    },
  };
}
