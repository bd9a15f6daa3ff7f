/**
 * Edge (test runner). The one conformance test that every publisher passes: what the `Publisher`
 * contract promises, whatever the far end is. A publisher's own test calls `describePublisher` with a
 * subject that says how to reach, read, disturb and mend its far end; what only that publisher does
 * is tested there.
 */
import { describe, expect, test } from "bun:test";
import { StoreError } from "../core/delivery/writer.ts";
import type { Event } from "../core/pipeline/event.ts";
import type { Publisher } from "../core/pipeline/publisher.ts";
import type { Sample } from "../core/pipeline/sample.ts";
import { makeEvent, makeSample } from "./samples.ts";
import { storeErrorOf } from "./writer_conformance.ts";

/** What a publisher is given to publish. */
export type Carried = "samples" | "events";

/** A state of the far end that a case brings about and ends. */
export interface Disturbance {
  begin(): Promise<void> | void;
  end(): Promise<void> | void;
}

/** The publisher under test and the far end behind it. */
export interface PublisherSubject {
  /** For the test's title. */
  readonly title: string;
  readonly takes: readonly Carried[];
  /** A new publisher for the far end. The test closes it. */
  create(carries: Carried): Publisher | Promise<Publisher>;
  /** Called before each case; from here on `received` counts anew. */
  reset(): Promise<void> | void;
  /**
   * The marks of what has arrived since the last reset, in order of arrival; it waits until at least
   * `count` are there, a bounded time long. A mark is a sample's `resource_id` or an event's
   * `message_id`, whatever the subject's own `sampleOf` and `eventOf` put where.
   */
  received(carries: Carried, count: number): Promise<readonly string[]>;
  /** The sample or event that carries a mark, where `markedSample` and `markedEvent` will not do. */
  sampleOf?(mark: string, n: number): Sample;
  eventOf?(mark: string, n: number): Event;
  /** "kept", or the reason why order cannot be told or kept at the far end. */
  readonly order: "kept" | string;
  /** How many items the case "many" sends; 500 if left out. */
  readonly many?: number;
  /** Marks that must come through unharmed; `unicodeMarks` if left out. */
  readonly marks?: readonly string[];
  /** While it lasts the far end refuses all items for good; or the reason why it never does. */
  readonly refusal: Disturbance | string;
  /** Takes the far end away and gives it back; or the reason why nobody would notice. */
  readonly outage: Disturbance | string;
  /** The far end takes connections and answers nothing; or the reason why nobody would notice. */
  readonly silence: Disturbance | string;
  /** Words that must never appear in a name or an error: the password, the token. */
  readonly secrets: readonly string[];
}

/** Texts with characters that mean something to somebody. */
export const unicodeMarks: readonly string[] = [
  "größe 温度 \u{1F321}\uFE0F",
  'a"b\\c',
  "it's",
  "x,y=z w",
  "\u{1F468}\u200D\u{1F469}",
  "tab\there",
  "line\u2028end",
  "100%",
  "a&b=c?d#e",
];

/** A sample whose resource_id is the mark; `n` makes its volume and its id its own. */
export function markedSample(mark: string, n = 0): Sample {
  const id = `00000000-0000-1000-8000-${String(n).padStart(12, "0")}`;
  return makeSample({ resource_id: mark, volume: n, id });
}

/** An event whose message_id is the mark. */
export function markedEvent(mark: string): Event {
  return makeEvent({ message_id: mark });
}

/** Registers the conformance cases of one publisher with the test runner. */
export function describePublisher(subject: PublisherSubject): void {
  describe.each(subject.takes)(
    `${subject.title} keeps the Publisher contract for %s`,
    (carries) => {
      describeAccepting(subject, carries);
      describeRefusal(subject, carries);
      describeAbsence(subject, carries);
      describeLifeCycle(subject, carries);
    },
  );
}

/** The conformance items of one kind, published as a pipeline does. */
class Trial {
  constructor(
    readonly subject: PublisherSubject,
    readonly carries: Carried,
    readonly publisher: Publisher,
  ) {}

  publish(marks: readonly string[], signal = never()): Promise<void> {
    return publishMarks(this, marks, signal);
  }

  /** Waits for that many and checks that exactly the marks have come. */
  async holds(marks: readonly string[]): Promise<void> {
    const got = [...await this.subject.received(this.carries, marks.length)];
    if (this.subject.order === "kept") expect(got).toEqual([...marks]);
    else expect(got.sort()).toEqual([...marks].sort());
  }

  /** Waits until every mark has come, once or more often. */
  async holdsAtLeast(marks: readonly string[]): Promise<void> {
    const got = new Set(await this.subject.received(this.carries, marks.length));
    expect(marks.filter((mark) => !got.has(mark))).toEqual([]);
  }
}

function publishMarks(
  { subject, carries, publisher }: Trial,
  marks: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  if (carries === "samples") {
    const sampleOf = subject.sampleOf ?? markedSample;
    return publisher.publishSamples(marks.map((mark, n) => sampleOf(mark, n)), signal);
  }
  const eventOf = subject.eventOf ?? markedEvent;
  return publisher.publishEvents(marks.map((mark, n) => eventOf(mark, n)), signal);
}

