/**
 * Edge (net). Gnocchi's REST API with the credentials of a session: one method per kind of request,
 * each giving the answer whatever its status. What answers mean is not decided here.
 */
import type { Clock } from "../clock.ts";
import type { StoreError } from "../delivery/writer.ts";
import type { Answer } from "../http/answer.ts";
import type { HttpRequest } from "../http/request.ts";
import type { ServiceSession } from "../keystone/session.ts";
import { failureOf } from "./answers.ts";

/** How Gnocchi stands in the catalogue. */
export const gnocchiService = { type: "metric", name: "gnocchi" };

/** All requests reject with a StoreError only where no answer came or credentials were refused. */
export class GnocchiClient {
  readonly #session: ServiceSession;
  readonly #clock: Clock;

  /** `name` is for messages. */
  constructor(readonly name: string, session: ServiceSession, clock: Clock) {
    this.#session = session;
    this.#clock = clock;
  }

  postMeasures(body: string, signal: AbortSignal): Promise<Answer> {
    const path = "batch/resources/metrics/measures?create_metrics=True";
    return this.ask("POST", path, { body, signal });
  }

  createResource(type: string, body: string, signal: AbortSignal): Promise<Answer> {
    return this.ask("POST", `resource/${encodeURIComponent(type)}`, { body, signal });
  }

  /** `resource` is `[type, id]`. */
  updateResource(
    resource: readonly [type: string, id: string],
    body: string,
    signal: AbortSignal,
  ): Promise<Answer> {
    const [type, id] = resource.map(encodeURIComponent);
    return this.ask("PATCH", `resource/${type}/${id}`, { body, signal });
  }

  search(type: string, query: unknown, signal: AbortSignal): Promise<Answer> {
    const path = `search/resource/${encodeURIComponent(type)}`;
    return this.ask("POST", path, { body: JSON.stringify(query), signal });
  }

  /** Any request; `path` stands below `/v1/`. */
  async ask(
    method: HttpRequest["method"],
    path: string,
    { body, signal, contentType = "application/json" }: AskOptions,
  ): Promise<Answer> {
    const base = (await this.#session.endpoint(gnocchiService, signal)).replace(/\/v1$/, "");
    const headers = {
      Accept: "application/json",
      ...(body === undefined ? {} : { "Content-Type": contentType }),
    };
    const request = { method, url: `${base}/v1/${path}`, headers };
    return await this.#session.send(body === undefined ? request : { ...request, body }, signal);
  }

  /** The StoreError for an answer that has no better meaning; `what` follows "Cannot". */
  failure(answer: Answer, what: string): StoreError {
    return failureOf(answer, { name: this.name, what, nowMs: this.#clock.now() });
  }
}

/** What goes with a request. */
export interface AskOptions {
  readonly body?: string;
  readonly contentType?: string;
  readonly signal: AbortSignal;
}
