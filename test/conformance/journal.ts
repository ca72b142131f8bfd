/** What every journal must do. */
import type { JournalPort } from '../../runtime/kernel/ports/journal.ts';
import { assert, suite } from '../harness.ts';
import { assertFails, collect, withPort } from './fixture.ts';
import type { MakePort } from './fixture.ts';

const event = (payload: unknown) => ({ type: 'noted', schemaVersion: 1, payload });

/** Declares the suite for one implementation. */
export function journalConformance(name: string, makePort: MakePort<JournalPort>): void {
  const test = suite(`journal conformance: ${name}`, { limitMs: 20_000 });
  const check = (title: string, body: (journal: JournalPort) => Promise<void>): void =>
    test(title, () => withPort(makePort, body));

  check('an unknown key is empty', async (journal) => {
    assert.equal(await collect(journal.read('a', 0)), []);
    assert.is(await journal.latestSnapshot('a'), undefined);
    assert.equal(await collect(journal.keys('')), []);
  });

  check('appends number events from 1 without gaps and read gives them back in order', async (journal) => {
    assert.is(await journal.append('a', [event({ n: 1 }), event({ n: 2 })], { expectedSequence: 0 }), 2);
    assert.is(await journal.append('a', [event({ n: 3 })], { expectedSequence: 2 }), 3);
    const events = await collect(journal.read('a', 0));
    assert.equal(
      events.map((each) => each.sequence),
      [1, 2, 3],
    );
    assert.equal(
      events.map((each) => each.payload),
      [{ n: 1 }, { n: 2 }, { n: 3 }],
    );
    assert.ok(events.every((each) => each.key === 'a' && each.type === 'noted' && each.schemaVersion === 1));
    assert.ok(events.every((each) => each.atWallMs > 1_600_000_000_000));
    assert.equal(
      (await collect(journal.read('a', 2))).map((each) => each.sequence),
      [3],
    );
    assert.equal(await collect(journal.read('a', 3)), []);
  });

  check('payloads of every JSON shape survive exactly', async (journal) => {
    const payload = {
      text: 'é\u0000\u2028😀"\\',
      list: [1, -0.5, 1e21, null, true, []],
      nested: { '': {}, 'a.b': 'c' },
    };
    await journal.append('a', [event(payload), event(null), event('plain'), event(7)], {
      expectedSequence: 0,
    });
    const payloads = (await collect(journal.read('a', 0))).map((each) => each.payload);
    assert.equal(payloads, [payload, null, 'plain', 7]);
  });

  check('a forgotten key is as if it had never been; others stay', async (journal) => {
    await journal.append('gone', [event('a')], { expectedSequence: 0 });
    await journal.saveSnapshot({ key: 'gone', sequence: 1, schemaVersion: 1, state: 1 });
    await journal.append('kept', [event('b')], { expectedSequence: 0 });
    await journal.forget('gone');
    await journal.forget('never-was');
    assert.is(await journal.latestSnapshot('gone'), undefined);
    assert.equal(await collect(journal.keys('')), ['kept']);
    assert.is(await journal.append('gone', [event('c')], { expectedSequence: 0 }), 1);
  });

  check('what was appended does not change with the caller’s object', async (journal) => {
    const payload = { n: 1 };
    await journal.append('a', [event(payload)], { expectedSequence: 0 });
    payload.n = 2;
    const [first] = await collect(journal.read('a', 0));
    (first!.payload as { n: number }).n = 3;
    assert.equal((await collect(journal.read('a', 0)))[0]!.payload, { n: 1 });
  });

  check('keys do not share sequences', async (journal) => {
    await journal.append('a', [event(1)], { expectedSequence: 0 });
    assert.is(await journal.append('b', [event(2)], { expectedSequence: 0 }), 1);
    assert.equal(
      (await collect(journal.read('b', 0))).map((each) => each.payload),
      [2],
    );
  });

  check('a wrong expected sequence is stale_writer and writes nothing', async (journal) => {
    await journal.append('a', [event(1)], { expectedSequence: 0 });
    await assertFails(() => journal.append('a', [event(2)], { expectedSequence: 0 }), 'stale_writer');
    await assertFails(
      () => journal.append('a', [event(2), event(3)], { expectedSequence: 2 }),
      'stale_writer',
    );
    await assertFails(() => journal.append('b', [event(2)], { expectedSequence: 1 }), 'stale_writer');
    assert.is((await collect(journal.read('a', 0))).length, 1);
    assert.is((await collect(journal.read('b', 0))).length, 0);
  });

  check('of writers that race for one sequence exactly one wins', async (journal) => {
    for (let round = 0; round < 5; round++) {
      const race = Array.from({ length: 8 }, (_, writer) =>
        journal.append('a', [event(writer), event(writer)], { expectedSequence: round * 2 }),
      );
      const results = await Promise.allSettled(race);
      assert.is(results.filter((result) => result.status === 'fulfilled').length, 1);
      for (const result of results)
        if (result.status === 'rejected') assert.is(result.reason.code, 'stale_writer');
    }
    const events = await collect(journal.read('a', 0));
    assert.equal(
      events.map((each) => each.sequence),
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    );
    for (let at = 0; at < 10; at += 2) assert.is(events[at]!.payload, events[at + 1]!.payload);
  });

  check(
    'a lower generation than the highest seen is stale_writer, even at the right sequence',
    async (journal) => {
      await journal.append('a', [event(1)], { expectedSequence: 0, generation: 3 });
      await assertFails(
        () => journal.append('a', [event(2)], { expectedSequence: 1, generation: 2 }),
        'stale_writer',
      );
      assert.is(await journal.append('a', [event(2)], { expectedSequence: 1, generation: 3 }), 2);
      assert.is(await journal.append('a', [event(3)], { expectedSequence: 2, generation: 4 }), 3);
      await assertFails(
        () => journal.append('a', [event(4)], { expectedSequence: 3, generation: 3 }),
        'stale_writer',
      );
      assert.is((await collect(journal.read('a', 0))).length, 3);
    },
  );

  check('a refused append does not raise the generation', async (journal) => {
    await journal.append('a', [event(1)], { expectedSequence: 0, generation: 1 });
    await assertFails(
      () => journal.append('a', [event(2)], { expectedSequence: 0, generation: 9 }),
      'stale_writer',
    );
    assert.is(await journal.append('a', [event(2)], { expectedSequence: 1, generation: 1 }), 2);
  });

  check('an append without events writes nothing and still checks the sequence', async (journal) => {
    await journal.append('a', [event(1)], { expectedSequence: 0 });
    assert.is(await journal.append('a', [], { expectedSequence: 1 }), 1);
    await assertFails(() => journal.append('a', [], { expectedSequence: 0 }), 'stale_writer');
  });

  check('the newest snapshot is kept; an older one is ignored', async (journal) => {
    await journal.append('a', [event(1), event(2), event(3)], { expectedSequence: 0 });
    await journal.saveSnapshot({ key: 'a', sequence: 2, schemaVersion: 1, state: { sum: 3 } });
    await journal.saveSnapshot({ key: 'a', sequence: 1, schemaVersion: 1, state: { sum: 1 } });
    assert.equal(await journal.latestSnapshot('a'), {
      key: 'a',
      sequence: 2,
      schemaVersion: 1,
      state: { sum: 3 },
    });
    await journal.saveSnapshot({ key: 'a', sequence: 3, schemaVersion: 2, state: { total: 6 } });
    assert.equal(await journal.latestSnapshot('a'), {
      key: 'a',
      sequence: 3,
      schemaVersion: 2,
      state: { total: 6 },
    });
    assert.is((await collect(journal.read('a', 0))).length, 3, 'events stay');
    assert.is(await journal.latestSnapshot('b'), undefined);
  });

  check('keys are listed by prefix, sorted, and a prefix is no pattern', async (journal) => {
    for (const key of ['s/2', 's/10', 't/1', 's_1', 's%1'])
      await journal.append(key, [event(1)], { expectedSequence: 0 });
    assert.equal(await collect(journal.keys('s/')), ['s/10', 's/2']);
    assert.equal(await collect(journal.keys('s_')), ['s_1']);
    assert.equal(await collect(journal.keys('s%')), ['s%1']);
    assert.is((await collect(journal.keys(''))).length, 5);
  });

  check('a reader that leaves early harms nobody', async (journal) => {
    await journal.append('a', [event(1), event(2)], { expectedSequence: 0 });
    for await (const first of journal.read('a', 0)) {
      assert.is(first.sequence, 1);
      break;
    }
    assert.is(await journal.append('a', [event(3)], { expectedSequence: 2 }), 3);
  });

  check('closed, it is unavailable; closing twice is harmless', async (journal) => {
    await journal.append('a', [event(1)], { expectedSequence: 0 });
    await journal.close();
    await journal.close();
    await assertFails(() => journal.append('a', [event(2)], { expectedSequence: 1 }), 'unavailable');
    await assertFails(() => collect(journal.read('a', 0)), 'unavailable');
    await assertFails(() => journal.latestSnapshot('a'), 'unavailable');
    await assertFails(() => collect(journal.keys('')), 'unavailable');
  });
}
