/** Answers what other nodes ask of a node with a copy. */
import { WitanError, toWitanError } from '../../../contracts/errors.ts';
import type { LogLane } from '../../../contracts/cluster-names.ts';
import type { DecisionId } from '../../../contracts/messages/ids.ts';
import type { LogAsk, LogPush, WireReceipt } from '../../../contracts/messages/cluster/log-wire.ts';
import type { LedgerEntry, LedgerEntryInput, LedgerPort } from '../../../runtime/kernel/ports/ledger.ts';
import type { LogFollower } from '../log-follower.ts';
import type { LogHandlers } from '../wire/log-exchange.ts';
import { isCopying, NOT_TAKEN } from '../wire/log-exchange.ts';
import { isDeciding } from './deciding-kinds.ts';
import type { LogWriter } from '../writer/log-writer.ts';
import type { LogReads } from './log-reads.ts';
import { wireEntry } from './remote-entry.ts';
import { entriesBytes } from './wire-entries.ts';

/** Settings of a {@link LogServer}. */
export interface LogServerOptions {
  readonly follower: LogFollower;
  readonly reads: LogReads;
  readonly writer: () => LogWriter | undefined;
  /** The node's own view of the log. */
  readonly ledger: LedgerPort;
  /** Highest generation of a writer that the copy accepted. */
  readonly generation: () => number;
}

type Answer = { reply: unknown; body?: Uint8Array | undefined };

// Text of the entries of one answer, unless a single one has more.
const MAX_READ_CHARS = 524_288;

/** See the head of the file. */
export class LogServer implements LogHandlers {
  readonly #options: LogServerOptions;

  constructor(options: LogServerOptions) {
    this.#options = options;
  }

  /** See LogHandlers. */
  onPush(push: LogPush, body: Uint8Array, lane: LogLane): void {
    if (lane !== 'copy') return;
    const { follower, writer } = this.#options;
    if (push.type !== 'ack') return follower.take(push, body);
    writer()?.hear(push);
  }

  /** See LogHandlers. */
  async onAsk(ask: LogAsk, body: Uint8Array, lane: LogLane): Promise<Answer> {
    if (isCopying(ask.type) && lane !== 'copy') throw notAllowed(ask.type, lane);
    const { follower, reads, ledger } = this.#options;
    switch (ask.type) {
      case 'hello':
        return { reply: await follower.hello(ask) };
      case 'root':
        return { reply: await follower.root(ask) };
      case 'cut':
        return { reply: await follower.cut(ask) };
      case 'pull': {
        const { bytes, ...run } = await this.#writer().pull(ask.generation, ask.from);
        return { reply: run, body: bytes };
      }
      case 'append':
        return this.#append(ask, body, lane);
      case 'committed':
        return this.#current({}, undefined, await this.#writer().allAcknowledged());
      case 'by-decision': {
        this.#writer();
        const entries = await ledger.byDecision(ask.decisionId as DecisionId);
        return this.#current({}, entriesBytes(entries));
      }
      case 'read':
        return this.#current({}, entriesBytes(await someOf(reads.read(ask.from), ask.most)));
      case 'checkpoint':
        this.#writer();
        return this.#current({ checkpoint: await ledger.checkpoint() });
      case 'proof':
        return this.#current({}, new TextEncoder().encode(JSON.stringify(await ledger.proof(ask.index))));
      case 'inclusion':
        return this.#current({ path: await reads.inclusion(ask.index, ask.size) });
      case 'consistency':
        return this.#current({ path: await reads.consistency(ask.fromSize, ask.toSize) });
      case 'tile':
        return this.#current({}, await reads.tile(ask.level, ask.index, ask.width));
    }
  }

  /** Every answer says how much is acknowledged: whoever asks may then read it. */
  #current(reply: object, body?: Uint8Array, committed = this.#options.reads.size()): Answer {
    return { reply: { ...reply, committed, generation: this.#options.generation() }, body };
  }

  async #append(ask: Extract<LogAsk, { type: 'append' }>, body: Uint8Array, lane: LogLane): Promise<Answer> {
    const writer = this.#writer();
    const inputs = JSON.parse(new TextDecoder().decode(body)) as LedgerEntryInput[];
    const term = { generation: ask.generation, inSync: ask.inSync };
    const receipts = await Promise.all(
      inputs.map(async (input): Promise<WireReceipt> => {
        try {
          if (lane !== 'decide' && isDeciding(input)) throw notAllowed(input.kind, lane);
          const { index, leafHash, appended, entry } = await writer.append(input, term);
          return { index, leafHash, appended, entry: wireEntry(entry) };
        } catch (error) {
          const { code, message, details } = toWitanError(error);
          return { error: { code, message, details } };
        }
      }),
    );
    return this.#current({}, new TextEncoder().encode(JSON.stringify(receipts)));
  }

  #writer(): LogWriter {
    const writer = this.#options.writer();
    if (writer) return writer;
    throw new WitanError('unavailable', 'this node does not write the log', { reason: NOT_TAKEN });
  }
}

function notAllowed(what: string, lane: LogLane): WitanError {
  return new WitanError('permission_denied', `${what} does not come on the way "${lane}"`, { lane });
}

async function someOf(entries: AsyncIterable<LedgerEntry>, most: number): Promise<LedgerEntry[]> {
  const some: LedgerEntry[] = [];
  let chars = 0;
  for await (const entry of entries) {
    if (some.length >= most || (some.length > 0 && chars + entry.canonical.length > MAX_READ_CHARS)) break;
    some.push(entry);
    chars += entry.canonical.length;
  }
  return some;
}
