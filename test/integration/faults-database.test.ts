/** The database is killed: decisions go on, for the log is the record, and the index catches up. */
import type { DecisionSummary, Host, Page } from '../../index.ts';
import { createHost } from '../../index.ts';
import { assert, suite } from '../harness.ts';
import { BENIGN, withFolder } from '../host/fixtures.ts';
import { POSTGRES_MISSING, startPostgres } from '../postgres-server.ts';
import { assertLogVerifies, PATIENT } from './fault-fixtures.ts';

const test = suite('faults-database', { limitMs: 180_000 });

async function listed(host: Host): Promise<{ status: number; ids: string[] }> {
  const response = await fetch(`${host.address!.url}/api/v1/decisions`);
  const body = (await response.json()) as Partial<Page<DecisionSummary>>;
  return { status: response.status, ids: (body.items ?? []).map((item) => item.decisionId) };
}

/** Asks until the index answers with every decision. */
async function caughtUp(host: Host, count: number, signal: AbortSignal): Promise<string[]> {
  for (;;) {
    signal.throwIfAborted();
    const { ids } = await listed(host);
    if (ids.length >= count) return ids;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function decide(host: Host, idempotencyKey: string): Promise<string> {
  const { body } = await host.submit({ ...BENIGN, idempotencyKey });
  assert.is(body.outcome, 'approved');
  assert.is((await host.verify(body.decisionId)).mismatch, null);
  return body.decisionId;
}

if (POSTGRES_MISSING) {
  test.skip('the database is killed', POSTGRES_MISSING);
} else {
  test('decisions go on without the database, and are all in its index when it is back', async ({
    signal,
  }) => {
    const server = await startPostgres();
    try {
      await withFolder(async (dataDir) => {
        const databaseUrl = server.url(await server.makeDatabase());
        const settings = { ...PATIENT, store: { databaseUrl }, http: { port: 0 } };
        const host = await createHost({ dataDir, settings });
        await host.start();
        try {
          const before = await decide(host, 'before');
          assert.equal(await caughtUp(host, 1, signal), [before]);
          await server.kill();
          const during = [await decide(host, 'during-1'), await decide(host, 'during-2')];
          assert.is(
            (
              await host.readDecision(
                (await host.submit({ ...BENIGN, idempotencyKey: 'during-1' })).body.decisionId,
              )
            ).state,
            'final',
          );
          const unindexed = await listed(host);
          assert.ok(unindexed.status === 503 || unindexed.status === 200, String(unindexed.status));
          assert.is(host.status, 'ready');
          await server.restart();
          const after = await decide(host, 'after');
          const ids = await caughtUp(host, 4, signal);
          assert.equal(ids, [after, ...during.reverse(), before]);
        } finally {
          await host.stop({ graceMs: 1_000 });
        }
        await assertLogVerifies(dataDir);
      });
    } finally {
      await server.end();
    }
  });
}
