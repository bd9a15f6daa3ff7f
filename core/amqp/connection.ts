/**
 * Edge (net). One connection to one RabbitMQ broker: TLS, login method, heartbeats, and a single place
 * where its end and its being blocked are noticed. What runs over it is its user's business; so is
 * trying again.
 */
import { type ChannelModel, connect, credentials, type Options } from "amqplib";
import { Duplex } from "node:stream";
import type { Clock } from "../clock.ts";
import { type AmqpHost, type HostPort, hostPortText } from "../config/endpoint.ts";
import type { RabbitOptions, RabbitTransport } from "../config/pipeline_config.ts";
import { ConfigError } from "../errors.ts";
import { readTls } from "../http/tls.ts";
import { DeliveryReader, type OnDelivered } from "./delivery_reader.ts";
import { AmqpFailure, type Attempt, connectFailure } from "./failure.ts";

/** How long a broker may take to answer while a connection is opened. */
const connectMsMax = 10_000;
/** How long a connection may take to say good-bye. */
const closeMsMax = 2_000;

/** Where to connect and how. */
export interface BrokerAccess {
  readonly transport: RabbitTransport;
  readonly options: RabbitOptions;
}

/** An open connection. */
export interface BrokerConnection {
  readonly model: ChannelModel;
  /** `rabbit://host:port/vhost`, for logs. */
  readonly name: string;
  /** Resolves with the reason when the connection is no more, whoever ended it. */
  readonly closed: Promise<AmqpFailure>;
  /** Why the broker takes nothing at the moment; undefined where it does. */
  blocked(): string | undefined;
  /** Called at every change of `blocked`. */
  onBlocked(listener: (reason: string | undefined) => void): void;
  /** From now on deliveries come here, past the library's consumers; seldom still to those. */
  takeDeliveries(onDelivered: OnDelivered): void;
  /** Sends whole frames as they are. */
  send(frames: Uint8Array): void;
  /** Says good-bye within a bound, else just lets go. Safe to call twice. */
  close(): Promise<void>;
  /** Lets go at once: what was sent and not answered may or may not have arrived. */
  destroy(): void;
}

/** The cluster as operators name it, without users and passwords. */
export function transportName(transport: RabbitTransport): string {
  const vhost = transport.vhost === "/" ? "" : encodeURIComponent(transport.vhost);
  return `rabbit://${
    transport.hosts.map((host: HostPort) => hostPortText(host)).join(",")
  }/${vhost}`;
}

/** Throws a ConfigError for what can never work, so that it is known before anything is started. */
export function checkAccess({ transport, options }: BrokerAccess): void {
  if (transport.hosts.length === 0) {
    throw new ConfigError("Cannot use transport_url: it names no host, expected one");
  }
  if (options.loginMethod === "RABBIT-CR-DEMO") {
    throw new ConfigError(
      "Cannot use [oslo_messaging_rabbit] rabbit_login_method 'RABBIT-CR-DEMO': it is for the " +
        "broker's own tests, expected PLAIN, AMQPLAIN or EXTERNAL",
    );
  }
}

/** Opens a connection; rejects with an AmqpFailure within a bound. */
export async function connectBroker(
  host: AmqpHost,
  access: BrokerAccess,
  clock: Clock,
): Promise<BrokerConnection> {
  const { transport, options } = access;
  const attempt: Attempt = {
    host,
    vhost: transport.vhost,
    tls: transport.tls !== undefined,
    loginMethod: options.loginMethod,
  };
  try {
    const socket = await socketOptions(access);
    const model = await connect(connectOptions(host, access), {
      ...socket,
      credentials: loginOf(host, options),
      timeout: connectMsMax,
      noDelay: true,
      keepAlive: true,
      clientProperties: { product: "tpctl", connection_name: `tpctl:${process.pid}` },
    });
    return watch(model, transportName({ ...transport, hosts: [host] }), clock);
  } catch (error) {
    throw connectFailure(error, attempt);
  }
}

function connectOptions(host: AmqpHost, { transport, options }: BrokerAccess): Options.Connect {
  return {
    protocol: transport.tls === undefined ? "amqp" : "amqps",
    hostname: host.host,
    port: host.port,
    vhost: encodeURIComponent(transport.vhost),
    heartbeat: Math.ceil(options.heartbeatMs / 1000),
  };
}

