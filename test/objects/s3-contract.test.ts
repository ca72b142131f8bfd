/**
 * What our client sends to S3, read from the requests that a local server got.
 *
 * @source Amazon S3 API Reference: PutObject, PutObjectRetention, PutObjectLegalHold, DeleteObject. A bucket
 *   of Amazon's has not been tried.
 */
import { createHash } from 'node:crypto';
import { SimClock } from '../../runtime/kernel/sim/sim-clock.ts';
import { S3ObjectStore } from '../../runtime/store/objects/s3-object-store.ts';
import { assertFails, bytes, collect } from '../conformance/fixture.ts';
import { assert, suite } from '../harness.ts';
import { advance } from '../sim-time.ts';
import { startLocalS3 } from './local-s3.ts';
import type { LocalS3 } from './local-s3.ts';

const test = suite('s3 contract', { limitMs: 20_000 });
const YEAR_MS = 365 * 86_400_000;

async function withS3(
  use: (server: LocalS3, store: S3ObjectStore, clock: SimClock) => Promise<void>,
): Promise<void> {
  const clock = new SimClock();
  const server = await startLocalS3(clock);
  const store = new S3ObjectStore({
    bucket: 'witan-archive',
    prefix: 'node-1/',
    endpoint: server.endpoint,
    credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' },
    clock,
    timeoutMs: 5_000,
    maxAttempts: 2,
  });
  try {
    await use(server, store, clock);
  } finally {
    await store.close();
    await server.close();
  }
}

test('a put carries checksum, lock, hold, class, condition and a signature', async () => {
  await withS3(async (server, store, clock) => {
    const retainUntilWallMs = clock.wallMs() + 7 * YEAR_MS;
    const data = bytes('the record');
    await store.put('a/b', data, { retainUntilWallMs, legalHold: true, storageClass: 'STANDARD_IA' });
    const { headers, url, body } = server.requests.find(({ method }) => method === 'PUT')!;
    assert.is(url.split('?')[0], '/witan-archive/node-1/a/b');
    assert.equal(new Uint8Array(body), data);
    const sha256 = createHash('sha256').update(data);
    assert.is(headers['x-amz-checksum-sha256'], sha256.copy().digest('base64'));
    assert.is(headers['x-amz-meta-witan-sha256'], sha256.digest('hex'));
    assert.is(headers['x-amz-object-lock-mode'], 'COMPLIANCE');
    assert.is(Date.parse(String(headers['x-amz-object-lock-retain-until-date'])), retainUntilWallMs);
    assert.is(headers['x-amz-object-lock-legal-hold'], 'ON');
    assert.is(headers['x-amz-storage-class'], 'STANDARD_IA');
    assert.is(headers['if-none-match'], '*');
    assert.match(String(headers.authorization), /^AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE\//);
    assert.is(headers['content-length'], String(data.length));
  });
});

test('an ordinary put asks for no lock, and an overwrite for no condition', async () => {
  await withS3(async (server, store) => {
    await store.put('a', bytes('1'), { overwrite: true });
    const { headers } = server.requests.find(({ method }) => method === 'PUT')!;
    const asked = Object.keys(headers).filter(
      (name) => name.startsWith('x-amz-object-lock') || name === 'if-none-match',
    );
    assert.equal(asked, []);
  });
});

test('a lock is made longer and a hold set with a checksum of the request, for the named version', async () => {
  await withS3(async (server, store, clock) => {
    const { versionId } = await store.put('a', bytes('1'));
    await store.retain('a', clock.wallMs() + YEAR_MS, { versionId });
    await store.hold('a', true, { versionId });
    for (const name of ['retention', 'legal-hold']) {
      const { url, headers, body, method } = server.requests.find((one) => one.url.includes(name))!;
      assert.is(method, 'PUT');
      assert.match(url, `versionId=${versionId}`);
      const hasSum = Object.keys(headers).some(
        (one) => one === 'content-md5' || one.startsWith('x-amz-checksum-'),
      );
      assert.ok(hasSum, `${name}: ${Object.keys(headers).join(' ')}`);
      assert.match(body.toString(), name === 'retention' ? '<Mode>COMPLIANCE</Mode>' : '<Status>ON</Status>');
    }
  });
});

test('a delete destroys the named version, and never asks to go around governance', async () => {
  await withS3(async (server, store) => {
    const { versionId } = await store.put('a', bytes('1'));
    await store.delete('a', { versionId });
    const { url, headers } = server.requests.find(({ method }) => method === 'DELETE')!;
    assert.match(url, `versionId=${versionId}`);
    assert.is(headers['x-amz-bypass-governance-retention'], undefined);
  });
});

test('a service that ignores locks is found out, and nothing stays of the put', async () => {
  await withS3(async (server, store, clock) => {
    server.fault = 'ignore-locks';
    const retainUntilWallMs = clock.wallMs() + YEAR_MS;
    await assertFails(() => store.put('a', bytes('1'), { retainUntilWallMs }), 'not_supported');
    assert.equal(await store.versions('a'), []);
  });
});

test('an answer of 500 is tried again and then unavailable; nothing is taken for a success', async () => {
  await withS3(async (server, store) => {
    await store.put('a', bytes('1'));
    server.requests.length = 0;
    server.fault = '500';
    await assertFails(() => store.get('a'), 'unavailable');
    assert.is(server.requests.length, 2);
    await assertFails(() => store.put('b', bytes('1')), 'unavailable');
    await assertFails(() => store.head('a'), 'unavailable');
    await assertFails(() => collect(store.list('')), 'unavailable');
    server.fault = 'none';
    assert.is(await store.head('b'), undefined);
  });
});

test('a service that never answers is given up after the time limit', async () => {
  await withS3(async (server, store, clock) => {
    await store.put('a', bytes('1'));
    server.fault = 'hang';
    server.requests.length = 0;
    const asked = store.get('a').then(
      () => 'answered',
      (error: { code: string }) => error.code,
    );
    // The server has the request: only then does time pass.
    while (server.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await advance(clock, 5_001);
    assert.is(await asked, 'unavailable');
  });
});

test('a body that breaks off is no object', async () => {
  await withS3(async (server, store) => {
    await store.put('a', new Uint8Array(100_000).fill(7));
    server.fault = 'truncate';
    await assertFails(() => store.get('a'), 'unavailable');
    await assertFails(() => store.get('a', { isChecked: false }), 'unavailable');
  });
});
