/**
 * Pure. The account and the line for people, as the metrics of a real account give them.
 */
import { expect, test } from "bun:test";
import { createAccount } from "../delivery/account.ts";
import { createMetrics } from "./metrics.ts";
import { accountOf, createProgress, formatProgress } from "./progress.ts";

test("the metrics give the very account that was kept", () => {
  const metrics = createMetrics();
  const account = createAccount(metrics);
  account.received("metrics", 20_000);
  account.settled("metrics", "written", 12_345);
  account.settled("metrics", "expired", 2);
  account.settled("metrics", "decode", 1);
  account.settled("metrics", "rejected", 3);
  account.abandoned("metrics", 5);
  account.received("alarms", 1);
  account.settled("alarms", "invalid", 1);
  expect(accountOf(metrics.snapshot())).toEqual(account.topics());
});

test("the line says the rate since the last look, and what is rare only when it happened", () => {
  const metrics = createMetrics();
  const look = createProgress();
  expect(formatProgress(look(metrics.snapshot(), 1000)))
    .toBe("0 records/s, 0 written, 0 dead letters");
  const account = createAccount(metrics);
  account.received("metrics", 20_000);
  account.settled("metrics", "written", 12_345);
  account.settled("metrics", "decode", 1);
  metrics.gauge("tpctl_kafka_lag", "Lag.", { topic: "metrics", partition: "0" }).set(1000);
  metrics.gauge("tpctl_kafka_lag", "Lag.", { topic: "metrics", partition: "1" }).set(234);
  expect(formatProgress(look(metrics.snapshot(), 2000)))
    .toBe("6,173 records/s, 12,345 written, 1 dead letter, 7,654 in flight, lag 1,234");
  account.settled("metrics", "expired", 7654);
  expect(formatProgress(look(metrics.snapshot(), 1000)))
    .toBe("7,654 records/s, 12,345 written, 7,654 expired, 1 dead letter, lag 1,234");
});
