/** Answers that go on: server-sent events as long as somebody listens. */
import type { IncomingHttpHeaders } from 'node:http';
import { WitanError } from '../../../contracts/errors.ts';
import type { EventStream } from '../event-stream.ts';
import type { RouteCall } from '../route.ts';

/** Subscribes a stream to something; gives what ends the subscription. */
export type Subscribe = (stream: EventStream) => (() => void) | Promise<() => void>;

/**
 * Follows something until the client or the stream ends. Nothing is written before the subscription stands:
 * a refusal is answered like any other.
 */
export async function streamed(
  call: Pick<RouteCall<unknown, unknown, unknown>, 'openStream'>,
  subscribe: Subscribe,
): Promise<undefined> {
  let leave: (() => void) | undefined;
  let isOver = false;
  const stream = call.openStream(() => {
    isOver = true;
    leave?.();
  });
  leave = await subscribe(stream);
  // Where the client went while the subscription was made, nobody has left it yet.
  if (isOver) leave();
  else stream.open();
  return undefined;
}

/** Sequence after which a client goes on; undefined where it names none. @throws invalid_argument */
export function resumePoint(headers: IncomingHttpHeaders): number | undefined {
  const header = headers['last-event-id'];
  if (header === undefined || header === '') return undefined;
  if (typeof header === 'string' && /^\d{1,12}$/.test(header)) return Number(header);
  throw new WitanError('invalid_argument', 'Last-Event-ID is not a sequence', {
    path: 'last-event-id',
    expected: 'the id of an event of this stream',
  });
}
