/**
 * Pure. That the benchmark's notifications are what they are said to be: always the same, readable,
 * and of the sizes and proportions that the figures were measured with.
 */
import { expect, test } from "bun:test";
import { decodeNotification } from "../../core/notifications/oslo.ts";
import { eventTypes, loadMessages } from "./notifications.ts";
import { median } from "./table.ts";

const count = 4000;
const messages = [...loadMessages(count)];

test("a notification of the load depends on its number alone", () => {
  expect([...loadMessages(50)]).toEqual(messages.slice(0, 50));
});

test("all 70 event types come, each readable and in the queue of its priority", () => {
  const seen = new Set<string>();
  for (const { priority, body } of messages) {
    const decoded = decodeNotification(body);
    if (decoded.kind !== "notification") throw new Error(`${decoded.reason}: ${body}`);
    seen.add(decoded.notification.event_type);
    expect(decoded.notification.priority).toBe(priority);
  }
  expect(eventTypes.length).toBe(70);
  expect([...seen].sort()).toEqual([...eventTypes].sort());
});

test("sizes and the share of polled batches are those of the figures", () => {
  const sizes = messages.map(({ body }) => body.length);
  const polled = messages.filter(({ priority }) => priority === "sample").length;
  const mean = sizes.reduce((sum, size) => sum + size, 0) / count;
  expect(mean).toBeWithin(7_000, 8_500);
  expect(median(sizes)).toBeWithin(4_000, 4_200);
  expect(polled / count).toBeWithin(0.06, 0.1);
});
