/** Server-sent events of a fetch body, one at a time; for browsers and Node alike. */

/** One event. */
export interface ServerEvent {
  readonly name: string;
  readonly data: string;
}

/** Longest event that is read, in UTF-16 code units. */
const MAX_LENGTH = 8_388_608;

/**
 * Reads until the body ends; comments and unknown fields are skipped.
 * @source WHATWG HTML §9.2.6
 */
export async function* readServerEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let pending = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      pending += decoder.decode(value, { stream: true });
      if (pending.length > MAX_LENGTH) throw new RangeError('an event is longer than allowed');
      for (let end = pending.indexOf('\n\n'); end >= 0; end = pending.indexOf('\n\n')) {
        const event = parseBlock(pending.slice(0, end));
        pending = pending.slice(end + 2);
        if (event.data !== '') yield event;
      }
    }
  } finally {
    // Ends the request when the reader stops early.
    await reader.cancel().catch(() => undefined);
  }
}

function parseBlock(block: string): ServerEvent {
  let name = 'message';
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const value = line.slice(colon + 1).replace(/^ /, '');
    const field = line.slice(0, colon);
    if (field === 'event') name = value;
    if (field === 'data') data.push(value);
  }
  return { name, data: data.join('\n') };
}
