/** The right of access: everything on a person, of one's own tenant, with its provenance, paged and recorded. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHost, verifyDecisionProof } from '../../index.ts';
import type { Host } from '../../index.ts';
import type { Verdict } from '../../contracts/messages/verdict.ts';
import type { ErasureView } from '../../contracts/messages/privacy/erasure.ts';
import { SubjectExport } from '../../contracts/messages/privacy/subject-export.ts';
import type { LedgerPort } from '../../runtime/kernel/ports/ledger.ts';
import { witanCommand } from '../doors/witan-command.ts';
import { PATIENT } from '../integration/fault-fixtures.ts';
import { assert, suite } from '../harness.ts';
import { findIn } from './marker-search.ts';

const test = suite('export of a person', { limitMs: 180_000 });
const PERSON = 'patient-Zk81Qv';
const MARKERS = [PERSON, 'Xyloquen Vardemoor'];
const SCOPES = ['decision:submit', 'decision:read', 'audit:append', 'audit:read', 'privacy:erase'];
const KEYS = [
  { id: 'red', tenant: 'red', scopes: [...SCOPES, 'privacy:export'] },
  { id: 'blue', tenant: 'blue', scopes: [...SCOPES, 'privacy:export'] },
  { id: 'weak', tenant: 'red', scopes: SCOPES },
].map((one) => ({ ...one, digest: `sha256:${createHash('sha256').update(`key-${one.id}`).digest('hex')}` }));

let host: Host;
let ledger: LedgerPort;
test.before(async () => {
  host = await createHost({
    dataDir: null,
    settings: { ...PATIENT, http: { port: 0 }, grpc: { enabled: false }, identity: { apiKeys: KEYS } },
    wrapLedger: (given) => (ledger = given),
  });
  await host.start();
});
test.after(() => host.stop());

async function call<T>(
  as: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: T & { error?: { code: string } } }> {
  const answer = await fetch(`${host.address!.url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': `key-${as}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as never };
}

async function decide(as: string, text: string, subjects: string[]): Promise<string> {
  const request = { type: 'chat', council: 'always', text, subjects };
  const { status, body } = await call<Verdict>(as, '/api/v1/decisions/evaluate', request);
  assert.is(status, 200, JSON.stringify(body));
  return body.body.decisionId;
}

async function page(as: string, given: object): Promise<SubjectExport> {
  const { status, body } = await call<SubjectExport>(as, '/api/v1/privacy/export', given);
  assert.is(status, 200, JSON.stringify(body));
  return SubjectExport.parse(body);
}

async function all(as: string, subject: string, limit = 50): Promise<SubjectExport['items']> {
  const items: SubjectExport['items'] = [];
  let cursor: string | undefined;
  do {
    const one = await page(as, { subject, limit, ...(cursor !== undefined && { cursor }) });
    assert.ok(one.items.length <= limit);
    items.push(...one.items);
    cursor = one.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return items;
}

test('a person is given all, opened, with place and proof; nobody else is given any of it', async () => {
  const first = await decide('red', 'Xyloquen Vardemoor asks for a loan', [PERSON]);
  await decide('red', 'another person asks', ['patient-2']);
  const second = await decide('red', 'Xyloquen Vardemoor asks again', [PERSON, 'patient-2']);
  const ofBlue = await decide('blue', 'a namesake at another tenant', [PERSON]);
  const event = {
    event_type: 'file_read',
    agent_id: 'a',
    action: 'read Xyloquen Vardemoor',
    result: 'ok',
    subjects: [PERSON],
  };
  assert.is((await call('red', '/audit/event', event)).status, 200);

  const items = await all('red', PERSON, 1);
  const ids = items.filter(({ type }) => type === 'decision').map(({ decisionId }) => decisionId);
  assert.equal(ids, [first, second]);
  assert.ok(items.every(({ state }) => state !== 'erased'));
  for (const { entries, decisionId, type } of items) {
    for (const { index, at, kind, leafHash, proof } of entries) {
      const recorded = (await ledger.entry(index))!;
      assert.equal(
        [leafHash, kind, at],
        [recorded.leafHash, recorded.kind, new Date(recorded.atWallMs).toISOString()],
      );
      const { status, body } = await call<{ entry?: unknown }>('red', proof);
      assert.is(status, 200, proof);
      if (type === 'decision') {
        assert.is(decisionId, recorded.decisionId!);
        assert.ok(verifyDecisionProof(body, host.pinnedKey()).ok);
      }
    }
  }
  const [opened, final] = items[0]!.entries;
  assert.match(JSON.stringify(opened!.content), /Xyloquen Vardemoor asks for a loan/);
  assert.is(final!.kind, 'final');
  assert.not.match(JSON.stringify(items), /"salt"/);
  const events = items.filter(({ type }) => type === 'event');
  assert.is(events.length, 1);
  assert.match(JSON.stringify(events), /read Xyloquen Vardemoor/);

  const others = await all('blue', PERSON);
  assert.equal(
    others.filter(({ type }) => type === 'decision').map(({ decisionId }) => decisionId),
    [ofBlue],
  );
  const weak = await call('weak', '/api/v1/privacy/export', { subject: PERSON });
  assert.equal([weak.status, weak.body.error?.code], [403, 'permission_denied']);
  const nobody = await call('nobody', '/api/v1/privacy/export', { subject: PERSON });
  assert.is(nobody.status, 401);
});

test('who is not known has the form of who is, without anything in it', async () => {
  const unknown = await page('red', { subject: 'nobody-of-that-name' });
  assert.equal([unknown.items, unknown.nextCursor], [[], null]);
  const known = await page('red', { subject: PERSON });
  assert.equal(Object.keys(unknown), Object.keys(known));
  assert.is.not(unknown.subjectTag, known.subjectTag);
  // The name of one tenant's person is another pseudonym at another.
  assert.is.not((await page('blue', { subject: PERSON })).subjectTag, known.subjectTag);
  for (const cursor of ['x', '1.99999999', '9.1', '-1.2']) {
    const refused = await call('red', '/api/v1/privacy/export', { subject: PERSON, cursor });
    assert.equal([refused.status, refused.body.error?.code], [400, 'invalid_argument'], cursor);
  }
});

test('each export is on the record, with who took it and nothing of the person', async () => {
  const size = ledger.size();
  const given = await page('red', { subject: PERSON, limit: 1 });
  const said = [];
  for await (const { payload, tenant, canonical } of ledger.read(size)) {
    const { event, by, subjectTag, itemCount } = payload as Record<string, unknown>;
    if (event === 'privacy-export') said.push({ tenant, by, subjectTag, itemCount });
    assert.equal(findIn(Buffer.from(canonical), MARKERS), []);
  }
  assert.equal(said, [{ tenant: 'red', by: 'key:red', subjectTag: given.subjectTag, itemCount: 1 }]);
  // The person may know it too.
  const about = (await all('red', PERSON)).filter(({ type }) => type === 'privacy');
  assert.ok(about.some(({ entries }) => JSON.stringify(entries).includes('privacy-export')));
});

test('the command writes one JSON document that only its owner reads, and over nothing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'witan-export-'));
  const out = join(folder, 'person.json');
  const asked = ['privacy', 'export', '--subject', PERSON, '--out', out, '--url', host.address!.url];
  const run = async (as: string): Promise<number | null> => {
    const child = spawn(process.execPath, [...witanCommand(), ...asked], {
      env: { ...process.env, WITAN_API_KEY: `key-${as}` },
      stdio: 'ignore',
    });
    return new Promise((resolve) => child.on('close', resolve));
  };
  try {
    assert.is(await run('red'), 0);
    assert.is(statSync(out).mode & 0o777, 0o600);
    const written = SubjectExport.omit({ nextCursor: true }).parse(JSON.parse(readFileSync(out, 'utf8')));
    assert.is(written.items.filter(({ type }) => type === 'decision').length, 2);
    assert.is.not(await run('red'), 0, 'the file is there');
    rmSync(out);
    assert.is(await run('weak'), 4);
    assert.not.ok(existsSync(out), 'nothing is left of what was refused');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('what is erased is told as erased, with its certificate', async () => {
  const asked = await call<ErasureView>('red', '/api/v1/erasure/request', {
    subject: PERSON,
    reason: 'asked',
  });
  let view: ErasureView = asked.body;
  while (view.state !== 'done')
    view = (await call<ErasureView>('red', `/api/v1/erasure/${view.erasureId}`)).body;
  const items = await all('red', PERSON);
  const gone = items.filter(({ type }) => type !== 'privacy');
  assert.is(gone.length, 3);
  for (const { state, erasure, entries } of gone) {
    assert.is(state, 'erased');
    assert.is(erasure?.erasureId, view.erasureId);
    assert.equal(erasure?.certificate, view.certificate);
    assert.ok(entries.every(({ content }) => content === null));
  }
  assert.equal(findIn(Buffer.from(JSON.stringify(items)), MARKERS), []);
  const shared = await all('red', 'patient-2');
  assert.equal(
    shared.map(({ state }) => state).filter((state) => state !== 'plain'),
    ['open', 'erased'],
  );
  assert.ok(
    (await all('blue', PERSON)).some(({ state }) => state === 'open'),
    'another tenant keeps its own',
  );
});
