/** Events of callers that name persons are sealed on the record, and an erasure reaches them. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHost, verifyLogFolder } from '../../index.ts';
import type { LedgerPort } from '../../runtime/kernel/ports/ledger.ts';
import { PinnedKey } from '../../contracts/messages/decision-proof.ts';
import type { AuditReceipt } from '../../contracts/messages/engines/audit-event.ts';
import { ErasureEntry } from '../../contracts/messages/privacy/erasure.ts';
import type { ErasureView } from '../../contracts/messages/privacy/erasure.ts';
import { PATIENT } from '../integration/fault-fixtures.ts';
import { assert, suite } from '../harness.ts';
import { findBelow, findIn } from './marker-search.ts';

const test = suite('sealed events', { limitMs: 180_000 });
const MARKERS = ['Xyloquen Vardemoor', 'patient-Zk81Qv', 'agent-of-Zk81Qv'];
const EVENT = {
  event_type: 'access_granted',
  agent_id: 'agent-of-Zk81Qv',
  action: 'opened the file of Xyloquen Vardemoor',
  result: 'ok',
  metadata: { why: 'Xyloquen Vardemoor asked for it' },
  subjects: ['patient-Zk81Qv', 'patient-2'],
};
const LOGGED = {
  action_type: 'file.read',
  actor: { type: 'human', id: 'agent-of-Zk81Qv' },
  input: { name: 'Xyloquen Vardemoor' },
  output: 'Xyloquen Vardemoor is well',
  context: { patient: 'Xyloquen Vardemoor' },
  reasoning: ['Xyloquen Vardemoor asked'],
  reviewed_by: 'agent-of-Zk81Qv',
  subjects: ['patient-Zk81Qv'],
};

interface Answer<T> {
  readonly status: number;
  readonly body: T;
}

async function withNode(
  use: (
    ledger: LedgerPort,
    call: <T>(path: string, body?: unknown, key?: string) => Promise<Answer<T>>,
  ) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'witan-events-'));
  const dataDir = join(folder, 'data');
  const settings = { ...PATIENT, http: { port: 0 }, grpc: { enabled: false }, archive: { enabled: false } };
  let ledger: LedgerPort | undefined;
  const host = await createHost({ dataDir, settings, wrapLedger: (given) => (ledger = given) });
  await host.start();
  try {
    await use(ledger!, async (path, body, key) => {
      const answer = await fetch(`${host.address!.url}${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers: { 'content-type': 'application/json', ...(key !== undefined && { 'idempotency-key': key }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      return { status: answer.status, body: (await answer.json()) as never };
    });
    await host.stop();
    assert.equal(findBelow(dataDir, MARKERS), []);
    const pinned = PinnedKey.parse(JSON.parse(readFileSync(join(dataDir, 'verify-key.json'), 'utf8')));
    assert.is((await verifyLogFolder(dataDir, pinned)).ok, true);
  } finally {
    await host.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

test('an event with persons stands sealed, is repeated by its words, and is gone with one of them', () =>
  withNode(async (ledger, call) => {
    const first = await call<AuditReceipt>('/audit/event', EVENT, 'k1');
    assert.is(first.status, 200, JSON.stringify(first.body));
    assert.equal(await call('/audit/event', EVENT, 'k1'), first);
    const other = { ...EVENT, metadata: { why: 'another' } };
    assert.is((await call('/audit/event', other, 'k1')).status, 409);
    const unkeyed = await call<AuditReceipt>('/audit/event', EVENT);
    const logged = await call<{ log_id: string; record: { index: number } }>(
      '/api/v1/audit/log',
      LOGGED,
      'k2',
    );
    assert.is(logged.status, 201, JSON.stringify(logged.body));
    assert.equal(
      (await call<typeof logged.body>('/api/v1/audit/log', LOGGED, 'k2')).body.record,
      logged.body.record,
    );
    assert.is((await call('/api/v1/audit/log', { ...LOGGED, output: 'ill' }, 'k2')).status, 409);
    const shown = await call(`/api/v1/audit/${logged.body.log_id}`);
    const found = await call<{ items: { action_type: string }[] }>(
      '/api/v1/audit/search?action_type=access_granted',
    );
    assert.is(found.body.items.length, 2, 'the kind of event is still found');
    assert.equal(findIn(Buffer.from(JSON.stringify([shown, found])), MARKERS), []);

    const asked = await call<ErasureView>('/api/v1/erasure/request', {
      subject: 'patient-Zk81Qv',
      reason: 'asked',
    });
    assert.is(asked.status, 202, JSON.stringify(asked.body));
    let view = asked.body;
    while (view.state !== 'done') view = (await call<ErasureView>(`/api/v1/erasure/${view.erasureId}`)).body;
    const said = ErasureEntry.parse((await ledger.entry(view.recordedAt[0]!))?.payload);
    const events = [first.body.index, unkeyed.body.index, logged.body.record.index];
    assert.equal(said.entries, events, 'the certificate names the entries');
    assert.is(view.decisionCount, 0);
    assert.is((await call('/audit/event', EVENT, 'k1')).status, 409, 'nothing is left to compare with');
    assert.is((await call('/api/v1/audit/log', LOGGED, 'k2')).status, 409);
  }));
