/**
 * Edge (net). The archive policies of the definitions, made in Gnocchi once per process before the
 * first measures. One that exists is used as it is.
 */
import { StoreError } from "../delivery/writer.ts";
import { wordsOf } from "./answers.ts";
import type { GnocchiClient } from "./client.ts";
import type { ArchivePolicy } from "./resource_definitions.ts";
import { dumpValue } from "../notifications/value_text.ts";

const compact = { ensureAscii: true, compact: true } as const;

/** One per publisher. */
export class PolicyKeeper {
  readonly #client: GnocchiClient;
  readonly #policies: readonly ArchivePolicy[];
  #isReady = false;

  constructor(client: GnocchiClient, policies: readonly ArchivePolicy[]) {
    this.#client = client;
    this.#policies = policies;
  }

  /** Makes what is missing. Rejects with a StoreError; a policy that Gnocchi refuses is a `hold`. */
  async prepare(signal: AbortSignal): Promise<void> {
    if (this.#isReady) return;
    for (const policy of this.#policies) await this.#make(policy, signal);
    this.#isReady = true;
  }

  /** Gnocchi has said that there is no such policy: they are made again before the next measures. */
  forget(): void {
    this.#isReady = false;
  }

  async #make({ name, body }: ArchivePolicy, signal: AbortSignal): Promise<void> {
    const request = { body: dumpValue(body, compact), signal };
    const answer = await this.#client.ask("POST", "archive_policy/", request);
    const { status } = answer;
    if (status === 201 || status === 409) return;
    if (status === 403 && await this.#exists(name, signal)) return;
    const failure = this.#client.failure(answer, `create archive policy '${name}'`);
    if (failure.reaction !== "bisect") throw failure;
    throw new StoreError(
      `Cannot create archive policy '${name}' in '${this.#client.name}': it answered ${status} ` +
        `${
          wordsOf(answer).text
        }, expected a policy that Gnocchi takes (see 'archive_policies' in ` +
        "the resource definitions)",
      "hold",
    );
  }

  /** Credentials that may not make policies can do with those that somebody made. */
  async #exists(name: string, signal: AbortSignal): Promise<boolean> {
    const path = `archive_policy/${encodeURIComponent(name)}`;
    return (await this.#client.ask("GET", path, { signal })).status === 200;
  }
}
