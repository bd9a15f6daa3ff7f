/**
 * Pure. How brokers are spelled.
 */
import { expect, test } from "bun:test";
import { brokerText, parseBroker } from "./connection_options.ts";

test.each([
  ["kafka", { host: "kafka", port: 9092 }],
  ["kafka.example.net:9093", { host: "kafka.example.net", port: 9093 }],
  [" 10.0.0.1:9092 ", { host: "10.0.0.1", port: 9092 }],
  ["[::1]:9094", { host: "::1", port: 9094 }],
  ["[fe80::1]", { host: "fe80::1", port: 9092 }],
])("%s is read", (text, address) => {
  expect(parseBroker(text)).toEqual(address);
  expect(parseBroker(brokerText(address))).toEqual(address);
});

test.each(["", ":9092", "a:b", "a:0", "a:65536", "::1", "a b:1", "kafka://a:1"])(
  "%s is no broker",
  (text) => {
    expect(parseBroker(text)).toBeUndefined();
  },
);
