/**
 * Pure. What was typed becomes a plan, or a sentence that says what is wrong.
 */
import { describe, expect, test } from "bun:test";
import { typedTail } from "../../testing/tailing.ts";
import { UsageError } from "../errors.ts";
import { planTail, type TailArguments, type TailPlan } from "./tail_plan.ts";

const nobody = { password: undefined, influxToken: undefined };
const nowMs = Date.UTC(2026, 10, 28, 8);

function plan(source: string, typed: Partial<TailArguments> = {}): TailPlan {
  return planTail(typedTail(source, typed), nobody, nowMs);
}

describe("where it begins and whether it goes on", () => {
  const since = "2h ago";
  const sinceMs = nowMs - 7_200_000;
  test.each<[source: string, typed: Partial<TailArguments>, span: Partial<TailPlan["span"]>]>([
    ["kafka://h/t", {}, { last: 0, follow: true }],
    ["kafka://h/t", { follow: false }, { last: 10, follow: false }],
    ["kafka://h/t", { last: "5" }, { last: 5, follow: true }],
    ["kafka://h/t", { since }, { last: undefined, sinceMs, follow: true }],
    ["kafka://h/t", { since, last: "5" }, { last: 5, sinceMs, follow: true }],
    ["kafka://h/t", { last: "all" }, { last: undefined, sinceMs: undefined }],
    ["amqp://h/?exchange=nova", {}, { last: 0, follow: true }],
    ["x.json", {}, { last: 10, follow: false }],
    ["x.json", { follow: true, last: "0" }, { last: 0, follow: true }],
    ["x.json", { since }, { last: undefined, sinceMs, follow: false }],
    ["x.json", { format: "chart" }, { last: undefined, follow: false }],
    ["x.json", { chartOut: "x.svg" }, { last: undefined, follow: false }],
    ["sqlite:x.db", {}, { last: 10, follow: false }],
    ["sqlite:x.db", { chartOut: "x.svg" }, { last: 10_000, follow: false }],
    ["-", {}, { last: undefined, follow: true }],
    ["-", { last: "3" }, { last: 3, follow: true }],
    ["influxdb://h/d", {}, { last: 10, follow: false }],
    ["sqlite:x.db", { follow: true, since }, { last: undefined, sinceMs, follow: true }],
  ])("%s %j", (source, typed, span) => expect(plan(source, typed).span).toMatchObject(span));
});

describe("is refused", () => {
  test.each<[words: string, source: string, typed: Partial<TailArguments>]>([
    ["it is no such count, expected 0 to 1000000, or all", "x", { last: "-1" }],
    ["Cannot use -n 'ten'", "x", { last: "ten" }],
    ["it is no time", "x", { since: "soon" }],
    ["Cannot use --sample '1%': it is no share, expected one as 1/100", "x", { sample: "1%" }],
    ["Cannot use --sample '3/2'", "x", { sample: "3/2" }],
    ["Cannot use --sample '1/0'", "x", { sample: "1/0" }],
    ["Cannot use --meter '': it matches nothing", "x", { meters: [""] }],
    ["Cannot use --event 'a[b': its bracket is not closed", "x", { events: ["ok", "a[b"] }],
    ["--where 'tags.event_type like \"a.*\"'", "sqlite:x.db", { events: ["a.*"] }],
    ["at column 9, it ends too early", "x", { where: "volume >" }],
    ["Cannot use --wide with --format json", "x", { wide: true, format: "json" }],
    ["Cannot use -n with an exchange: it keeps nothing", "amqp://h/?exchange=e", { last: "1" }],
    ["Cannot use --since with an exchange", "amqp://h/?exchange=e", { since: "1h ago" }],
    ["Cannot use --no-follow with an exchange", "amqp://h/?exchange=e", { follow: false }],
    ["it names no exchange, expected amqp://", "amqp://h/", {}],
    ["the scheme 'kafak' is unknown, expected 'kafka'", "kafak://h/t", {}],
    ["it names no topic", "kafka://h", {}],
    ["format= is for writing", "kafka://h/t?format=sample", {}],
    ["nothing can be read there as it passes", "elasticsearch://h/i", {}],
    ["expected the path itself", "line:x.txt", {}],
    ["expected the password in TPCTL_PASSWORD", "influxdb://u@h/d", {}],
  ])("%s", (words, source, typed) => {
    const planned = (): TailPlan => plan(source, typed);
    expect(planned).toThrow(UsageError);
    expect(planned).toThrow(words);
  });

  test("without a word of the password", () => {
    expect(() => plan("kafka://u:geheim@h")).toThrow(/^(?!.*geheim)/s);
    expect(plan("amqp://u:geheim@h/?exchange=e").name).toBe("amqp://h:5672/");
  });
});
