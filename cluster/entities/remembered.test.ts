import { WitanError } from '../../contracts/errors.ts';
import { SimClock } from '../../runtime/kernel/index.ts';
import type { JournalPort } from '../../runtime/kernel/ports/journal.ts';
import { MemoryJournal } from '../../runtime/store/memory/memory-journal.ts';
import { assert, suite } from '../../test/harness.ts';
import { Remembered } from './remembered.ts';

const test = suite('list of remembered entities');
const SHARD = { kind: 'diary', shard: 1, generation: 7 };

/** A journal whose next append is done and not answered, not done at all, or overtaken by another. */
class Silent {
  next: 'done' | 'lost' | 'late' | undefined;
  readonly inner = new MemoryJournal(new SimClock());
  readonly port = Object.assign(Object.create(this.inner) as JournalPort, {
    append: async (...args: Parameters<JournalPort['append']>): Promise<number> => {
      const { next } = this;
      this.next = undefined;
      if (next === 'lost') throw away();
      if (next === 'late') {
        const [key, , options] = args;
        await this.inner.append(key, [{ type: 'began', schemaVersion: 1, payload: { id: 'b' } }], options);
      }
      const sequence = await this.inner.append(...args);
      if (next === 'done') throw away();
      return sequence;
    },
    read: (...args: Parameters<JournalPort['read']>) => this.inner.read(...args),
    latestSnapshot: (key: string) => this.inner.latestSnapshot(key),
  });
}

const away = (): WitanError => new WitanError('unavailable', 'the journal does not answer');
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: { code: string }) => error.code,
  );

for (const next of ['done', 'lost'] as const) {
  test(`an append that is ${next} and not answered stops no later one`, async () => {
    const journal = new Silent();
    const list = new Remembered(journal.port, SHARD);
    await list.began('a');
    journal.next = next;
    assert.is(await codeOf(list.began('b')), 'unavailable');
    assert.is(await codeOf(list.began('b')), 'done');
    journal.next = next;
    assert.is(await codeOf(list.ended('a')), 'unavailable');
    assert.is(await codeOf(list.began('c')), 'done');
    assert.equal(
      [...(await new Remembered(journal.port, SHARD).load())].sort(),
      next === 'done' ? ['b', 'c'] : ['a', 'b', 'c'],
    );
  });
}

test('an append that comes late does not stop the one that it overtakes', async () => {
  const journal = new Silent();
  const list = new Remembered(journal.port, SHARD);
  await list.began('a');
  journal.next = 'lost';
  assert.is(await codeOf(list.began('b')), 'unavailable');
  journal.next = 'late';
  assert.is(await codeOf(list.began('c')), 'done');
  assert.equal([...(await new Remembered(journal.port, SHARD).load())].sort(), ['a', 'b', 'c']);
});

test('one whose shard has a newer owner writes no more, however often it tries', async () => {
  const journal = new Silent();
  const old = new Remembered(journal.port, SHARD);
  await old.began('a');
  const next = new Remembered(journal.port, { ...SHARD, generation: 8 });
  await next.load();
  await next.began('b');
  assert.is(await codeOf(old.began('c')), 'stale_writer');
  assert.is(await codeOf(old.began('c')), 'stale_writer');
});
