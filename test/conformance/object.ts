/** What every object store must do. */
import { createHash } from 'node:crypto';
import type { ObjectPort } from '../../runtime/kernel/ports/object.ts';
import { assert, suite } from '../harness.ts';
import { assertFails, bytes, collect, text, withPort } from './fixture.ts';
import type { MakePort, PortFixture } from './fixture.ts';

/** Fixture of an object store. */
export interface ObjectFixture extends PortFixture<ObjectPort> {
  /** Changes one stored byte behind the port's back. */
  damage(key: string): Promise<void>;
  /** What the service behind the port can: s3rver knows neither (default: both). */
  readonly keeps?: { readonly versions: boolean; readonly locks: boolean };
}

const HOUR_MS = 3_600_000;

/** Declares the suite for one implementation. */
export function objectConformance(name: string, makePort: MakePort<ObjectPort, ObjectFixture>): void {
  const test = suite(`object conformance: ${name}`, { limitMs: 20_000 });
  const check = (title: string, body: (store: ObjectPort, fixture: ObjectFixture) => Promise<void>): void =>
    test(title, () => withPort(makePort, body));

  check('what is put comes back, with size, digest and time', async (store) => {
    const data = Uint8Array.from({ length: 70_000 }, (_, at) => at & 255);
    const info = await store.put('a/b.bin', data);
    assert.is(info.key, 'a/b.bin');
    assert.is(info.sizeBytes, 70_000);
    assert.is(info.digest, `sha256:${createHash('sha256').update(data).digest('hex')}`);
    assert.ok(info.storedAtWallMs > 1_600_000_000_000);
    assert.ok(Buffer.from(await store.get('a/b.bin')).equals(Buffer.from(data)));
    assert.equal(await store.head('a/b.bin'), info);
    await store.put('empty', new Uint8Array());
    assert.is((await store.get('empty')).length, 0);
  });

  check('a missing object is not_found, its head undefined, its deletion harmless', async (store) => {
    await assertFails(() => store.get('missing'), 'not_found');
    assert.is(await store.head('missing'), undefined);
    await store.delete('missing');
  });

  check('an object is not replaced unless it is asked for', async (store) => {
    await store.put('a', bytes('1'));
    await assertFails(() => store.put('a', bytes('2')), 'already_exists');
    assert.is(text(await store.get('a')), '1');
    await store.put('a', bytes('2'), { overwrite: true });
    assert.is(text(await store.get('a')), '2');
    await store.delete('a');
    await store.put('a', bytes('3'));
    assert.is(text(await store.get('a')), '3');
  });

  check('of puts that race exactly one wins, and its bytes are whole', async (store) => {
    const bodies = Array.from({ length: 6 }, (_, n) => new Uint8Array(50_000).fill(n));
    const results = await Promise.allSettled(bodies.map((body) => store.put('a', body)));
    const winners = results.flatMap((result, n) => (result.status === 'fulfilled' ? [n] : []));
    assert.is(winners.length, 1);
    for (const result of results)
      if (result.status === 'rejected') assert.is(result.reason.code, 'already_exists');
    assert.ok((await store.get('a')).every((byte) => byte === winners[0]));
  });

  check('overwrites that race leave one whole object', async (store) => {
    const bodies = Array.from({ length: 6 }, (_, n) => new Uint8Array(50_000 + n).fill(n));
    await Promise.all(bodies.map((body) => store.put('a', body, { overwrite: true })));
    const read = await store.get('a');
    assert.ok(read.every((byte) => byte === read[0]));
    assert.is(read.length, 50_000 + read[0]!);
    assert.is((await store.head('a'))!.sizeBytes, read.length);
  });

  check('stored bytes do not change with the caller’s array', async (store) => {
    const data = bytes('abc');
    await store.put('a', data);
    data[0] = 0;
    (await store.get('a'))[1] = 0;
    assert.is(text(await store.get('a')), 'abc');
  });

  check('damage is found on reading', async (store, { damage }) => {
    await store.put('a', bytes('abc'));
    await damage('a');
    await assertFails(() => store.get('a'), 'verification_failed');
  });

  check('list is by prefix and sorted by key', async (store) => {
    for (const key of ['b/2', 'a/1', 'b/10', 'bb']) await store.put(key, bytes(key));
    assert.equal(
      (await collect(store.list('b/'))).map((info) => info.key),
      ['b/10', 'b/2'],
    );
    assert.equal(
      (await collect(store.list(''))).map((info) => info.sizeBytes),
      [3, 4, 3, 2],
    );
    assert.equal(await collect(store.list('none')), []);
  });

  check('a key cannot leave the store', async (store) => {
    for (const key of ['', '/etc/passwd', '../a', 'a/../../b', 'a/..', './a', 'a//b', 'a\0b']) {
      await assertFails(() => store.put(key, bytes('x')), 'invalid_argument');
    }
  });

  check('a store without locks says so and keeps nothing of the put', async (store, { keeps }) => {
    if (keeps?.locks !== false) return;
    const soon = Date.now() + HOUR_MS;
    await assertFails(() => store.put('a', bytes('1'), { retainUntilWallMs: soon }), 'not_supported');
    await assertFails(() => store.put('a', bytes('1'), { legalHold: true }), 'not_supported');
    assert.is(await store.head('a'), undefined);
  });

  check('an overwrite and a delete keep the versions before them', async (store, { keeps }) => {
    if (keeps?.versions === false) return;
    const first = await store.put('a', bytes('1'));
    const second = await store.put('a', bytes('2'), { overwrite: true });
    assert.is.not(first.versionId, second.versionId);
    await store.put('ab', bytes('other'));
    await store.delete('a');
    assert.is(await store.head('a'), undefined);
    await assertFails(() => store.get('a'), 'not_found');
    assert.is(text(await store.get('a', { versionId: first.versionId })), '1');
    assert.equal(await store.head('a', { versionId: second.versionId }), second);
    const versions = await store.versions('a');
    assert.equal(
      versions.map(({ isMarker, isNewest }) => [isMarker, isNewest]),
      [
        [true, true],
        [false, false],
        [false, false],
      ],
    );
    assert.is(versions[1]!.versionId, second.versionId);
    assert.equal(
      (await collect(store.list(''))).map((info) => info.key),
      ['ab'],
    );
    await store.delete('a', { versionId: first.versionId });
    await assertFails(() => store.get('a', { versionId: first.versionId }), 'not_found');
    await store.delete('a', { versionId: versions[0]!.versionId });
    assert.is(text(await store.get('a')), '2');
    assert.equal(await store.versions('none'), []);
  });

  check(
    'a locked version is not destroyed before its time, and the lock never gets shorter',
    async (store, it) => {
      if (it.keeps?.locks === false) return;
      const { storedAtWallMs } = await store.put('clock', bytes('x'));
      const until = storedAtWallMs + HOUR_MS;
      const { versionId, retainUntilWallMs } = await store.put('a', bytes('1'), { retainUntilWallMs: until });
      assert.ok(Math.abs(retainUntilWallMs! - until) < 1_000);
      await store.put('a', bytes('2'), { overwrite: true });
      await store.delete('a');
      await assertFails(() => store.delete('a', { versionId }), 'permission_denied');
      await assertFails(() => store.retain('a', until - 60_000, { versionId }), 'permission_denied');
      await store.retain('a', until + HOUR_MS, { versionId });
      await it.pass(HOUR_MS + 1_000);
      await assertFails(() => store.delete('a', { versionId }), 'permission_denied');
      assert.is(text(await store.get('a', { versionId })), '1');
      await it.pass(HOUR_MS);
      await store.delete('a', { versionId });
      await assertFails(() => store.get('a', { versionId }), 'not_found');
    },
  );

  check('a legal hold outlives the lock and ends only when it is lifted', async (store, { keeps, pass }) => {
    if (keeps?.locks === false) return;
    const { storedAtWallMs } = await store.put('clock', bytes('x'));
    const retainUntilWallMs = storedAtWallMs + HOUR_MS;
    const { versionId } = await store.put('a', bytes('1'), { retainUntilWallMs, legalHold: true });
    await pass(2 * HOUR_MS);
    await assertFails(() => store.delete('a', { versionId }), 'permission_denied');
    assert.is((await store.head('a'))!.legalHold, true);
    await store.hold('a', false);
    await store.hold('clock', true);
    await store.delete('a', { versionId });
    assert.is(await store.head('a'), undefined);
    const held = (await store.head('clock'))!;
    await assertFails(() => store.delete('clock', { versionId: held.versionId }), 'permission_denied');
    await assertFails(() => store.hold('none', true), 'not_found');
    await assertFails(() => store.retain('none', retainUntilWallMs), 'not_found');
  });

  check('the storage class is kept', async (store) => {
    const { storageClass } = await store.put('a', bytes('1'), { storageClass: 'STANDARD_IA' });
    assert.is(storageClass, 'STANDARD_IA');
    assert.is((await store.put('b', bytes('1'))).storageClass, 'STANDARD');
  });

  check('who checks bytes itself gets them damaged', async (store, { damage }) => {
    await store.put('a', bytes('abc'));
    await damage('a');
    assert.is((await store.get('a', { isChecked: false })).length, 3);
  });

  check('closed, it is unavailable; closing twice is harmless', async (store) => {
    await store.put('a', bytes('1'));
    await store.close();
    await store.close();
    await assertFails(() => store.put('b', bytes('1')), 'unavailable');
    await assertFails(() => store.get('a'), 'unavailable');
    await assertFails(() => store.head('a'), 'unavailable');
    await assertFails(() => collect(store.list('')), 'unavailable');
    await assertFails(() => store.delete('a'), 'unavailable');
  });
}
