/**
 * Pure. One request for each item of a call, and what is said of the call when some fail. Posting is
 * the caller's.
 */
import { PartialWriteError, type RefusedItem, StoreError } from "../delivery/writer.ts";

/** What is posted of the item with that index in the call. */
export interface ItemBody {
  readonly item: number;
  readonly body: string;
}

/**
 * What is refused for good does not keep the others back; what fails otherwise ends the round. Rejects
 * with a StoreError; `refused` are items that were refused before there was anything to post.
 */
export async function postEach(
  bodies: readonly ItemBody[],
  { post, refused: before = [] }: {
    readonly post: (body: string) => Promise<void>;
    readonly refused?: readonly RefusedItem[];
  },
): Promise<void> {
  const refused = [...before];
  for (const [n, { item, body }] of bodies.entries()) {
    try {
      await post(body);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      const { reaction, message: reason } = error;
      if (reaction === "bisect" || reaction === "split") refused.push({ item, reaction, reason });
      else if (n === 0) throw error;
      else {
        const rest = bodies.slice(n).map((body) => ({ item: body.item, reaction, reason }));
        throw new PartialWriteError(reason, [...refused, ...rest], { cause: error });
      }
    }
  }
  const first = refused[0];
  if (first !== undefined) throw new PartialWriteError(first.reason, refused);
}