async function socketOptions({ transport }: BrokerAccess): Promise<Record<string, unknown>> {
  const material = await readTls(transport.tls);
  if (material === undefined) return {};
  const { tlsVersion, verifyHostname } = transport;
  return {
    ...material,
    ...(tlsVersion === undefined ? {} : { minVersion: tlsVersion, maxVersion: tlsVersion }),
    ...(verifyHostname === false ? { checkServerIdentity: () => undefined } : {}),
  };
}

/** As kombu, guest where the URL names nobody. */
function loginOf(
  host: AmqpHost,
  options: RabbitOptions,
): NonNullable<Options.Connect["credentials"]> {
  const { user, password } = host.credentials ?? { user: "guest", password: "guest" };
  switch (options.loginMethod) {
    case "EXTERNAL":
      return credentials.external();
    case "AMQPLAIN":
      return credentials.amqplain(user, password);
    default:
      return credentials.plain(user, password);
  }
}

function watch(model: ChannelModel, name: string, clock: Clock): BrokerConnection {
  let blocked: string | undefined;
  const listeners: ((reason: string | undefined) => void)[] = [];
  const change = (reason: string | undefined): void => {
    blocked = reason;
    for (const listener of listeners) listener(reason);
  };
  model.on("blocked", (reason: string) => change(reason));
  model.on("unblocked", () => change(undefined));
  const closed = new Promise<AmqpFailure>((resolve) => {
    let reason: Error | undefined;
    model.on("error", (error: Error) => reason = error);
    model.on("close", (error?: Error) => {
      const cause = error ?? reason;
      const why = cause === undefined ? "closed" : brokerWords(cause.message);
      resolve(new AmqpFailure(`Lost the connection to '${name}': ${why}`, "closed", { cause }));
    });
  });
  const stream = streamOf(model);
  const destroy = (): void => {
    model.removeAllListeners("blocked");
    // With a reason, so that the library hears of it and stops its heartbeats.
    stream.destroy(new Error("let go by us"));
  };
  let closing: Promise<void> | undefined;
  const sayGoodBye = async (): Promise<void> => {
    const said = new AbortController();
    // A connection that has gone already rejects here, which is as good as closed.
    const bye = model.close().catch(() => undefined).finally(() => said.abort());
    await Promise.race([bye, clock.sleep(closeMsMax, said.signal)]);
    destroy();
  };
  return {
    model,
    name,
    closed,
    blocked: () => blocked,
    onBlocked: (listener) => void listeners.push(listener),
    takeDeliveries: (onDelivered) => tap(model, onDelivered),
    send: (frames) => {
      if (stream.writable) stream.write(frames);
    },
    close: () => closing ??= sayGoodBye(),
    destroy,
  };
}

/** `Connection closed: 320 (CONNECTION-FORCED) with message "CONNECTION_FORCED - ... 'shutdown'"`. */
function brokerWords(text: string): string {
  return (/with message "(.*)"/.exec(text)?.[1] ?? text).replace(/^[A-Z_]+ - /, "");
}

/** The library's socket, which it leaves half open when the connection is dead. */
function streamOf(model: ChannelModel): Duplex {
  const connection: object = model.connection;
  const stream = "stream" in connection ? connection.stream : undefined;
  if (stream instanceof Duplex) return stream;
  throw new TypeError("amqplib keeps its socket in another place");
}

/**
 * The library reads from the socket when there is something, and is given what is left. Where it has
 * half a frame already, it goes on alone: then it has consumers of its own.
 */
function tap(model: ChannelModel, onDelivered: OnDelivered): void {
  const connection: object = model.connection;
  const half = "rest" in connection ? connection.rest : undefined;
  if (!(half instanceof Buffer) || half.length > 0) return;
  const stream = streamOf(model);
  const reader = new DeliveryReader(onDelivered);
  const read = stream.read.bind(stream);
  stream.read = (size?: number): unknown => {
    const piece: unknown = read(size);
    return piece instanceof Buffer ? reader.take(piece) : piece;
  };
}
