/** What every key-value store must do. */
import type { KvChange, KvPort } from '../../runtime/kernel/ports/kv.ts';
import { assert, suite } from '../harness.ts';
import { assertFails, bytes, collect, text, withPort } from './fixture.ts';
import type { MakePort } from './fixture.ts';

/** Declares the suite for one implementation. */
export function kvConformance(name: string, makePort: MakePort<KvPort>): void {
  const test = suite(`kv conformance: ${name}`, { limitMs: 20_000 });
  const check = (title: string, body: (kv: KvPort) => Promise<void>): void =>
    test(title, () => withPort(makePort, body));

  check('put, get, and revisions that rise over all keys', async (kv) => {
    assert.is(await kv.get('a'), undefined);
    const first = await kv.put('a', bytes('1'));
    const second = await kv.put('b', bytes('2'));
    const third = await kv.put('a', bytes('3'));
    assert.ok(first < second && second < third);
    const entry = await kv.get('a');
    assert.is(text(entry?.value), '3');
    assert.is(entry?.revision, third);
    assert.is(entry?.key, 'a');
  });

  check('values of every byte and of none survive', async (kv) => {
    const all = Uint8Array.from({ length: 256 }, (_, at) => at);
    await kv.put('a', all);
    assert.equal([...(await kv.get('a'))!.value], [...all]);
    await kv.put('a', new Uint8Array());
    assert.is((await kv.get('a'))!.value.length, 0);
  });

  check('stored bytes do not change with the caller’s array', async (kv) => {
    const value = bytes('abc');
    await kv.put('a', value);
    value[0] = 0;
    const read = await kv.get('a');
    read!.value[1] = 0;
    assert.is(text((await kv.get('a'))!.value), 'abc');
  });

  check('create takes a free key only, also after a delete', async (kv) => {
    const first = await kv.create('a', bytes('1'));
    await assertFails(() => kv.create('a', bytes('2')), 'already_exists');
    assert.is(text((await kv.get('a'))!.value), '1');
    await kv.delete('a');
    assert.ok((await kv.create('a', bytes('3'))) > first);
  });

  check('update needs the current revision', async (kv) => {
    const first = await kv.create('a', bytes('1'));
    const second = await kv.update('a', bytes('2'), first);
    assert.ok(second > first);
    await assertFails(() => kv.update('a', bytes('3'), first), 'stale_writer');
    await assertFails(() => kv.update('missing', bytes('3'), first), 'stale_writer');
    assert.is(text((await kv.get('a'))!.value), '2');
  });

  check('a revision from before a delete is stale', async (kv) => {
    const first = await kv.create('a', bytes('1'));
    await kv.delete('a');
    await assertFails(() => kv.update('a', bytes('2'), first), 'stale_writer');
    await kv.create('a', bytes('3'));
    await assertFails(() => kv.update('a', bytes('4'), first), 'stale_writer');
  });

  check('delete with a revision is a compare-and-set; without one it is idempotent', async (kv) => {
    const first = await kv.create('a', bytes('1'));
    const second = await kv.put('a', bytes('2'));
    await assertFails(() => kv.delete('a', first), 'stale_writer');
    await kv.delete('a', second);
    assert.is(await kv.get('a'), undefined);
    await kv.delete('a');
    await assertFails(() => kv.delete('a', second), 'stale_writer');
  });

  check('of contenders that race exactly one wins each round', async (kv) => {
    const created = await Promise.allSettled(
      Array.from({ length: 8 }, (_, n) => kv.create('lease', bytes(`${n}`))),
    );
    assert.is(created.filter((result) => result.status === 'fulfilled').length, 1);
    for (let round = 0; round < 5; round++) {
      const { revision } = (await kv.get('lease'))!;
      const race = Array.from({ length: 8 }, (_, n) => kv.update('lease', bytes(`${n}`), revision));
      const results = await Promise.allSettled(race);
      assert.is(results.filter((result) => result.status === 'fulfilled').length, 1);
      for (const result of results)
        if (result.status === 'rejected') assert.is(result.reason.code, 'stale_writer');
    }
  });

  check('keys by prefix, without deleted ones', async (kv) => {
    for (const key of ['m.1', 'm.2', 'n.1', 'mm']) await kv.put(key, bytes('x'));
    await kv.delete('m.2');
    assert.equal((await kv.keys('m.')).sort(), ['m.1']);
    assert.equal((await kv.keys('')).sort(), ['m.1', 'mm', 'n.1']);
  });

  check('a watch gives current entries first, then changes, in order of revision', async (kv) => {
    await kv.put('m.1', bytes('1'));
    await kv.put('other', bytes('0'));
    await kv.put('m.2', bytes('2'));
    const abort = new AbortController();
    const seen: KvChange[] = [];
    const watching = (async () => {
      for await (const change of kv.watch('m.', abort.signal)) {
        seen.push(change);
        if (seen.length === 2) {
          await kv.put('m.1', bytes('3'));
          await kv.put('elsewhere', bytes('0'));
          await kv.delete('m.2');
          await kv.create('m.2', bytes('4'));
        }
        if (seen.length === 5) abort.abort();
      }
    })();
    await watching;
    assert.equal(
      seen.map((change) => [change.key, text(change.value)]),
      [
        ['m.1', '1'],
        ['m.2', '2'],
        ['m.1', '3'],
        ['m.2', undefined],
        ['m.2', '4'],
      ],
    );
    const revisions = seen.map((change) => change.revision);
    assert.equal(
      revisions,
      [...revisions].sort((left, right) => left - right),
    );
    assert.is(new Set(revisions).size, 5);
  });

  check('a watch ends when its signal aborts, also while it waits and before it began', async (kv) => {
    const abort = new AbortController();
    const waiting = collect(kv.watch('', abort.signal));
    await kv.put('a', bytes('1'));
    abort.abort();
    assert.ok((await waiting).length <= 1);
    assert.equal(await collect(kv.watch('', AbortSignal.abort())), []);
  });

  check('watchers do not disturb each other, and a busy one misses nothing', async (kv) => {
    const abort = new AbortController();
    const count = 50;
    const follow = async (pause: boolean): Promise<string[]> => {
      const values: string[] = [];
      for await (const change of kv.watch('k', abort.signal)) {
        if (pause) await new Promise((done) => setImmediate(done));
        values.push(text(change.value)!);
        if (values.length === count) break;
      }
      return values;
    };
    const both = Promise.all([follow(false), follow(true)]);
    for (let n = 0; n < count; n++) await kv.put(`k${n}`, bytes(`${n}`));
    const expected = Array.from({ length: count }, (_, n) => `${n}`);
    assert.equal(await both, [expected, expected]);
    abort.abort();
  });

  check('closed, it is unavailable and its watches end; closing twice is harmless', async (kv) => {
    const watching = collect(kv.watch('', new AbortController().signal));
    await kv.put('a', bytes('1'));
    await kv.close();
    await kv.close();
    await watching;
    await assertFails(() => kv.get('a'), 'unavailable');
    await assertFails(() => kv.put('a', bytes('1')), 'unavailable');
    await assertFails(() => kv.create('b', bytes('1')), 'unavailable');
    await assertFails(() => kv.update('a', bytes('1'), 1), 'unavailable');
    await assertFails(() => kv.delete('a'), 'unavailable');
    await assertFails(() => kv.keys(''), 'unavailable');
    await assertFails(() => collect(kv.watch('', new AbortController().signal)), 'unavailable');
  });
}
