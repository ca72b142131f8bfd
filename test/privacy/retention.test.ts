/** Keys of decisions go when their retention is over, those of persons with the last decision of a year. */
import { createErasureClient, spawnErasure } from '../../agents/platform/audit/erasure/erasure-actor.ts';
import {
  beginPass,
  endPass,
  FIRST_PASS_MS,
  PASS_EVERY_MS,
  spawnRetention,
} from '../../agents/platform/audit/retention/retention-actor.ts';
import { ROUND_ENTRY_COUNT } from '../../agents/platform/audit/retention/retention-pass.ts';
import { ERASED_TEXT } from '../../contracts/messages/privacy/sealed-record.ts';
import { start } from '../../runtime/kernel/index.ts';
import { closeStores } from '../../runtime/host/record/open-stores.ts';
import { openEvent, sealEvent } from '../../runtime/store/privacy/sealed-event.ts';
import { assert, suite } from '../harness.ts';
import { openRetentionScene, PRINCIPAL } from './retention-scene.ts';
import type { RetentionScene } from './retention-scene.ts';

const test = suite('retention of keys', { limitMs: 60_000 });

async function withScene(use: (scene: RetentionScene) => Promise<void>): Promise<void> {
  const scene = await openRetentionScene(null, { day: '2027-03-01' });
  try {
    await use(scene);
  } finally {
    await closeStores(scene.stores);
  }
}

/** One whole pass; gives the number of its rounds. */
async function pass({ retention, clock }: RetentionScene): Promise<number> {
  const one = await beginPass(retention, clock.wallMs());
  let count = 0;
  do {
    await one.round();
    count += 1;
  } while (!one.isAtEnd);
  await endPass(one, retention);
  return count;
}

test('a decision is erased to the day; a younger one of the same person stays readable', () =>
  withScene(async (scene) => {
    const { stores, decide, textOf, goTo, keysOf, tombstones } = scene;
    const old = await decide('of March', { subjects: ['ann'] });
    goTo('2027-03-02');
    const next = await decide('a day later', { subjects: ['ann', 'bob'] });
    const [, ann] = await keysOf(old);
    const [, ...both] = await keysOf(next);
    assert.is(both[0], ann, 'one key for a person and a year');
    goTo('2028-05-01');
    const later = await decide('another year', { subjects: ['ann'] });
    const [, annLater] = await keysOf(later);
    assert.is.not(annLater, ann);

    goTo('2034-02-28T23:59:59Z');
    await pass(scene);
    assert.is(await textOf(old), 'of March');
    goTo('2034-03-01');
    await pass(scene);
    assert.is(await textOf(old), ERASED_TEXT);
    assert.is(await textOf(next), 'a day later');
    assert.not.ok(stores.subjectKeys.isErased(ann!), 'the other decision needs it');

    goTo('2034-06-01');
    await pass(scene);
    assert.is(await textOf(next), ERASED_TEXT);
    assert.not.ok(stores.subjectKeys.isErased(ann!), 'its year is not over');
    goTo('2035-01-03');
    await pass(scene);
    assert.ok(stores.subjectKeys.isErased(ann!) && stores.subjectKeys.isErased(both[1]!));
    assert.not.ok(stores.subjectKeys.isErased(annLater!));
    assert.is(await textOf(later), 'another year');

    const said = await tombstones();
    assert.equal(
      said.map(({ keyIds, entries }) => [keyIds.length, entries]),
      [
        [1, [0, 1]],
        [1, [2, 3]],
        [2, []],
      ],
    );
    assert.ok(said.every(({ reason }) => reason === 'the retention of 7 years is over'));
    const size = stores.ledger.size();
    await pass(scene);
    assert.is(stores.ledger.size(), size, 'nothing is done twice');
    const mark = await scene.retention.store.retentionMark();
    assert.is(mark?.fromIndex, 4, 'the next pass begins at the first decision that is left');
  }));

