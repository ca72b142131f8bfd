/** What the keys of single records must do over every store of subjects' keys. */
import type { SubjectKeysPort } from '../../../runtime/kernel/ports/crypto/subject-keys.ts';
import { assert, suite } from '../../harness.ts';
import { assertFails, bytes, text, withPort } from '../fixture.ts';
import type { MakePort } from '../fixture.ts';
import type { SubjectKeysFixture } from './subject-keys.ts';

const ann = { tenant: 'acme', subject: 'ann', purpose: 'decision' };
const bob = { ...ann, subject: 'bob' };
const order = { tenant: 'acme', reason: 'request of the person', approvedBy: 'privacy office' };

/** Declares the suite for one implementation. */
export function recordKeysConformance(
  name: string,
  makePort: MakePort<SubjectKeysPort, SubjectKeysFixture>,
): void {
  const test = suite(`record keys conformance: ${name}`, { limitMs: 20_000 });
  const check = (
    title: string,
    body: (port: SubjectKeysPort, fixture: SubjectKeysFixture) => Promise<void>,
  ): void => test(title, () => withPort(makePort, body));

  check('each record has a key and a salt of its own, also after a reopen', async (keys, { reopen }) => {
    const first = await keys.drawRecordKey([]);
    const second = await keys.drawRecordKey([]);
    assert.is.not(first.keyId, second.keyId);
    assert.is.not(first.salt, second.salt);
    assert.match(first.salt, /^[0-9a-f]{64}$/);
    const sealed = await keys.sealRecord(first.keyId, bytes('a loan for Ann'));
    const later = await reopen();
    assert.is(text(await later.open(sealed)), 'a loan for Ann');
    assert.is(await later.saltOf(first.keyId), first.salt);
    const third = await later.drawRecordKey([]);
    assert.not(third.keyId === first.keyId || third.keyId === second.keyId);
  });

  check('a destroyed record is gone for good, the others stay', async (keys, { reopen }) => {
    const [gone, kept] = [await keys.drawRecordKey([]), await keys.drawRecordKey([])];
    const [lost, left] = [
      await keys.sealRecord(gone.keyId, bytes('lost')),
      await keys.sealRecord(kept.keyId, bytes('left')),
    ];
    const choice = { ...order, subject: 'decision/d1', recordKeyIds: [gone.keyId] };
    const destruction = await keys.destroy(choice);
    assert.equal(destruction.keyIds, [gone.keyId]);
    await keys.destroy(choice);
    for (const open of [async () => keys, reopen]) {
      const port = await open();
      const fault = await assertFails(() => port.open(lost), 'not_found');
      assert.is(fault.details['isErased'], true);
      assert.ok(port.isErased(gone.keyId));
      await assertFails(() => port.saltOf(gone.keyId), 'not_found');
      assert.is(text(await port.open(left)), 'left');
      if (port !== keys) assert.not(port.isErased(kept.keyId));
    }
  });

  check('a record that concerns two persons is gone when one of them is', async (keys) => {
    const joint = await keys.drawRecordKey([ann, bob]);
    assert.is(joint.keyId.split('+').length, 3);
    const sealed = await keys.sealRecord(joint.keyId, bytes('Ann and Bob'));
    const alone = await keys.sealRecord((await keys.drawRecordKey([ann])).keyId, bytes('Ann'));
    assert.is(text(await keys.open(sealed)), 'Ann and Bob');
    await keys.destroy({ ...order, subject: 'bob' });
    const fault = await assertFails(() => keys.open(sealed), 'not_found');
    assert.is(fault.details['isErased'], true);
    assert.is(text(await keys.open(alone)), 'Ann');
  });

  check('a hold on a person keeps the records that concern them', async (keys) => {
    const drawn = await keys.drawRecordKey([ann]);
    const record = { ...order, subject: 'decision/d2', recordKeyIds: [drawn.keyId.split('+')[0]!] };
    const annTag = keys.tagOf(ann);
    await keys.hold({ tenant: 'acme', subject: 'ann' }, { holdId: 'h1', reason: 'court', by: 'legal' });
    await assertFails(() => keys.destroy({ ...record, alsoTags: [annTag] }), 'permission_denied');
    await keys.release({ tenant: 'acme', subject: 'ann' }, 'h1');
    await keys.hold(record, { holdId: 'h2', reason: 'court', by: 'legal' }, [annTag]);
    await assertFails(() => keys.destroy({ ...order, subject: 'ann' }), 'permission_denied');
    await keys.release(record, 'h2', [annTag]);
    await keys.destroy({ ...record, alsoTags: [annTag] });
    assert.ok(keys.isErased(drawn.keyId));
  });

  check('keys of persons that are made at once are all there after a reopen', async (keys, { reopen }) => {
    const drawn = await Promise.all(
      Array.from({ length: 40 }, (_, at) => keys.drawRecordKey([{ ...ann, subject: `person ${at}` }])),
    );
    const later = await reopen();
    for (const { keyId, salt } of drawn) assert.is(await later.saltOf(keyId), salt);
  });
}
