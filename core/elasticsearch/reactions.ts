/**
 * Pure. What tpctl does about each answer of Elasticsearch 7 and OpenSearch 2 to a `_bulk` request: one
 * table for the request as a whole, one for each document in it. Sending is writer.ts.
 */
import type { Reaction } from "../delivery/writer.ts";

/** One row: an answer belongs to the first row whose conditions hold. Words never decide. */
export interface SearchReaction {
  /** First and last status. */
  readonly status: readonly [number, number];
  /** The error's `type`; left out: any. */
  readonly type?: RegExp;
  readonly reaction: Reaction;
  /** For the operator, behind "expected"; left out where the data is at fault. */
  readonly expected?: string;
}

/** Overload is called `es_rejected_execution_exception` or `rejected_execution_exception`. */
export const requestReactions: readonly SearchReaction[] = [
  {
    status: [401, 401],
    reaction: "hold",
    expected:
      "elasticsearch_user and elasticsearch_password, or elasticsearch_api_key, that it knows",
  },
  { status: [403, 403], reaction: "hold", expected: "a user that may write to these indices" },
  {
    status: [404, 406],
    reaction: "hold",
    expected: "an Elasticsearch 7 or OpenSearch 2 at /_bulk",
  },
  { status: [408, 408], reaction: "retry" },
  { status: [413, 413], reaction: "split" },
  {
    status: [415, 415],
    reaction: "hold",
    expected: "an Elasticsearch 7 or OpenSearch 2 at /_bulk",
  },
  { status: [429, 429], type: /^circuit_breaking_exception$/, reaction: "split" },
  { status: [429, 429], reaction: "retry" },
  { status: [400, 499], reaction: "bisect" },
  { status: [500, 599], reaction: "retry" },
  {
    status: [100, 999],
    reaction: "hold",
    expected: "an Elasticsearch 7 or OpenSearch 2 at /_bulk",
  },
];

/**
 * A document's own verdict. Holding is for what an operator has closed, filled or forbidden: such an
 * index takes the same document later. The rest of the 4xx is about the document itself. A 409 means
 * that a document of this id is there in a newer version: kept as a dead letter, it cannot be lost.
 */
export const documentReactions: readonly SearchReaction[] = [
  { status: [400, 400], type: /^index_closed_exception$/, reaction: "hold_destination" },
  // "this cluster currently has [1000]/[1000] maximum shards open": no index can be made for it.
  { status: [400, 400], type: /^validation_exception$/, reaction: "hold_destination" },
  { status: [401, 401], reaction: "hold" },
  { status: [403, 403], type: /^cluster_block_exception$/, reaction: "hold_destination" },
  { status: [403, 403], reaction: "hold" },
  // action.auto_create_index forbids to make the index.
  { status: [404, 404], type: /^index_not_found_exception$/, reaction: "hold_destination" },
  { status: [408, 408], reaction: "retry" },
  // The disk's flood stage: the index takes no more until there is space.
  { status: [429, 429], type: /^cluster_block_exception$/, reaction: "hold_destination" },
  { status: [429, 429], reaction: "retry" },
  { status: [400, 499], reaction: "bisect" },
  { status: [100, 999], reaction: "retry" },
];

/** What an error is, as far as it decides: its status and its `type` ("" where it has none). */
export interface SearchError {
  readonly status: number;
  readonly type: string;
}

/** The row that an error belongs to. Both tables end with a row for any status. */
export function searchReactionTo(
  table: readonly SearchReaction[],
  error: SearchError,
): SearchReaction {
  const row = table.find(({ status: [from, to], type }) =>
    error.status >= from && error.status <= to && (type === undefined || type.test(error.type))
  );
  if (row === undefined) throw new RangeError(`no reaction to status ${error.status}`);
  return row;
}
