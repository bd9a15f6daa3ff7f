/**
 * Pure. Dead letters as records of a Kafka topic (`[tpctl] dead_letter_topic`): the same line of JSON
 * as in the files, under the key of the original record. Letters that the broker refuses for good go
 * to the files, so that none is lost and none stands in the way.
 */
import type { Clock } from "../clock.ts";
import { RunError } from "../errors.ts";
import type { Log } from "../log/log.ts";
import type { DeadLetter, DeadLetterBox } from "./dead_letter.ts";
import { letterLine } from "./letter_text.ts";
import type { OutgoingRecord, Producer } from "./producer.ts";

/** The topic, and the subcommand that writes to it. */
export interface DeadLetterTopicOptions {
  readonly topic: string;
  readonly command: string;
}

/** What the box works with. */
export interface DeadLetterTopicDeps {
  readonly producer: Producer;
  /** Takes what the broker refuses for good. */
  readonly overflow: DeadLetterBox;
  readonly clock: Clock;
  readonly log: Log;
}

/** Letters are taken when all brokers that must have acknowledged them. Closing closes the producer. */
export function createDeadLetterTopic(
  options: DeadLetterTopicOptions,
  deps: DeadLetterTopicDeps,
): DeadLetterBox {
  const { producer, overflow } = deps;
  return {
    async append(letters, signal): Promise<void> {
      if (letters.length === 0) return;
      if (await sent(letters.map((letter) => recordOf(letter, options, deps)), deps, signal)) {
        return;
      }
      const refused: DeadLetter[] = [];
      for (const letter of letters) {
        const alone = [recordOf(letter, options, deps)];
        if (letters.length === 1 || !await sent(alone, deps, signal)) refused.push(letter);
      }
      await overflow.append(refused, signal);
    },
    bytes: () => overflow.bytes(),
    close: () => producer.close(),
  };
}

/** False when the broker refuses one of them for good. */
async function sent(
  records: readonly OutgoingRecord[],
  deps: DeadLetterTopicDeps,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await deps.producer.send(records, signal);
    return true;
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    if (records.length === 1) {
      deps.log.warning("The dead-letter topic refuses a letter, kept in a file instead", {
        reason: error.message,
      });
    }
    return false;
  }
}

function recordOf(
  letter: DeadLetter,
  { topic, command }: DeadLetterTopicOptions,
  { clock }: DeadLetterTopicDeps,
): OutgoingRecord {
  const key = "key" in letter.source ? letter.source.key : null;
  const line = letterLine(letter, { command, nowMs: clock.now() });
  return {
    topic,
    key: key === null ? null : new TextEncoder().encode(key),
    value: line.subarray(0, line.length - 1),
  };
}
