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
}

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
