/**
 * Edge (test runner, net). Deliveries out of octets: whatever the pieces are that they come in, whatever
 * comes between, damage too; and the same as the client library makes of them.
 */
import { describe, expect, test } from "bun:test";
import type { ConsumeMessage } from "amqplib";
import fc from "fast-check";
import { rabbitOptions, rabbitTransport } from "../../testing/rabbit_admin.ts";
import {
  deliveryFrames,
  frame,
  longOctets,
  method,
  scriptedBroker,
  shortText,
  type WireMessage,
  type WireProperty,
} from "../../testing/scripted_amqp.ts";
import { systemClock } from "../clock.ts";
import { connectBroker } from "./connection.ts";
import { type Delivered, DeliveryReader } from "./delivery_reader.ts";
import { deliveredOf } from "./incoming.ts";

const shortTexts = fc.string({ unit: "grapheme", maxLength: 12 });
const word = (value: number, count: number): Buffer =>
  Buffer.from(Array.from({ length: count }, (_, i) => (value >> (8 * (i % 4))) & 0xff));
const text = (value: string): Buffer => Buffer.from(value);

/** A value in a table of headers: its type, its octets. */
const scalar = fc.oneof(
  fc.tuple(fc.constant("S"), shortTexts.map((value) => longOctets(text(value)))),
  fc.tuple(fc.constant("x"), fc.uint8Array({ maxLength: 9 }).map(longOctets)),
  fc.tuple(fc.constantFrom("t", "b", "B"), fc.nat(1).map((value) => word(value, 1))),
  fc.tuple(fc.constantFrom("s", "u"), fc.nat(9).map((value) => word(value, 2))),
  fc.tuple(fc.constantFrom("I", "i", "f"), fc.nat(9).map((value) => word(value, 4))),
  fc.tuple(fc.constantFrom("l", "d", "T"), fc.nat(9).map((value) => word(value, 8))),
  fc.tuple(fc.constant("D"), fc.nat(9).map((value) => word(value, 5))),
  fc.tuple(fc.constant("V"), fc.constant(word(0, 0))),
).map(([type, octets]) => Buffer.concat([text(type), octets]));
const named = fc.tuple(fc.oneof(shortTexts, fc.constant("compression")), scalar)
  .map(([name, value]) => Buffer.concat([shortText(name), value]));
const table = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: named },
    fc.tuple(shortTexts, fc.array(named, { maxLength: 3 })).map(([name, inner]) =>
      Buffer.concat([shortText(name), text("F"), longOctets(Buffer.concat(inner))])
    ),
    fc.tuple(shortTexts, fc.array(scalar, { maxLength: 3 })).map(([name, inner]) =>
      Buffer.concat([shortText(name), text("A"), longOctets(Buffer.concat(inner))])
    ),
  ),
  { maxLength: 5 },
).map((entries) => longOctets(Buffer.concat(entries)));

/** The basic class has 14 properties, bits 15 to 2. */
function octetsOf(bit: number): fc.Arbitrary<Buffer> {
  if (bit === 13) return table;
  if (bit === 12 || bit === 11) return fc.nat(9).map((value) => word(value, 1));
  if (bit === 6) return fc.nat(9).map((value) => word(value, 8));
  return shortTexts.map(shortText);
}
const properties: fc.Arbitrary<WireProperty[]> = fc.subarray([
  15,
  14,
  13,
  12,
  11,
  10,
  9,
  8,
  7,
  6,
  5,
])
  .chain((bits) =>
    fc.tuple(...bits.map((bit) => octetsOf(bit).map((octets) => ({ bit, octets }))))
  );

const messages = fc.array(
  fc.record({
    redelivered: fc.boolean(),
    exchange: shortTexts,
    routingKey: shortTexts,
    properties,
    body: fc.uint8Array({ maxLength: 60 }),
  }),
  { maxLength: 8 },
).map((all) => all.map((one, i): WireMessage => ({ ...one, tag: i + 1 })));

/** What else a broker says; the last is the content of another channel. */
const others = fc.constantFrom(
  frame(8, 0, Buffer.alloc(0)),
  method(0, [10, 60], shortText("low on memory")),
  method(1, [60, 31], shortText("me")),
  Buffer.concat([frame(2, 7, Buffer.alloc(14)), frame(3, 7, Buffer.from("other"))]),
);

/** Deliveries with frames of others between theirs, and what is not a delivery's. */
const streams = fc.tuple(messages, fc.integer({ min: 1, max: 70 })).chain(([all, bodyMax]) => {
  const frames = all.flatMap((message) => deliveryFrames(1, message, bodyMax));
  return fc.array(fc.option(others), { minLength: frames.length, maxLength: frames.length })
    .map((between) => ({
      all,
      octets: Buffer.concat(frames.flatMap((one, i) => [one, between[i] ?? Buffer.alloc(0)])),
      left: Buffer.concat(between.map((one) => one ?? Buffer.alloc(0))),
    }));
});
const cuts = fc.array(fc.nat(1), { maxLength: 40 }).chain((kinds) =>
  fc.tuple(...kinds.map((kind) => fc.integer({ min: 1, max: kind === 0 ? 9 : 400 })))
);

function piecesOf(octets: Buffer, lengths: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  let at = 0;
  for (const length of lengths) {
    pieces.push(octets.subarray(at, at + length));
    at += length;
  }
  return [...pieces, octets.subarray(at)].filter((piece) => piece.length > 0);
}

function read(
  pieces: readonly Buffer[],
): { readonly came: readonly Delivered[]; readonly left: Buffer } {
  const came: Delivered[] = [];
  const reader = new DeliveryReader((delivered) => came.push(delivered));
  const left = Buffer.concat(pieces.map((piece) => reader.take(Buffer.from(piece))));
  return { came: came.map((one) => ({ ...one, body: Buffer.from(one.body) })), left };
}

