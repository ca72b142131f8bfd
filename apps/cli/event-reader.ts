/** Server-sent events from a fetch body, one at a time. */

/** One event as it came over the wire. */
export interface ServerEvent {
  readonly name: string;
  /** Last id seen up to and with this event; empty before the first. */
  readonly lastId: string;
  readonly data: string;
}

/** Longest event that is accepted, in UTF-16 code units. */
const MAX_EVENT_LENGTH = 8_388_608;

/**
 * Reads events until the body ends. Comments and unknown fields are skipped.
 * @source WHATWG HTML §9.2.6
 */
export async function* readServerEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder();
  let pending = '';
  let lastId = '';
  for await (const chunk of body) {
    pending += decoder.decode(chunk, { stream: true });
    if (pending.length > MAX_EVENT_LENGTH) throw new RangeError('an event is longer than allowed');
    for (let end = pending.indexOf('\n\n'); end >= 0; end = pending.indexOf('\n\n')) {
      const block = pending.slice(0, end);
      pending = pending.slice(end + 2);
      const event = parseBlock(block, lastId);
      lastId = event.lastId;
      if (event.data !== '') yield event;
    }
  }
}

function parseBlock(block: string, lastId: string): ServerEvent {
  let name = 'message';
  let id = lastId;
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const value = line.slice(colon + 1).replace(/^ /, '');
    const field = line.slice(0, colon);
    if (field === 'event') name = value;
    if (field === 'id') id = value;
    if (field === 'data') data.push(value);
  }
  return { name, lastId: id, data: data.join('\n') };
}
