/**
 * Pure. `Remark`: what a look at a far end has found wrong, by rule; and what the failures of the
 * clients mean as remarks.
 */
import type { AmqpFailure } from "../amqp/failure.ts";
import type { StoreError } from "../delivery/writer.ts";
import { type Answer, quotation } from "../http/answer.ts";
import type { KafkaFailure } from "../kafka/failure.ts";

/** What of the configuration has to be looked at: where, who, or which topic, database, service. */
export type About = "address" | "credentials" | "name";

/** Rules of online_rules.ts. */
export type OnlineRule =
  | "online/unreachable"
  | "online/tls"
  | "online/authentication"
  | "online/permission"
  | "online/missing"
  | "online/not-yet-there"
  | "online/odd-answer";

/** See above. No secret is in its text. */
export interface Remark {
  readonly rule: OnlineRule;
  readonly about: About;
  readonly text: string;
}

/** No answer, or none over TLS; `error` is the one of a request's connection. */
export function connectionRemark(error: StoreError): Remark {
  const rule = error.reaction === "hold" ? "online/tls" : "online/unreachable";
  return { rule, about: "address", text: error.message };
}

/** A status that nobody expected; `what` follows "Cannot". */
export function statusRemark(answer: Answer, what: string): Remark {
  const { status } = answer;
  const said = quotation(answer.text) || "without a word";
  const begin = `Cannot ${what}: it answered ${status} ${said}`;
  if (status === 401) {
    const text = `${begin}, expected credentials that it accepts`;
    return { rule: "online/authentication", about: "credentials", text };
  }
  if (status === 403) {
    const text = `${begin}, expected a user who may do so`;
    return { rule: "online/permission", about: "credentials", text };
  }
  const text = `${begin}, expected a server that answers as it should`;
  return { rule: "online/odd-answer", about: "address", text };
}

/** What a broker's client has come to. */
export function kafkaRemark({ kind, message }: KafkaFailure): Remark {
  const rules = {
    unreachable: "online/unreachable",
    timeout: "online/unreachable",
    closed: "online/unreachable",
    tls: "online/tls",
    authentication: "online/authentication",
    protocol: "online/odd-answer",
  } as const;
  const about = kind === "authentication" ? "credentials" : "address";
  return { rule: rules[kind], about, text: message };
}

/** Likewise for RabbitMQ. */
export function amqpRemark({ kind, message }: AmqpFailure): Remark {
  switch (kind) {
    case "tls":
      return { rule: "online/tls", about: "address", text: message };
    case "authentication":
      return { rule: "online/authentication", about: "credentials", text: message };
    case "vhost":
      return { rule: "online/missing", about: "address", text: message };
    case "permission":
      return { rule: "online/permission", about: "credentials", text: message };
    case "unreachable":
    case "closed":
      return { rule: "online/unreachable", about: "address", text: message };
    default:
      return { rule: "online/odd-answer", about: "address", text: message };
  }
}
