import { WitanError } from '../../../contracts/errors.ts';
import type { LogLane } from '../../../contracts/cluster-names.ts';
import type { LogAsk, LogPush } from '../../../contracts/messages/cluster/log-wire.ts';
import type { LedgerEntryInput, LedgerEntryKind, LedgerPort } from '../../../runtime/kernel/ports/ledger.ts';
import { assert, suite } from '../../../test/harness.ts';
import type { LogFollower } from '../log-follower.ts';
import type { LogWriter } from '../writer/log-writer.ts';
import { LogServer } from './log-server.ts';
import type { LogReads } from './log-reads.ts';

const test = suite('what a log takes on which way');

/** A server that notes what reached copy and writer. */
function fixture() {
  const reached: string[] = [];
  const follower = {
    take: (push: LogPush) => void reached.push(push.type),
    hello: async () => void reached.push('hello'),
    root: async () => void reached.push('root'),
    cut: async () => void reached.push('cut'),
  } as unknown as LogFollower;
  const writer = {
    append: async ({ kind }: LedgerEntryInput) => {
      reached.push(kind);
      const entry = { index: 0, leafHash: '', chainHash: '', canonical: '', atWallMs: 0, kind };
      return { index: 0, leafHash: '', appended: true, entry };
    },
    pull: async () => (reached.push('pull'), { bytes: new Uint8Array() }),
    allAcknowledged: async () => 7,
  } as unknown as LogWriter;
  const server = new LogServer({
    ...{ follower, writer: () => writer, ledger: {} as LedgerPort, generation: () => 1 },
    reads: { size: () => 7 } as LogReads,
  });
  const ask = (type: LogAsk['type'], lane: LogLane, kind?: LedgerEntryKind) => {
    const body = new TextEncoder().encode(JSON.stringify(kind ? [{ kind, tenant: 't', payload: {} }] : []));
    return server.onAsk({ type } as LogAsk, body, lane);
  };
  const codeOf = (asked: Promise<unknown>): Promise<string> =>
    asked.then(
      () => 'taken',
      (error: WitanError) => error.code,
    );
  return { reached, server, ask, codeOf };
}

test('replication comes from nodes with copies alone', async () => {
  for (const lane of ['decide', 'note'] as const) {
    const { reached, server, ask, codeOf } = fixture();
    for (const type of ['hello', 'root', 'cut', 'pull'] as const)
      assert.is(await codeOf(ask(type, lane)), 'permission_denied');
    for (const type of ['frames', 'commit', 'ack'] as const)
      server.onPush({ type } as unknown as LogPush, new Uint8Array(), lane);
    assert.equal(reached, []);
  }
  const { reached, ask, codeOf } = fixture();
  for (const type of ['hello', 'root', 'cut', 'pull'] as const)
    assert.is(await codeOf(ask(type, 'copy')), 'taken');
  assert.equal(reached, ['hello', 'root', 'cut', 'pull']);
});

test('what a decision consists of comes from nodes that decide', async () => {
  const { reached, ask } = fixture();
  const receiptOf = async (kind: LedgerEntryKind, lane: LogLane): Promise<string> => {
    const { body } = await ask('append', lane, kind);
    const [receipt] = JSON.parse(new TextDecoder().decode(body)) as { error?: { code: string } }[];
    return receipt!.error?.code ?? 'taken';
  };
  for (const kind of ['opened', 'final', 'resolution', 'late-ballot'] as const) {
    for (const lane of ['note', 'copy'] as const)
      assert.is(await receiptOf(kind, lane), 'permission_denied', `${kind} on ${lane}`);
    assert.is(await receiptOf(kind, 'decide'), 'taken');
  }
  for (const kind of ['key', 'event', 'admin'] as const)
    for (const lane of ['note', 'decide'] as const) assert.is(await receiptOf(kind, lane), 'taken');
  assert.is(reached.length, 10);
});