function describeAccepting(subject: PublisherSubject, carries: Carried): void {
  test("nothing is accepted without a word to the far end", async () => {
    await withPublisher(subject, carries, async (trial) => {
      await trial.publish([]);
      await trial.holds([]);
    });
  });
  test("one item, and another one after it", async () => {
    await withPublisher(subject, carries, async (trial) => {
      await trial.publish(["first"]);
      await trial.holds(["first"]);
      await trial.publish(["second"]);
      await trial.holds(["first", "second"]);
    });
  });
  test("many items arrive once each, in the order of the call", async () => {
    await withPublisher(subject, carries, async (trial) => {
      const marks = Array.from({ length: subject.many ?? 500 }, (_, n) => `mark-${n}`);
      await trial.publish(marks);
      await trial.holds(marks);
    });
  });
  test("unicode and characters with a meaning arrive as they went", async () => {
    await withPublisher(subject, carries, async (trial) => {
      const marks = subject.marks ?? unicodeMarks;
      await trial.publish(marks);
      await trial.holds(marks);
    });
  });
}

function describeRefusal(subject: PublisherSubject, carries: Carried): void {
  const { refusal } = subject;
  if (typeof refusal === "string") return;
  test("items that are refused for good are no outage, and the next ones are accepted", async () => {
    await withPublisher(subject, carries, async (trial) => {
      await refusal.begin();
      try {
        const refused = await storeErrorOf(trial.publish(["refused"]));
        expect(["bisect", "split", "expired"]).toContain(refused.reaction);
        expectNoSecrets(refused.message, subject);
      } finally {
        await refusal.end();
      }
      await subject.reset();
      await trial.publish(["accepted"]);
      await trial.holds(["accepted"]);
    });
  });
}

function describeAbsence(subject: PublisherSubject, carries: Carried): void {
  const { outage, silence } = subject;
  if (typeof outage !== "string") {
    test("a far end that is away is retryable, before and after the first success", async () => {
      await withPublisher(subject, carries, async (trial) => {
        for (const mark of ["before", "after"]) {
          await outage.begin();
          try {
            const failure = await storeErrorOf(trial.publish([mark]));
            expect(failure.reaction).toBe("retry");
            expectNoSecrets(failure.message, subject);
          } finally {
            await outage.end();
          }
          await untilAccepted(() => trial.publish([mark]));
        }
        await trial.holdsAtLeast(["before", "after"]);
      });
    }, faultTestMs);
  }
  if (typeof silence !== "string") {
    test("a far end that does not answer holds a call only until its signal aborts", async () => {
      await withPublisher(subject, carries, async (trial) => {
        await silence.begin();
        try {
          const given = AbortSignal.timeout(300);
          expect((await storeErrorOf(trial.publish(["kept"], given))).reaction).toBe("retry");
        } finally {
          await silence.end();
        }
        await untilAccepted(() => trial.publish(["kept"]));
        await trial.holdsAtLeast(["kept"]);
      });
    }, faultTestMs);
  }
}

/** A far end that is a real server takes its time to come back. */
const faultTestMs = 120_000;

/** What a lane does: again while the far end is still coming back; the test's own time ends it. */
async function untilAccepted(publish: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await publish();
    } catch (error) {
      if (!(error instanceof StoreError) || error.reaction !== "retry") throw error;
      await Bun.sleep(100);
    }
  }
}

function describeLifeCycle(subject: PublisherSubject, carries: Carried): void {
  test("its name is fit to show", async () => {
    await withPublisher(subject, carries, ({ publisher }) => {
      expect(publisher.name).toMatch(/^[a-z0-9]+:/);
      expect(publisher.name).not.toContain("?");
      expectNoSecrets(publisher.name, subject);
      return Promise.resolve();
    });
  });
  test("close twice is fine; publishing after it is a defect and not a refusal", async () => {
    await withPublisher(subject, carries, async (trial) => {
      await trial.publish(["before"]);
      await trial.publisher.close();
      await trial.publisher.close();
      const failure = await trial.publish(["late"]).then(() => undefined, (error) => error);
      expect(failure).toBeInstanceOf(Error);
      expect(failure).not.toBeInstanceOf(StoreError);
      await trial.holds(["before"]);
    });
  });
  if (subject.takes.length === 2) return;
  test("what it does not take is a defect", async () => {
    await withPublisher(subject, carries, async ({ publisher }) => {
      const call = carries === "samples"
        ? publisher.publishEvents([makeEvent()], never())
        : publisher.publishSamples([makeSample()], never());
      const failure = await call.then(() => undefined, (error) => error);
      expect(failure).toBeInstanceOf(Error);
      expect(failure).not.toBeInstanceOf(StoreError);
    });
  });
}

async function withPublisher(
  subject: PublisherSubject,
  carries: Carried,
  use: (trial: Trial) => Promise<void>,
): Promise<void> {
  await subject.reset();
  const publisher = await subject.create(carries);
  try {
    await use(new Trial(subject, carries, publisher));
  } finally {
    await publisher.close();
  }
}

function expectNoSecrets(text: string, subject: PublisherSubject): void {
  for (const secret of subject.secrets) expect(text).not.toContain(secret);
}

function never(): AbortSignal {
  return new AbortController().signal;
}
