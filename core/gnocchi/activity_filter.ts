/**
 * Edge (net). Which samples are Gnocchi's own doing: those of the project that it stores its data
 * with, which would make more samples with each one stored. The project's id is asked for once.
 */
import { findProjectId, type ProjectQuery } from "../keystone/projects.ts";
import type { ServiceSession } from "../keystone/session.ts";
import type { Log } from "../log/log.ts";
import type { Sample } from "../pipeline/sample.ts";
import type { ResourceDefinition } from "./resource_definitions.ts";

/** Whether a sample is to be left out. */
export type IsActivity = (sample: Sample) => boolean;

/** What it works with. */
export interface ActivityFilterDeps {
  readonly session: ServiceSession;
  readonly byMetric: ReadonlyMap<string, ResourceDefinition>;
  readonly log: Log;
}

/** One per publisher. */
export class ActivityFilter {
  readonly #query: ProjectQuery | undefined;
  readonly #deps: ActivityFilterDeps;
  #found: IsActivity | undefined;

  /** Without a query nothing is left out. */
  constructor(query: ProjectQuery | undefined, deps: ActivityFilterDeps) {
    this.#query = query;
    this.#deps = deps;
    if (query === undefined) this.#found = () => false;
  }

  /** Rejects with a StoreError while Keystone does not say. */
  async ready(signal: AbortSignal): Promise<IsActivity> {
    this.#found ??= this.#isOf(await this.#projectId(signal));
    return this.#found;
  }

  async #projectId(signal: AbortSignal): Promise<string | undefined> {
    const { session, log } = this.#deps;
    const query = this.#query;
    if (query === undefined || query.project === "") return undefined;
    if (!session.hasKeystone) {
      log.info("The option filter_project of gnocchi:// has no effect without Keystone");
      return undefined;
    }
    const id = await findProjectId(session, query, signal);
    if (id === undefined) {
      log.warning(
        `Cannot find the project '${query.project}' of the domain '${query.domain}' in Keystone: ` +
          "no samples are left out, expected the project that Gnocchi stores its data with " +
          "(filter_project, filter_domain)",
      );
    }
    return id;
  }

  #isOf(projectId: string | undefined): IsActivity {
    if (projectId === undefined) return () => false;
    const { byMetric } = this.#deps;
    return ({ project_id: project, resource_id: resource, name }) =>
      project === projectId ||
      (resource === projectId && byMetric.get(name)?.resourceType === "swift_account");
  }
}
