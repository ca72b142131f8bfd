/** A node archives by itself and by order; a second store gets entries as they come. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHost } from '../../index.ts';
import type { Host, SettingsInput } from '../../index.ts';
import { PinnedKey } from '../../contracts/messages/decision-proof.ts';
import type { ArchiveReportView, ArchiveStatusView } from '../../contracts/messages/door/archive.ts';
import { SystemClock } from '../../runtime/kernel/index.ts';
import { archiveKeyIn } from '../../runtime/store/archive/archive-key.ts';
import { verifyArchive } from '../../runtime/store/archive/verify-archive.ts';
import type { ArchiveVerification } from '../../runtime/store/archive/verify-archive.ts';
import { openObjects } from '../../runtime/store/objects/open-objects.ts';
import { assert, suite } from '../harness.ts';

const test = suite('node archive', { limitMs: 180_000 });
const REQUEST = { type: 'chat', text: 'What is the capital of Portugal?', council: 'always' };

/** Whatever of these an endpoint answers. */
interface Answer {
  readonly size: number;
  readonly jobs: ArchiveStatusView['jobs'];
  readonly report: ArchiveReportView;
  readonly error: { readonly code: string };
}

async function withNode(
  archive: SettingsInput['archive'],
  use: (host: Host, folder: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'witan-archive-'));
  const dataDir = join(folder, 'data');
  const settings = { archive: { replicaAddress: join(folder, 'replica'), ...archive }, http: { port: 0 } };
  const host = await createHost({ dataDir, settings });
  await host.start();
  try {
    await use(host, folder);
  } finally {
    await host.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function verified(folder: string, place: string): Promise<ArchiveVerification> {
  const dataDir = join(folder, 'data');
  const pinned = PinnedKey.parse(JSON.parse(readFileSync(join(dataDir, 'verify-key.json'), 'utf8')));
  const { secret } = archiveKeyIn(join(dataDir, 'keys'), undefined);
  const objects = await openObjects({ address: place, clock: new SystemClock() });
  return verifyArchive({ objects, prefix: 'archive', pinned, secret });
}

async function call(host: Host, path: string, body?: object): Promise<{ status: number; json: Answer }> {
  const method = body ? 'POST' : 'GET';
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${host.address!.url}${path}`, {
    method,
    headers,
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, json: (await response.json()) as Answer };
}

test('an operator orders a batch; what was decided before is in the archive, and verifies', async () => {
  await withNode({}, async (host, folder) => {
    await host.submit(REQUEST);
    const before = await call(host, '/api/v1/archive/status');
    assert.is(before.status, 200);
    assert.is(before.json.jobs.find((job) => job.name === 'batch')!.coveredCount, 0);
    const run = await call(host, '/api/v1/archive/run', {});
    assert.is(run.status, 200, JSON.stringify(run.json));
    assert.is(run.json.report.firstIndex, 0);
    const result = await verified(folder, join(folder, 'data', 'archive'));
    assert.ok(result.ok, JSON.stringify(result.damage));
    assert.is(result.size, run.json.report.endIndex);
    assert.match(await host.inspect.metrics(), /witan_archive_covered_entries\{job="batch"\} \d+/);
  });
});

test('entries reach the second store without being asked for', async () => {
  await withNode({ replicateEveryMs: 100 }, async (host, folder) => {
    const verdict = await host.submit(REQUEST);
    const size = (await call(host, '/api/v1/archive/status')).json.size;
    assert.ok(verdict.body.decisionId);
    const run = await call(host, '/api/v1/archive/run', { job: 'replica' });
    assert.is(run.status, 200);
    const result = await verified(folder, join(folder, 'replica'));
    assert.ok(result.ok, JSON.stringify(result.damage));
    assert.ok(result.size >= size);
  });
});

test('a store that is away keeps no node from starting and deciding; it is said', async () => {
  const address = 's3://witan/x?endpoint=http://127.0.0.1:9';
  process.env['AWS_ACCESS_KEY_ID'] = 'x';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'x';
  await withNode({ address, timeoutMs: 1_000 }, async (host, folder) => {
    await host.submit(REQUEST);
    const run = await call(host, '/api/v1/archive/run', {});
    assert.is(run.status, 503);
    assert.is(run.json.error.code, 'unavailable');
    const { json } = await call(host, '/api/v1/archive/status');
    const job = json.jobs.find((one) => one.name === 'batch')!;
    assert.is(job.state, 'failing');
    assert.ok(job.nextInMs! <= 1_000);
    assert.not.ok(existsSync(join(folder, 'data', 'archive')));
  });
});

test('who may not act may not order a run', async () => {
  await withNode({}, async (host) => {
    const outsider = await fetch(`${host.address!.url}/api/v1/archive/run`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': 'witan_nobody' },
      body: '{}',
    });
    assert.is(outsider.status, 401);
    const unknown = await call(host, '/api/v1/archive/run', { job: 'backup' });
    assert.is(unknown.status, 501);
    assert.is((await call(host, '/api/v1/archive/run', { job: 'x' })).status, 400);
  });
});
