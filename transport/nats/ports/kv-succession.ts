/**
 * Who came first of those that wrote at the same revision of a key, read off the stream itself.
 *
 * A stream with copies checks the expected sequence before it proposes a message and not when it applies
 * it: writes that are under way at once, or while the leader changes, can all be acknowledged
 * (nats-server#4320, #8469; seen on 2.9.10 with eight of eight). So each conditional write says in a header
 * of ours what it follows, and counts only if nothing that counts came between: the order of the stream,
 * which is agreed on, decides. docs/adr/0029 has the reasons.
 */
import { LRUCache } from 'lru-cache';
import { WitanError } from '../../../contracts/errors.ts';
import type { TimeLeft } from '../jetstream/insist.ts';
import type { JetStreamApi, StoredMessage } from '../jetstream/jetstream-api.ts';
import { headerOf } from '../link/link-headers.ts';
import type { LinkHeaders } from '../link/nats-link.ts';

/** Header of a conditional write: the revision that it follows; 0: the key was not there. */
export const FOLLOWS = 'Witan-Follows';

/** Versions of a key that are kept, so that those of one moment can be compared. */
export const KEPT_VERSIONS = 32;

const OPERATION = 'KV-Operation';

/** True for the mark that stands for a deleted key. */
export function isMarker(headers: LinkHeaders): boolean {
  const operation = headers[OPERATION];
  return operation === 'DEL' || operation === 'PURGE';
}

/** What a key's newest version that counts is. */
interface Standing {
  readonly at: number;
  readonly isMarker: boolean;
}

/** Whether a message counts after `standing`; an unconditional write always does. */
function isNext(standing: Standing | undefined, headers: LinkHeaders): boolean {
  const named = headerOf(headers, FOLLOWS);
  if (named === undefined || standing === undefined) return true;
  const follows = Number(named);
  // A higher one than is known here: what lies between was overwritten, and its writer had seen it.
  return follows >= standing.at || (follows === 0 && standing.isMarker);
}

/** Follows all keys of a bucket, message after message in the order of the stream. */
export class Succession {
  readonly #standing = new LRUCache<string, Standing>({ max: 100_000 });

  /** Takes the next message of a subject; true: it counts. */
  take(subject: string, message: { readonly headers: LinkHeaders; readonly sequence: number }): boolean {
    const { headers, sequence } = message;
    if (!isNext(this.#standing.get(subject), headers)) return false;
    this.#standing.set(subject, { at: sequence, isMarker: isMarker(headers) });
    return true;
  }
}

/** Where a key is looked at. */
export interface KeyPlace {
  readonly api: JetStreamApi;
  readonly stream: string;
  readonly subject: string;
  readonly left: TimeLeft;
}

/** Newest version that counts, and the last message, which need not be one. */
export async function standingOf(
  place: KeyPlace,
): Promise<{ readonly newest: StoredMessage | undefined; readonly lastAt: number }> {
  const { api, stream, subject, left } = place;
  const last = await api.lastOf(stream, subject, left());
  if (!last) return { newest: undefined, lastAt: 0 };
  const follows = headerOf(last.headers, FOLLOWS);
  if (follows === undefined) return { newest: last, lastAt: last.sequence };
  let newest: StoredMessage | undefined;
  let standing: Standing | undefined =
    Number(follows) > 0 ? { at: Number(follows), isMarker: false } : undefined;
  for (let from = Number(follows) + 1; ;) {
    const next = from > last.sequence ? undefined : await nextOf(place, from);
    if (!next || next.sequence > last.sequence) return { newest, lastAt: last.sequence };
    if (isNext(standing, next.headers)) {
      newest = next;
      standing = { at: next.sequence, isMarker: isMarker(next.headers) };
    }
    from = next.sequence + 1;
  }
}

/** Whether the message that was stored at `sequence` is the first that counts after `expected`. */
export async function isFirstAfter(place: KeyPlace, expected: number, sequence: number): Promise<boolean> {
  const standing = expected > 0 ? { at: expected, isMarker: false } : undefined;
  for (let from = expected + 1; ;) {
    const next = await nextOf(place, from);
    if (next?.sequence === sequence) return true;
    // Before what was acknowledged there can be nothing that is missing, unless the leader is behind.
    if (!next || next.sequence > sequence)
      throw new WitanError('unavailable', 'the leader of the bucket is behind; the outcome is unknown');
    if (isNext(standing, next.headers)) return false;
    from = next.sequence + 1;
  }
}

function nextOf({ api, stream, subject, left }: KeyPlace, from: number): Promise<StoredMessage | undefined> {
  return api.nextOf(stream, { subject, from }, left());
}