test('a legal hold wins, on a person and on a decision; when it ends the keys go', () =>
  withScene(async (scene) => {
    const { holds, decide, textOf, goTo, stores, keysOf } = scene;
    const ofAnn = await decide('ann', { subjects: ['ann'] });
    const ofBob = await decide('bob', { subjects: ['bob'] });
    const free = await decide('free');
    const onPerson = await holds.place({ subject: 'ann', reason: 'court' }, PRINCIPAL);
    const onDecision = await holds.place({ decisionId: ofBob, reason: 'court' }, PRINCIPAL);
    goTo('2036-01-01');
    await pass(scene);
    assert.equal([await textOf(ofAnn), await textOf(ofBob), await textOf(free)], ['ann', 'bob', ERASED_TEXT]);
    await holds.release(onPerson.holdId, 'over', PRINCIPAL);
    await pass(scene);
    assert.equal([await textOf(ofAnn), await textOf(ofBob)], [ERASED_TEXT, 'bob']);
    const [, ann] = await keysOf(ofAnn);
    assert.ok(stores.subjectKeys.isErased(ann!), 'nobody else of that year needs it');
    await holds.release(onDecision.holdId, 'over', PRINCIPAL);
    await pass(scene);
    assert.is(await textOf(ofBob), ERASED_TEXT);
  }));

test('a hold that comes between choosing and destroying wins for all that were chosen with it', () =>
  withScene(async (scene) => {
    const { holds, decide, textOf, goTo, desk, retention, clock } = scene;
    const held = await decide('held', { subjects: ['ann'] });
    const free = await decide('free');
    goTo('2036-01-01');
    const racing = {
      ...retention,
      expire: async (expired: Parameters<typeof desk.expire>[0]) => {
        await holds.place({ subject: 'ann', reason: 'court' }, PRINCIPAL);
        return desk.expire(expired);
      },
    };
    const one = await beginPass(racing, clock.wallMs());
    await one.round();
    await endPass(one, racing);
    assert.equal([await textOf(held), await textOf(free)], ['held', 'free']);
    await pass(scene);
    assert.equal([await textOf(held), await textOf(free)], ['held', ERASED_TEXT]);
  }));

test('what has no verdict, or a word of a person since then, is kept', () =>
  withScene(async (scene) => {
    const { stores, decide, textOf, goTo, keysOf } = scene;
    const open = await decide('open', { isOpen: true });
    await decide('of the same person', { subjects: ['ann'] });
    const reviewed = await decide('reviewed', { subjects: ['ann'] });
    goTo('2029-01-01');
    const payload = { action: 'override', reason: 'a word', by: 'user:eve' };
    await stores.privacy.append({ kind: 'resolution', tenant: 'acme', decisionId: reviewed, payload });
    goTo('2035-12-31');
    await pass(scene);
    assert.equal([await textOf(open), await textOf(reviewed)], ['open', 'reviewed']);
    goTo('2036-01-01');
    await pass(scene);
    assert.equal([await textOf(open), await textOf(reviewed)], ['open', ERASED_TEXT]);
    const [, ann] = await keysOf(reviewed);
    assert.ok(stores.subjectKeys.isErased(ann!));
  }));

test('keys without a year, of records from before, open and go when keys with a year began', () =>
  withScene(async (scene) => {
    const { stores, decide, textOf, goTo, keysOf } = scene;
    // As it was recorded before keys of persons had years: the one key of the person, and no period.
    const { subjectKeys, privacy } = stores;
    const draw = subjectKeys.drawRecordKey.bind(subjectKeys);
    const append = privacy.recorded.append.bind(privacy.recorded);
    subjectKeys.drawRecordKey = (persons) => draw(persons.map((one) => ({ ...one, purpose: 'decision' })));
    privacy.recorded.append = (entry, options) => {
      const { keyPeriod: _keyPeriod, ...payload } = entry.payload as { keyPeriod?: string };
      return append({ ...entry, payload }, options);
    };
    const old = await decide('old', { subjects: ['ann'] });
    goTo('2027-12-30');
    const last = await decide('last', { subjects: ['ann'] });
    subjectKeys.drawRecordKey = draw;
    privacy.recorded.append = append;
    const [, ann] = await keysOf(old);
    assert.is((await keysOf(last))[1], ann);
    goTo('2028-02-01');
    await decide('with a year', { subjects: ['ann'] });

    assert.is(await textOf(old), 'old');
    goTo('2034-06-01');
    await pass(scene);
    assert.equal([await textOf(old), await textOf(last)], [ERASED_TEXT, 'last']);
    goTo('2035-01-31');
    await pass(scene);
    assert.is(await textOf(last), ERASED_TEXT);
    assert.not.ok(subjectKeys.isErased(ann!));
    goTo('2035-02-01');
    await pass(scene);
    assert.ok(subjectKeys.isErased(ann!));
  }));

