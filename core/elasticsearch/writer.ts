/**
 * Edge (net). The Writer of `elasticsearch:`: one `_bulk` request per batch, each document's verdict by
 * itself. Nodes of the cluster are tried in turn within one attempt. Indices are made by the server;
 * what an answer means stands in reactions.ts.
 */
import type { Clock } from "../clock.ts";
import { type ElasticsearchEndpoint, endpointName, hostPortText } from "../config/endpoint.ts";
import type { Batch } from "../delivery/batch.ts";
import {
  PartialWriteError,
  type RefusedItem,
  StoreError,
  type Writer,
} from "../delivery/writer.ts";
import { type Answer, quotation, retryAfterMs } from "../http/answer.ts";
import { drainBytesMax, sendRequest } from "../http/request.ts";
import { readTls, type TlsMaterial } from "../http/tls.ts";
import { breakerLimit, bulkBody, bulkPath, bulkVerdicts, requestRefusal } from "./bulk.ts";
import {
  documentReactions,
  requestReactions,
  type SearchReaction,
  searchReactionTo,
} from "./reactions.ts";

/** What the writer needs from outside. */
export interface ElasticsearchWriterDeps {
  readonly clock: Clock;
  /** How long one request to one node may take; 30 s if left out. */
  readonly timeoutMs?: number;
}

const writeTimeoutMs = 30_000;

/** Statuses by which a proxy or a node says that another node may be better off. */
const nodeAway: readonly number[] = [502, 503, 504];

/** A breaker counts a request's bytes about twice (measured: 4,090 for a body of 2,045). */
const breakerFactor = 2;

/** Reads the TLS files and sends nothing. Rejects with a ConfigError where one cannot be used. */
export async function createElasticsearchWriter(
  endpoint: ElasticsearchEndpoint,
  deps: ElasticsearchWriterDeps,
): Promise<Writer> {
  return new ElasticsearchWriter(endpoint, deps, await readTls(endpoint.tls));
}

class ElasticsearchWriter implements Writer {
  readonly name: string;
  readonly takes = ["documents"] as const;
  readonly concurrency = 2;
  readonly #nodes: readonly string[];
  readonly #triesMax: number;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #deps: ElasticsearchWriterDeps;
  readonly #tls: TlsMaterial | undefined;
  /** Index of the node to ask first. */
  #node = 0;
  #closed = false;

  constructor(
    endpoint: ElasticsearchEndpoint,
    deps: ElasticsearchWriterDeps,
    tls: TlsMaterial | undefined,
  ) {
    this.name = endpointName(endpoint);
    const scheme = endpoint.tls === undefined ? "http" : "https";
    this.#nodes = endpoint.nodes.map((node) => `${scheme}://${hostPortText(node)}`);
    this.#triesMax = Math.min(endpoint.retriesMax + 1, this.#nodes.length);
    this.#headers = { "Content-Type": "application/x-ndjson", ...authorizationOf(endpoint) };
    this.#deps = deps;
    this.#tls = tls;
  }

