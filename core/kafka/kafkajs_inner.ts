/**
 * Edge (net). The inner layers of kafkajs that are used here, with types: connection, SASL, API versions
 * and request encodings. Its consumer, producer and cluster are not. Also a repair: its way of joining
 * what was read copies twice.
 */
import type { Socket } from "node:net";
import "./kafkajs_queue.ts";
import type { AnswerMemory } from "./answer_memory.ts";
import { AnswerPieces } from "./answer_pieces.ts";

/** What kafkajs's connection needs of a request: encodes to something with `buf` and `buffer`. */
export interface WireRequest {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly apiName: string;
  encode(): Promise<{ readonly buf: Buffer; readonly buffer: Buffer }>;
}

/** How an answer is read; `parse` of kafkajs throws on error codes, which we look at ourselves. */
export interface WireResponse<T> {
  decode(bytes: Buffer): Promise<T>;
  parse(decoded: T): Promise<T> | T;
}

/** A request with the way to read its answer. */
export interface WireCall<T> {
  readonly request: WireRequest;
  readonly response: WireResponse<T>;
}

/** Versions per API key that a broker supports. */
export type ApiVersions = Readonly<
  Record<number, { readonly minVersion: number; readonly maxVersion: number }>
>;

interface Definition {
  readonly versions: readonly string[];
  protocol(choice: { readonly version: number }): (request: object) => WireCall<unknown>;
}

/** One TCP or TLS connection; correlates answers with requests. */
export interface InnerConnection {
  readonly socket?: Socket;
  send<T>(call: WireCall<T>): Promise<T>;
  isConnected(): boolean;
  disconnect(): Promise<unknown>;
  rejectRequests(error: Error): void;
  /** Bytes that were read and belong to no whole answer yet, and the pieces that they stand in. */
  readonly bytesBuffered: number;
  chunks: Buffer[];
  /** Takes what was read from the socket. */
  processData(read: Buffer): void;
}

interface InnerLogger {
  namespace(name: string): InnerLogger;
  readonly debug: () => void;
  readonly info: () => void;
  readonly warn: () => void;
  readonly error: () => void;
}

/** Makes the socket and calls `onConnect` once it is open (after the handshake for TLS). */
export type SocketFactory = (target: {
  readonly host: string;
  readonly port: number;
  readonly onConnect: () => void;
}) => Socket;

/** What a connection is made with. */
export interface InnerConnectionOptions {
  readonly host: string;
  readonly port: number;
  readonly clientId: string;
  readonly sasl: object | null;
  readonly socketFactory: SocketFactory;
  readonly connectionTimeout: number;
  /** What long answers stand in. */
  readonly memory: AnswerMemory;
}

interface ConnectionPool {
  readonly pool: readonly InnerConnection[];
}

interface InnerBroker {
  readonly versions: ApiVersions;
  connect(): Promise<void>;
}

const Broker: new (options: object) => InnerBroker = require("kafkajs/src/broker");
const Pool: new (options: object) => ConnectionPool = require("kafkajs/src/network/connectionPool");
const definitions: Readonly<Record<string, Definition>> =
  require("kafkajs/src/protocol/requests").requests;
const errorTexts: readonly {
  readonly code: number;
  readonly type: string;
  readonly message: string;
}[] = require("kafkajs/src/protocol/error").errorCodes;

const quiet: InnerLogger = {
  namespace: () => quiet,
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
};

/** Connects, learns the broker's versions and logs on; rejects with whatever kafkajs threw. */
export async function connectInner(
  options: InnerConnectionOptions,
  onConnection: (connection: InnerConnection) => void,
): Promise<ApiVersions> {
  const pool = new Pool({
    ...options,
    logger: quiet,
    // Time limits are kept by the caller, with one timer per request instead of one tick per 100 ms.
    requestTimeout: options.connectionTimeout,
    enforceRequestTimeout: false,
  });
  const connection = pool.pool[0];
  if (connection === undefined) throw new Error("kafkajs made no connection");
  putPiecesTogether(connection, options.memory);
  onConnection(connection);
  const broker = new Broker({
    connectionPool: pool,
    logger: quiet,
    allowAutoTopicCreation: false,
    authenticationTimeout: options.connectionTimeout,
  });
  await broker.connect();
  return broker.versions;
}

/** From now on the connection is given whole answers. */
function putPiecesTogether(connection: InnerConnection, memory: AnswerMemory): void {
  const pieces = new AnswerPieces(memory);
  const process = connection.processData.bind(connection);
  connection.processData = (read) => {
    for (const answers of pieces.take(read)) {
      // An empty rest is kept as a piece, and the next answer copied to be joined with it.
      if (connection.bytesBuffered === 0) connection.chunks = [];
      process(answers);
    }
  };
}

/** The call of an API in the highest version that both sides know, or undefined where there is none. */
export function innerCall<T>(
  api: { readonly name: string; readonly key: number },
  versions: ApiVersions,
  request: object,
): WireCall<T> | undefined {
  const definition = definitions[api.name];
  const theirs = versions[api.key];
  if (definition === undefined || theirs === undefined) return undefined;
  const common = definition.versions.map(Number).filter((version) =>
    version >= theirs.minVersion && version <= theirs.maxVersion
  );
  if (common.length === 0) return undefined;
  return definition.protocol({ version: Math.max(...common) })(request) as WireCall<T>;
}

/** The name and the meaning of a broker's error code. */
export function errorText(code: number): { readonly type: string; readonly message: string } {
  const found = errorTexts.find((each) => each.code === code);
  return found ?? { type: `error ${code}`, message: `the broker answered with error ${code}` };
}

function ignore(): void {}