test('erasing a person takes the keys of all years; retention finds nothing left to say of them', () =>
  withScene(async (scene) => {
    const { decide, textOf, goTo, desk, tombstones } = scene;
    const first = await decide('one', { subjects: ['ann'] });
    goTo('2028-05-01');
    const second = await decide('two', { subjects: ['ann'] });
    const { erasureId } = await desk.request({ subject: 'ann', reason: 'asked' }, PRINCIPAL);
    await desk.advance(erasureId);
    assert.equal([await textOf(first), await textOf(second)], [ERASED_TEXT, ERASED_TEXT]);
    assert.is(desk.read(erasureId, 'acme').certificate?.body.keyIds.length, 2);
    goTo('2037-01-01');
    await pass(scene);
    // The decisions' own keys were still there.
    assert.equal(
      (await tombstones()).map(({ keyIds }) => keyIds.length),
      [2, 2],
    );
  }));

test('a sealed event goes by its own time, and keeps the key of its person until then', () =>
  withScene(async (scene) => {
    const { stores, decide, goTo, keysOf, clock, tombstones } = scene;
    const { subjectKeys, privacy } = stores;
    const [, ann] = await keysOf(await decide('old', { subjects: ['ann'] }));
    goTo('2027-12-01');
    const concern = { tenant: 'acme', subjects: ['ann'], wallMs: clock.wallMs() };
    const said = await sealEvent(subjectKeys, concern, { action: 'seen' });
    const { index } = await privacy.append({ kind: 'event', tenant: 'acme', payload: said });
    const opened = async (): Promise<unknown> =>
      openEvent(subjectKeys, (await privacy.entry(index))?.payload);
    goTo('2034-11-30');
    await pass(scene);
    assert.equal(await opened(), { action: 'seen' });
    goTo('2034-12-01');
    await pass(scene);
    assert.is(await opened(), 'erased');
    goTo('2035-02-01');
    await pass(scene);
    assert.ok(subjectKeys.isErased(ann!));
    assert.equal(
      (await tombstones()).map(({ entries }) => entries),
      [[0, 1], [index], []],
    );
  }));

test('a round is bounded, and tenants have certificates of their own', () =>
  withScene(async (scene) => {
    const { decide, goTo, tombstones, stores } = scene;
    for (let at = 0; at < ROUND_ENTRY_COUNT; at += 1) await decide(`no ${at}`, { tenant: `t${at % 2}` });
    goTo('2036-01-01');
    assert.is(await pass(scene), 2);
    const said = await tombstones();
    assert.equal(
      said.map(({ keyIds }) => keyIds.length),
      [250, 250, 250, 250],
    );
    assert.is(new Set(said.flatMap(({ keyIds }) => keyIds)).size, ROUND_ENTRY_COUNT);
    assert.ok(stores.subjectKeys.keyCount() < 40);
  }));

test('the actor works by the clock of the node: an hour after the start, then once a day', () =>
  withScene(async (scene) => {
    const { clock, erasure, retention, decide, textOf, goTo } = scene;
    const old = await decide('old');
    goTo('2034-02-28T23:30:00Z');
    const system = start({ clock });
    const desk = spawnErasure(system, erasure);
    const client = createErasureClient(() => desk);
    let passCount = 0;
    let ended: () => void = () => undefined;
    const actor = spawnRetention(system, {
      ...retention,
      expire: (expired) => client.expire(expired),
      store: {
        retentionMark: () => retention.store.retentionMark(),
        saveRetentionMark: async (mark) => {
          await retention.store.saveRetentionMark(mark);
          passCount += 1;
          ended();
        },
      },
    });
    const nextPass = (ms: number): Promise<void> => {
      const done = new Promise<void>((resolve) => (ended = resolve));
      clock.advance(ms);
      return done;
    };
    assert.is(actor.path, '/retention');
    await nextPass(FIRST_PASS_MS);
    assert.is(await textOf(old), ERASED_TEXT, '00:30 on the first day after its retention');
    await new Promise((resolve) => setImmediate(resolve));
    await nextPass(PASS_EVERY_MS);
    assert.is(passCount, 2);
    await system.stop();
  }));
