/**
 * Edge (net). AMQP 0-9-1 as a broker writes it, frame by frame, and a broker that greets as RabbitMQ does
 * and sends a consumer whatever octets a test wants.
 */
import { createServer, type Server, type Socket } from "node:net";

/** A message as it is delivered. */
export interface WireMessage {
  readonly tag: number;
  readonly redelivered: boolean;
  readonly exchange: string;
  readonly routingKey: string;
  /** Written as they are, in the order of their bits. */
  readonly properties: readonly WireProperty[];
  readonly body: Uint8Array;
}

/** Bit 15 is the content type. */
export interface WireProperty {
  readonly bit: number;
  readonly octets: Buffer;
}

/** Text of at most 255 octets, behind its length. */
export function shortText(text: string): Buffer {
  const octets = Buffer.from(text);
  return Buffer.concat([Buffer.from([octets.length]), octets]);
}

/** Octets behind their length. */
export function longOctets(octets: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(octets.length);
  return Buffer.concat([length, octets]);
}

/** A whole frame. */
export function frame(type: number, channel: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(7);
  head[0] = type;
  head.writeUInt16BE(channel, 1);
  head.writeUInt32BE(payload.length, 3);
  return Buffer.concat([head, payload, Buffer.from([0xce])]);
}

/** A frame with a method: `[60, 60]` is basic.deliver. */
export function method(
  channel: number,
  [classId, methodId]: readonly [number, number],
  ...fields: readonly Uint8Array[]
): Buffer {
  return frame(1, channel, Buffer.concat([Buffer.from([0, classId, 0, methodId]), ...fields]));
}

/** The frames of a delivery, its body cut into pieces of at most `bodyMax` octets. */
export function deliveryFrames(channel: number, message: WireMessage, bodyMax: number): Buffer[] {
  const { tag, redelivered, exchange, routingKey, properties, body } = message;
  const tagOctets = Buffer.alloc(8);
  tagOctets.writeBigUInt64BE(BigInt(tag));
  const names = [shortText(exchange), shortText(routingKey)];
  const deliver = [shortText("me"), tagOctets, Buffer.from([redelivered ? 1 : 0]), ...names];
  const header = Buffer.alloc(14);
  header.writeUInt16BE(60, 0);
  header.writeBigUInt64BE(BigInt(body.length), 4);
  header.writeUInt16BE(properties.reduce((flags, { bit }) => flags | (1 << bit), 0), 12);
  const bodies: Buffer[] = [];
  for (let at = 0; at < body.length; at += bodyMax) {
    bodies.push(frame(3, channel, body.subarray(at, at + bodyMax)));
  }
  const octets = properties.toSorted((a, b) => b.bit - a.bit).map((property) => property.octets);
  return [
    method(channel, [60, 60], ...deliver),
    frame(2, channel, Buffer.concat([header, ...octets])),
    ...bodies,
  ];
}

/** A broker that answers, and sends each consumer its octets. */
export interface ScriptedBroker extends AsyncDisposable {
  readonly port: number;
}

/** `pieces` are written one by one as soon as somebody consumes. */
export async function scriptedBroker(pieces: readonly Uint8Array[]): Promise<ScriptedBroker> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket.on("error", () => undefined).setNoDelay(true));
    answer(socket, pieces);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" ? address?.port ?? 0 : 0,
    [Symbol.asyncDispose]: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** What is answered, by class and method. */
const answers: Readonly<Record<string, () => Buffer>> = {
  "10.11": () => method(0, [10, 30], Buffer.from([0, 9, 0, 2, 0, 0, 0, 0])),
  "10.40": () => method(0, [10, 41], shortText("")),
  "10.50": () => method(0, [10, 51]),
  "20.10": () => method(1, [20, 11], longOctets(Buffer.alloc(0))),
  "60.20": () => method(1, [60, 21], shortText("me")),
};

/** Version, no properties of the server, login methods, locales. */
const greeting = [
  Buffer.from([0, 9]),
  ...["", "PLAIN AMQPLAIN", "en_US"].map((text) => longOctets(Buffer.from(text))),
];

function answer(socket: Socket, pieces: readonly Uint8Array[]): void {
  let unread: Buffer = Buffer.alloc(0);
  let greeted = false;
  const send = async (): Promise<void> => {
    for (const octets of pieces) {
      socket.write(octets);
      await Bun.sleep(0);
    }
  };
  socket.on("data", (piece) => {
    unread = Buffer.concat([unread, Buffer.from(piece)]);
    if (!greeted && unread.length >= 8) {
      greeted = true;
      unread = unread.subarray(8);
      socket.write(method(0, [10, 10], ...greeting));
    }
    while (greeted && unread.length >= 8) {
      const length = 8 + unread.readUInt32BE(3);
      if (unread.length < length) return;
      const called = `${unread.readUInt16BE(7)}.${unread.readUInt16BE(9)}`;
      unread = unread.subarray(length);
      const reply = answers[called];
      if (reply !== undefined) socket.write(reply());
      if (called === "60.20") void send();
    }
  });
}
