/**
 * Edge (files). What a Kafka endpoint becomes: every broker as it was read, none left out.
 */
import { expect, test } from "bun:test";
import { parseHosts } from "../config/option.ts";
import { Cluster } from "./cluster.ts";
import { connectionOf } from "./endpoint_connection.ts";

test("every broker that the configuration takes is tried, with what it is called", async () => {
  const parsed = parseHosts("127.0.0.1:1,[::1]:2", { kind: "hosts", defaultPort: 9092 });
  if ("unreadable" in parsed) throw new Error(parsed.unreadable.why);
  const security = { tls: undefined, sasl: undefined };
  const options = await connectionOf({ brokers: parsed.value, security }, "tpctl-tests");
  expect(options.brokers).toEqual([{ host: "127.0.0.1", port: 1 }, { host: "::1", port: 2 }]);
  const cluster = new Cluster(options);
  const said = await cluster.any().catch((error: unknown) => String(error));
  cluster.close();
  expect(said).toMatch(/127\.0\.0\.1:1|\[::1\]:2/);
});
