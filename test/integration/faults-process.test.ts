/** The whole node is killed between `opened` and `final`: the next one ends the decision. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DecisionId } from '../../contracts/messages/ids.ts';
import { createHost } from '../../index.ts';
import type { Host, SettingsInput } from '../../index.ts';
import { assert, suite } from '../harness.ts';
import { BENIGN, withFolder } from '../host/fixtures.ts';
import { assertLogVerifies, PATIENT } from './fault-fixtures.ts';
import { SOURCE_FLAGS } from '../source-flags.ts';

const test = suite('faults-process', { limitMs: 180_000 });
const KEY = 'killed';

/** Runs a node until eleven ballots are cast, then kills its process where it stands. */
async function killedNode(dataDir: string): Promise<DecisionId> {
  const file = join(import.meta.dirname, 'gated-node.ts');
  const args = [...SOURCE_FLAGS, file, dataDir, KEY];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = new Promise<NodeJS.Signals | null>((resolve) =>
    child.once('close', (_code, signal) => resolve(signal)),
  );
  let opened: string | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    opened = line;
    child.kill('SIGKILL');
  }
  assert.is(await gone, 'SIGKILL');
  return DecisionId.parse((JSON.parse(opened!) as { decisionId: string }).decisionId);
}

async function withNextNode(
  dataDir: string,
  settings: SettingsInput,
  use: (host: Host) => Promise<void>,
): Promise<void> {
  const host = await createHost({ dataDir, http: false, settings });
  await host.start();
  try {
    await use(host);
  } finally {
    await host.stop({ graceMs: 1_000 });
  }
  await assertLogVerifies(dataDir);
}

test('the next node goes on with the decision: one verdict under the same id', async () => {
  await withFolder(async (dataDir) => {
    const decisionId = await killedNode(dataDir);
    await assertLogVerifies(dataDir);
    await withNextNode(dataDir, PATIENT, async (host) => {
      const { body } = await host.submit({ ...BENIGN, idempotencyKey: KEY });
      assert.is(body.decisionId, decisionId);
      assert.equal([body.outcome, body.tally!.ballotCount], ['approved', 12]);
      assert.equal((await host.readDecision(decisionId)).verdict!.body, body);
      assert.is((await host.verify(decisionId)).mismatch, null);
    });
  });
});

test('a next node that would judge under other terms does not: held, session lost, for good', async () => {
  await withFolder(async (dataDir) => {
    const decisionId = await killedNode(dataDir);
    const stricter = { ...PATIENT, council: { thresholdBp: 8_000 } };
    await withNextNode(dataDir, stricter, async (host) => {
      const { body } = await host.submit({ ...BENIGN, idempotencyKey: KEY });
      assert.is(body.decisionId, decisionId);
      assert.equal([body.outcome, body.heldReason], ['held', 'session-lost']);
      assert.is((await host.verify(decisionId)).mismatch, null);
    });
    await withNextNode(dataDir, PATIENT, async (host) => {
      const view = await host.readDecision(decisionId);
      assert.equal([view.state, view.verdict!.body.heldReason], ['final', 'session-lost']);
    });
  });
});
