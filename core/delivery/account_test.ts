/**
 * Edge (test runner). The account: its equation, its names on `/metrics`, and that a record that went
 * missing is found out.
 */
import { expect, test } from "bun:test";
import { createMetrics } from "../observe/metrics.ts";
import { createAccount } from "./account.ts";

test("an account counts by topic and serves the promised names", () => {
  const metrics = createMetrics();
  const account = createAccount(metrics);
  account.received("metrics", 10);
  account.settled("metrics", "written", 5);
  account.settled("metrics", "expired", 1);
  account.settled("metrics", "rejected", 2);
  account.abandoned("metrics", 1);
  expect(account.topics()).toEqual({
    metrics: {
      ...{ received: 10, written: 5, expired: 1, dead_lettered: 2, abandoned: 1, in_flight: 1 },
      dead_lettered_by_class: { rejected: 2 },
    },
  });
  const values = metrics.snapshot().flatMap(({ name, series }) =>
    series.map(({ labels, value }) => [name, labels, value])
  );
  expect(values).toEqual([
    ["tpctl_records_received_total", { topic: "metrics" }, 10],
    ["tpctl_records_written_total", { topic: "metrics" }, 5],
    ["tpctl_records_expired_total", { topic: "metrics" }, 1],
    ["tpctl_records_abandoned_total", { topic: "metrics" }, 1],
    ["tpctl_records_in_flight", { topic: "metrics" }, 1],
    ["tpctl_records_dead_lettered_total", { topic: "metrics", class: "rejected" }, 2],
  ]);
});

test("a record without an outcome that is not in flight either is an error", () => {
  const account = createAccount(createMetrics());
  account.received("metrics", 3);
  account.settled("metrics", "written", 1);
  expect(() => account.check(new Map([["metrics", 2]]))).not.toThrow();
  expect(() => account.check(new Map([["metrics", 1]]))).toThrow("have no outcome");
  expect(() => account.check(new Map())).toThrow("2 have no outcome, expected 0 in flight");
});
