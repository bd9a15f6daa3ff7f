/**
 * Edge (test runner). The one conformance test that every writer passes: what the `Writer` contract
 * promises, whatever the store is. A writer's own test calls `describeWriter` with a subject that
 * says how to reach, read, disturb and mend its store; what only that store does is tested there.
 */
import { describe, expect, test } from "bun:test";
import { type Batch, sliceBatch } from "../core/delivery/batch.ts";
import { PartialWriteError, StoreError, type Writer } from "../core/delivery/writer.ts";
import { documentBatch, lineBatch } from "./batches.ts";

/** One datum of the conformance test: the store keeps `text` under `key` and `timeMs`. */
export interface ConformanceItem {
  readonly key: string;
  readonly text: string;
  readonly timeMs: number;
}

/** The writer under test and the store behind it. */
export interface WriterSubject {
  /** For the test's title. */
  readonly title: string;
  /** A new writer on the store. The test closes it. */
  create(): Writer | Promise<Writer>;
  /** The items as a batch of the kind the writer takes, in this order. */
  batchOf(items: readonly ConformanceItem[]): Batch;
  /** An empty place to write to; called before each case. */
  reset(): Promise<void>;
  /** What the store holds since the last reset, text by key; or the reason why it cannot be read. */
  readonly stored: (() => Promise<ReadonlyMap<string, string>>) | string;
  /** An item that the store refuses for good; or the reason why it takes everything. */
  readonly refused: ConformanceItem | string;
  /** Takes the store away and gives it back, data kept; or the reason why it cannot go away. */
  readonly outage: { begin(): Promise<void>; end(): Promise<void> } | string;
  /** Makes the store accept connections but answer nothing; or the reason why it cannot. */
  readonly silence: { begin(): Promise<void>; end(): Promise<void> } | string;
  /** Words that must never appear in a name or an error: the password, the token. */
  readonly secrets: readonly string[];
}

/** The time all conformance items carry unless a case says otherwise: now, to the second. */
export const conformanceTimeMs = Math.floor(Date.now() / 1000) * 1000;

const measurement = "tpctl_conformance";

/** A store on a Java machine takes its time to come back. */
const outageTestMs = 120_000;

/** Items as lines: measurement `tpctl_conformance`, tag `key`, text field `text`, ms. */
export function conformanceLines(items: readonly ConformanceItem[], destination = ""): Batch {
  const lines = items.map(({ key, text, timeMs }) => {
    const tag = key.replace(/[, =\\]/g, "\\$&");
    return `${measurement},key=${tag} text="${text.replace(/["\\]/g, "\\$&")}" ${timeMs}`;
  });
  return lineBatch(lines, { destination });
}

/** Items as documents of one index: id = key, JSON = the item. */
export function conformanceDocuments(items: readonly ConformanceItem[], index: string): Batch {
  return documentBatch(
    items.map((item) => ({ index, id: item.key, json: JSON.stringify(item) })),
  );
}

/** Registers the conformance cases of one writer with the test runner. */
export function describeWriter(subject: WriterSubject): void {
  describe(`${subject.title} keeps the Writer contract`, () => {
    describeStoring(subject);
    describeRefusal(subject);
    describeAbsence(subject);
    describeLifeCycle(subject);
  });
}

function describeStoring(subject: WriterSubject): void {
  const { stored } = subject;
  const holds = async (expected: Readonly<Record<string, string>>): Promise<void> => {
    if (typeof stored === "string") return;
    expect(Object.fromEntries(await stored())).toEqual(expected);
  };
  test("an empty batch is durable at once and stores nothing", async () => {
    await withWriter(subject, async (writer) => {
      await writer.write(subject.batchOf([]), never());
      await holds({});
    });
  });
  test("one item", async () => {
    await withWriter(subject, async (writer) => {
      await writer.write(subject.batchOf([item("a", "one")]), never());
      await holds({ a: "one" });
    });
  });
  test("many items, and a part of a batch on its own", async () => {
    await withWriter(subject, async (writer) => {
      const items = Array.from({ length: 2500 }, (_, i) => item(`k${i}`, `text ${i}`));
      const batch = subject.batchOf(items);
      await writer.write(sliceBatch(batch, 1000, 2000), never());
      await holds(textsOf(items.slice(1000, 2000)));
      await writer.write(batch, never());
      await holds(textsOf(items));
    });
  });
  test("order: of the same item twice the later one stays, and a repeat changes nothing", async () => {
    await withWriter(subject, async (writer) => {
      const batch = subject.batchOf([item("a", "first"), item("b", "b"), item("a", "second")]);
      await writer.write(batch, never());
      await holds({ a: "second", b: "b" });
      await writer.write(batch, never());
      await holds({ a: "second", b: "b" });
    });
  });
  test("unicode and characters with a meaning come back as they went", async () => {
    const texts = ["größe 温度 🌡️", 'a"b\\c', "x,y=z w", "\u{1F468}\u200D\u{1F469}", "tab\there"];
    await withWriter(subject, async (writer) => {
      const items = texts.map((text, i) => item(`ключ ${i}`, text));
      await writer.write(subject.batchOf(items), never());
      await holds(textsOf(items));
    });
  });
  test("writes side by side are all durable", async () => {
    await withWriter(subject, async (writer) => {
      const items = Array.from({ length: 400 }, (_, i) => item(`k${i}`, `${i}`));
      const batch = subject.batchOf(items);
      await Promise.all(
        [0, 100, 200, 300].map((from) =>
          writer.write(sliceBatch(batch, from, from + 100), never())
        ),
      );
      await holds(textsOf(items));
    });
  });
}