  async write(batch: Batch, signal: AbortSignal): Promise<void> {
    if (this.#closed) throw new Error(`a write to ${this.name} after its close`);
    if (batch.kind !== "documents") throw new Error(`${this.name} takes no ${batch.kind}`);
    if (batch.count === 0) return;
    const body = bulkBody(batch.documents);
    const answer = await this.#send(body, signal);
    if (answer.status !== 200) throw this.#refusal(answer, batch.count, body.length);
    const verdicts = bulkVerdicts(answer.text, batch.count);
    if (verdicts === undefined) throw this.#unreadable(answer, batch.count);
    const refused: RefusedItem[] = [];
    verdicts.forEach((verdict, item) => {
      if (verdict === undefined) return;
      const { reaction } = searchReactionTo(documentReactions, verdict);
      const reason = `${verdict.status} ${quotation(verdict.words)}`;
      refused.push({ item, reaction, reason });
    });
    const first = refused[0];
    if (first === undefined) return;
    throw new PartialWriteError(
      `${this.name} stored ${batch.count - refused.length} of ${batch.count}: ${first.reason}`,
      refused,
    );
  }

  /** The server makes indices by itself, with the operator's templates. */
  createDestination(): Promise<void> {
    return Promise.resolve();
  }

  /** A `_bulk` of nothing passes credentials and routing; 400 is the answer of one that works. */
  async ping(signal: AbortSignal): Promise<void> {
    const answer = await this.#send("", signal);
    if (answer.status === 400 && requestRefusal(400, answer.text).type !== "") return;
    if (answer.status < 300) throw this.#unreadable(answer, 0);
    throw this.#refusal(answer, 0, 0);
  }

  close(): Promise<void> {
    this.#closed = true;
    return Promise.resolve();
  }

  /** Asks the node that answered last, then the others; the last one's answer or failure counts. */
  async #send(body: string, signal: AbortSignal): Promise<Answer> {
    for (let tried = 1;; tried++) {
      const node = this.#node;
      const last = tried >= this.#triesMax;
      try {
        const answer = await this.#ask(node, body, signal);
        if (!nodeAway.includes(answer.status)) return answer;
        this.#turnFrom(node);
        if (last) return answer;
      } catch (error) {
        this.#turnFrom(node);
        const away = error instanceof StoreError && error.reaction === "retry";
        if (last || !away || signal.aborted) throw error;
      }
    }
  }

  /** Writes side by side turn once for a node that is away, not once each. */
  #turnFrom(node: number): void {
    if (this.#node === node) this.#node = (node + 1) % this.#nodes.length;
  }

  #ask(node: number, body: string, signal: AbortSignal): Promise<Answer> {
    const url = `${this.#nodes[node] ?? ""}${bulkPath}`;
    return sendRequest({ method: "POST", url, headers: this.#headers, body }, {
      farEnd: { name: this.name, tlsOptions: "[tpctl] elasticsearch_ca_file" },
      tls: this.#tls,
      timeoutMs: this.#deps.timeoutMs ?? writeTimeoutMs,
      keptBytesMax: drainBytesMax,
      signal,
    });
  }

  #refusal(answer: Answer, count: number, bodyLength: number): StoreError {
    const refusal = requestRefusal(answer.status, answer.text);
    const row: SearchReaction = searchReactionTo(requestReactions, refusal);
    const limit = breakerLimit(answer.text);
    // A breaker that trips on one small document is about the server's memory, not the document.
    const overload = row.reaction === "split" && count <= 1 && limit !== undefined &&
      bodyLength * breakerFactor < limit;
    const expected = row.expected === undefined ? "" : `, expected ${row.expected}`;
    const words = quotation(refusal.words) || "without a word";
    return new StoreError(
      `Cannot write to ${this.name}: ${answer.status} ${words}${expected}`,
      overload ? "retry" : row.reaction,
      { retryAfterMs: retryAfterMs(answer.headers, this.#deps.clock.now()) },
    );
  }

  /** Something else than a `_bulk` answers there, or the answer was too long to be kept. */
  #unreadable(answer: Answer, count: number): StoreError {
    const long = Buffer.byteLength(answer.text) >= drainBytesMax && count > 1;
    return new StoreError(
      `Cannot write to ${this.name}: ${answer.status} with '${quotation(answer.text)}', ` +
        `expected a verdict on each of ${count} documents`,
      long ? "split" : "hold",
    );
  }
}

/** Credentials travel in a header: URLs end up in logs. */
export function authorizationOf(endpoint: ElasticsearchEndpoint): Readonly<Record<string, string>> {
  if (endpoint.apiKey !== undefined) return { Authorization: `ApiKey ${endpoint.apiKey}` };
  const { credentials } = endpoint;
  if (credentials === undefined) return {};
  const pair = Buffer.from(`${credentials.user}:${credentials.password}`, "utf8");
  return { Authorization: `Basic ${pair.toString("base64")}` };
}