const utf8 = (property: WireProperty | undefined): string | undefined =>
  property?.octets.subarray(1).toString();

describe("the reader of deliveries", () => {
  test("takes each delivery, and leaves all else, in whatever pieces they come", () => {
    fc.assert(fc.property(streams, cuts, ({ all, octets, left }, lengths) => {
      const got = read(piecesOf(octets, lengths));
      expect(got.left.equals(left)).toBe(true);
      expect(got.came.length).toBe(all.length);
      for (const [i, { method: said, header, body }] of got.came.entries()) {
        const sent = all[i];
        const { tag, redelivered, exchange, routingKey } = sent ?? {};
        expect(said as unknown).toEqual({ tag, redelivered, exchange, routingKey });
        expect(body.length).toBe(header.size);
        expect(Buffer.compare(body, sent?.body ?? Buffer.alloc(0))).toBe(0);
        const property = (bit: number): string | undefined =>
          utf8(sent?.properties.find((one) => one.bit === bit));
        expect(header.contentType).toBe(property(15));
        expect(header.contentEncoding).toBe(property(14));
        expect(header.messageId).toBe(property(7));
      }
    }));
  });

  test("damage is left to the library, with all that follows, the same in whatever pieces", () => {
    const damage = fc.record({ at: fc.nat(), octet: fc.nat(255) });
    fc.assert(fc.property(streams, damage, cuts, ({ octets }, { at, octet }, lengths) => {
      if (octets.length > 0) octets[at % octets.length] = octet;
      expect(read(piecesOf(octets, lengths))).toEqual(read([octets]));
    }));
  });

  const plain: WireMessage = {
    tag: 2 ** 40 + 1,
    redelivered: true,
    exchange: "nova",
    routingKey: "notifications.info",
    properties: [],
    body: Buffer.from("one body"),
  };
  const [deliver, header, ...bodies] = deliveryFrames(1, plain, 4);
  const whole = [deliver, header, ...bodies].flatMap((one) => one ?? []);

  test.each([
    ["a delivery within another", [...whole.slice(0, 2), ...whole]],
    ["a header within a body", [...whole.slice(0, 3), ...whole.slice(1)]],
    ["more body than was said", [...whole.slice(0, 3), frame(3, 1, Buffer.alloc(9))]],
    ["a body without its header", [...whole.slice(0, 1), ...whole.slice(2)]],
    ["a header of another class", [...whole.slice(0, 1), frame(2, 1, Buffer.alloc(14, 1))]],
    ["an unknown type of a header", [
      ...whole.slice(0, 1),
      ...deliveryFrames(1, {
        ...plain,
        properties: [{ bit: 13, octets: longOctets(Buffer.from("\x01aZ....")) }],
      }, 9).slice(1),
    ]],
    ["a frame of four gigabytes", [
      ...whole.slice(0, 2),
      Buffer.from("\x03\0\x01\xff\xff\xff\xff_", "latin1"),
    ]],
    ["a frame without its end", [
      ...whole.slice(0, 2),
      Buffer.from("\x03\0\x01\0\0\0\x01__", "latin1"),
    ]],
  ])("%s: the library is given all of it", (_name, frames) => {
    const octets = Buffer.concat(frames);
    for (const pieces of [[octets], [...octets].map((octet) => Buffer.from([octet]))]) {
      const { came, left } = read([...pieces, ...whole]);
      expect(came).toEqual([]);
      expect(left.equals(Buffer.concat([octets, ...whole]))).toBe(true);
    }
  });

  test("makes of a stream what the client library makes of it", async () => {
    const sample = fc.sample(streams, { numRuns: 60, seed: 7 });
    const octets = Buffer.concat([
      ...sample.flatMap(({ all }) => all.flatMap((message) => deliveryFrames(1, message, 30))),
      ...deliveryFrames(1, { ...plain, body: Buffer.alloc(300_000, 7) }, 131_064),
      ...deliveryFrames(1, { ...plain, body: Buffer.alloc(0) }, 131_064),
    ]);
    const count = sample.reduce((sum, { all }) => sum + all.length, 2);
    const pieces = piecesOf(octets, Array.from({ length: 60 }, (_, i) => 1 + (i * i) % 700));
    await using broker = await scriptedBroker(pieces);
    const [ours, theirs] = [
      await consumed(broker.port, count, true),
      await consumed(broker.port, count, false),
    ];
    expect(ours.length).toBe(count);
    expect(ours).toEqual(theirs);
  });
});

/** All that comes, by our reader or by the library alone. */
async function consumed(port: number, count: number, isTapped: boolean): Promise<unknown[]> {
  const access = {
    transport: rabbitTransport([{ host: "127.0.0.1", port }]),
    options: rabbitOptions(),
  };
  const [host] = access.transport.hosts;
  if (host === undefined) throw new Error("no host");
  const connection = await connectBroker(host, access, systemClock);
  const { promise: all, resolve } = Promise.withResolvers<void>();
  const came: unknown[] = [];
  const take = ({ method: said, header, body }: Delivered): void => {
    came.push({ said, header, body: Buffer.from(body).toString("base64") });
    if (came.length === count) resolve();
  };
  const byLibrary = (message: ConsumeMessage | null): void => {
    if (isTapped || message === null) throw new Error("it came to the library");
    take(deliveredOf(message));
  };
  if (isTapped) connection.takeDeliveries(take);
  const channel = await connection.model.createChannel();
  await channel.consume("queue", byLibrary);
  await all;
  await connection.close();
  return came;
}
