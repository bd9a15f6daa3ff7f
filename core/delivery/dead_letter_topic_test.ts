/**
 * Edge (test runner). Dead letters to a Kafka topic: acknowledged before they count as kept, and what
 * the broker refuses for good is kept elsewhere.
 */
import { describe, expect, test } from "bun:test";
import { VirtualClock } from "../../testing/virtual_clock.ts";
import { RunError } from "../errors.ts";
import { silentLog } from "../log/log.ts";
import type { DeadLetter, DeadLetterBox } from "./dead_letter.ts";
import { createDeadLetterTopic } from "./dead_letter_topic.ts";
import type { OutgoingRecord } from "./producer.ts";

const never = new AbortController().signal;

function letter(text: string, key: string | null = null): DeadLetter {
  return {
    source: { topic: "metrics", partition: 0, offset: 1, key, timestamp: null },
    ...{ class: "decode", reason: "no JSON", destination: "" },
    payload: new TextEncoder().encode(text),
  };
}

function makeBox(refuses: (text: string) => boolean): {
  readonly box: DeadLetterBox;
  readonly sent: OutgoingRecord[];
  readonly overflow: DeadLetter[];
} {
  const sent: OutgoingRecord[] = [];
  const overflow: DeadLetter[] = [];
  const box = createDeadLetterTopic({ topic: "letters", command: "persist" }, {
    clock: new VirtualClock(),
    log: silentLog,
    producer: {
      send(records): Promise<void> {
        const texts = records.map(({ value }) => new TextDecoder().decode(value ?? undefined));
        if (texts.some(refuses)) return Promise.reject(new RunError("too large"));
        sent.push(...records);
        return Promise.resolve();
      },
      close: () => Promise.resolve(),
    },
    overflow: {
      append(letters): Promise<void> {
        overflow.push(...letters);
        return Promise.resolve();
      },
      bytes: () => 0,
      close: () => Promise.resolve(),
    },
  });
  return { box, sent, overflow };
}

describe("the dead-letter topic", () => {
  test("takes the line that would stand in a file, under the record's key", async () => {
    const { box, sent } = makeBox(() => false);
    await box.append([letter("a", "k"), letter("b")], never);
    const [first, second] = sent;
    expect(new TextDecoder().decode(first?.key ?? undefined)).toBe("k");
    expect(second?.key).toBeNull();
    const parsed = JSON.parse(new TextDecoder().decode(first?.value ?? undefined));
    expect(parsed).toMatchObject({ payload: "a", class: "decode", source: { key: "k" } });
    expect(sent.map(({ topic }) => topic)).toEqual(["letters", "letters"]);
  });

  test("leaves to the files what the broker refuses, and only that", async () => {
    const { box, sent, overflow } = makeBox((text) => text.includes("huge"));
    await box.append([letter("a"), letter("huge"), letter("b")], never);
    expect(sent.length).toBe(2);
    expect(overflow.map(({ payload }) => new TextDecoder().decode(payload))).toEqual(["huge"]);
    await box.append([letter("huge")], never);
    expect(overflow.length).toBe(2);
  });
});