function describeRefusal(subject: WriterSubject): void {
  const { refused, stored } = subject;
  if (typeof refused === "string") return;
  test("a refused item is no outage, and halving finds it while all others get stored", async () => {
    await withWriter(subject, async (writer) => {
      const good = Array.from({ length: 20 }, (_, i) => item(`k${i}`, `${i}`));
      const batch = subject.batchOf([...good.slice(0, 13), refused, ...good.slice(13)]);
      const alone = await refusalOf(writer, sliceBatch(batch, 13, 14));
      expect(["bisect", "expired", "split"]).toContain(alone.reaction);
      expectNoSecrets(alone.message, subject);
      expect(await bisect(writer, batch)).toEqual([13]);
      if (typeof stored !== "string") {
        expect(Object.fromEntries(await stored())).toEqual(textsOf(good));
      }
    });
  });
}

function describeAbsence(subject: WriterSubject): void {
  const { outage, silence } = subject;
  if (typeof outage !== "string") {
    test(
      "a store that is away is retryable, and takes the same batch once it is back",
      async () => {
        await withWriter(subject, async (writer) => {
          const batch = subject.batchOf([item("a", "kept")]);
          await writer.ping(never());
          await outage.begin();
          try {
            const refusal = await refusalOf(writer, batch);
            expect(refusal.reaction).toBe("retry");
            expectNoSecrets(refusal.message, subject);
            const ping = await storeErrorOf(writer.ping(never()));
            expect(ping.reaction).toBe("retry");
          } finally {
            await outage.end();
          }
          await writer.ping(never());
          await writer.write(batch, never());
          if (typeof subject.stored !== "string") {
            expect(Object.fromEntries(await subject.stored())).toEqual({ a: "kept" });
          }
        });
      },
      outageTestMs,
    );
  }
  if (typeof silence !== "string") {
    test("a store that does not answer holds a write only until its signal aborts", async () => {
      await withWriter(subject, async (writer) => {
        const batch = subject.batchOf([item("a", "kept")]);
        await silence.begin();
        try {
          const refusal = await storeErrorOf(writer.write(batch, AbortSignal.timeout(200)));
          expect(refusal.reaction).toBe("retry");
        } finally {
          await silence.end();
        }
        await writer.write(batch, never());
        if (typeof subject.stored !== "string") {
          expect(Object.fromEntries(await subject.stored())).toEqual({ a: "kept" });
        }
      });
    }, outageTestMs);
  }
}

function describeLifeCycle(subject: WriterSubject): void {
  test("its name and its wishes are fit to show", async () => {
    await withWriter(subject, (writer) => {
      expect(writer.name).not.toBe("");
      expectNoSecrets(writer.name, subject);
      expect(writer.concurrency).toBeGreaterThanOrEqual(1);
      expect(writer.takes).toContain(subject.batchOf([]).kind);
      return Promise.resolve();
    });
  });
  test("close twice is fine; a write after it is a defect and not a store's refusal", async () => {
    await subject.reset();
    const writer = await subject.create();
    await writer.close();
    await writer.close();
    const failure = await writer.write(subject.batchOf([item("a", "late")]), never()).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(Error);
    expect(failure).not.toBeInstanceOf(StoreError);
  });
}

/**
 * Writes a batch as the delivery loop does with refusals: halves it until each refused item stands
 * alone. Returns the refused items' indexes in order; everything else is durable.
 */
export async function bisect(writer: Writer, batch: Batch, base = 0): Promise<number[]> {
  const failure = await writer.write(batch, never()).then(() => undefined, (error) => error);
  if (failure === undefined) return [];
  if (failure instanceof PartialWriteError) return failure.refused.map(({ item }) => base + item);
  if (!(failure instanceof StoreError)) throw failure;
  if (!["bisect", "expired", "split"].includes(failure.reaction)) throw failure;
  if (batch.count <= 1) return [base];
  const middle = batch.count >> 1;
  const left = await bisect(writer, sliceBatch(batch, 0, middle), base);
  const right = await bisect(writer, sliceBatch(batch, middle, batch.count), base + middle);
  return [...left, ...right];
}

/** The StoreError that a promise rejects with; fails the test on success or on anything else. */
export async function storeErrorOf(attempt: Promise<unknown>): Promise<StoreError> {
  const failure = await attempt.then(() => undefined, (error: unknown) => error);
  if (failure instanceof StoreError) return failure;
  throw new Error(`expected a StoreError, got ${String(failure)}`, { cause: failure });
}

/** What the store says to a batch that it does not store whole; a named item's own reaction counts. */
async function refusalOf(writer: Writer, batch: Batch): Promise<StoreError> {
  const failure = await storeErrorOf(writer.write(batch, never()));
  const named = failure instanceof PartialWriteError ? failure.refused[0] : undefined;
  return named === undefined ? failure : new StoreError(named.reason, named.reaction);
}

async function withWriter(
  subject: WriterSubject,
  use: (writer: Writer) => Promise<void>,
): Promise<void> {
  await subject.reset();
  const writer = await subject.create();
  try {
    await use(writer);
  } finally {
    await writer.close();
  }
}

function expectNoSecrets(text: string, subject: WriterSubject): void {
  for (const secret of subject.secrets) expect(text).not.toContain(secret);
}

function item(key: string, text: string): ConformanceItem {
  return { key, text, timeMs: conformanceTimeMs };
}

function textsOf(items: readonly ConformanceItem[]): Record<string, string> {
  return Object.fromEntries(items.map(({ key, text }) => [key, text]));
}

function never(): AbortSignal {
  return new AbortController().signal;
}
