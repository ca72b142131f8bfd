/** What keys of subjects must do over every store. */
import fc from 'fast-check';
import type { WitanError } from '../../../contracts/errors.ts';
import { canonicalJson } from '../../../contracts/ledger/canonical-json.ts';
import { verifyDeletionCertificate } from '../../../contracts/ledger/deletion-certificate.ts';
import { sha256 } from '../../../runtime/kernel/crypto/digest.ts';
import { verifyEd25519 } from '../../../runtime/kernel/crypto/ed25519.ts';
import type {
  Destruction,
  SealedBytes,
  SubjectKeysPort,
  SubjectScope,
} from '../../../runtime/kernel/ports/crypto/subject-keys.ts';
import { SimClock } from '../../../runtime/kernel/sim/sim-clock.ts';
import { openCrypto } from '../../../runtime/store/crypto/open-crypto.ts';
import { certifyDeletion } from '../../../runtime/store/crypto/subjects/certify-deletion.ts';
import { openUnder } from '../../../runtime/store/crypto/subjects/envelope.ts';
import { MemoryKeys } from '../../../runtime/store/keys/memory-keys.ts';
import { assert, suite } from '../../harness.ts';
import { assertFails, bytes, text, withPort } from '../fixture.ts';
import type { MakePort, PortFixture } from '../fixture.ts';

/** A port that can be closed and opened again over the same state. */
export interface SubjectKeysFixture extends PortFixture<SubjectKeysPort> {
  reopen(): Promise<SubjectKeysPort>;
}

const ann: SubjectScope = { tenant: 'acme', subject: 'ann@example.org', purpose: 'decision' };
const bob: SubjectScope = { ...ann, subject: 'bob@example.org' };
const order = { reason: 'request of the person', approvedBy: 'privacy office' };

/** Declares the suite for one implementation. */
export function subjectKeysConformance(
  name: string,
  makePort: MakePort<SubjectKeysPort, SubjectKeysFixture>,
): void {
  const test = suite(`subject keys conformance: ${name}`, { limitMs: 20_000 });
  const check = (
    title: string,
    body: (port: SubjectKeysPort, fixture: SubjectKeysFixture) => Promise<void>,
  ): void => test(title, () => withPort(makePort, body));

  check('what is sealed opens again, also after a reopen, and names nobody', async (keys, { reopen }) => {
    const sealed = await keys.seal(ann, bytes('Ann lives in Lisbon'));
    assert.is(text(await keys.open(sealed)), 'Ann lives in Lisbon');
    const again = await keys.seal(ann, bytes('Ann lives in Lisbon'));
    assert.is(again.keyId, sealed.keyId);
    assert.is.not(again.bytes, sealed.bytes);
    const spelled = canonicalJson(sealed).toLowerCase();
    // Words that sealed bytes, spelled in base64url, cannot hold by chance.
    for (const word of ['ann@', 'ann lives', '"acme"', 'lisbon', 'decision']) {
      assert.not(spelled.includes(word), word);
    }
    const later = await reopen();
    assert.is(text(await later.open(sealed)), 'Ann lives in Lisbon');
    assert.is((await later.seal(ann, bytes('x'))).keyId, sealed.keyId);
  });

  check('bytes of any length come back', async (keys) => {
    const any = fc.uint8Array({ maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(any, async (plain) => {
        assert.equal([...(await keys.open(await keys.seal(ann, plain)))], [...plain]);
      }),
      { numRuns: 50 },
    );
  });

  check('subjects, purposes and tenants have keys of their own', async (keys) => {
    const scopes = [ann, bob, { ...ann, purpose: 'consent' }, { ...ann, tenant: 'other' }];
    const ids = new Set<string>();
    for (const scope of scopes) ids.add((await keys.seal(scope, bytes('x'))).keyId);
    assert.is(ids.size, 4);
    // Joined names must not be mistaken for one another.
    const [left, right] = [
      { tenant: 'a', subject: 'bc', purpose: 'd' },
      { tenant: 'ab', subject: 'c', purpose: 'd' },
    ];
    assert.is.not((await keys.seal(left, bytes('x'))).keyId, (await keys.seal(right, bytes('x'))).keyId);
    await assertFails(() => keys.seal({ ...ann, subject: '' }, bytes('x')), 'invalid_argument');
  });

  check('many callers at once get one key', async (keys) => {
    const sealed = await Promise.all(Array.from({ length: 50 }, () => keys.seal(ann, bytes('x'))));
    assert.is(new Set(sealed.map((one) => one.keyId)).size, 1);
  });

  check('changed bytes, another nonce or another key do not open', async (keys) => {
    const sealed = await keys.seal(ann, bytes('secret'));
    const other = await keys.seal(bob, bytes('secret'));
    const flipped = `${sealed.bytes[0] === 'A' ? 'B' : 'A'}${sealed.bytes.slice(1)}`;
    for (const change of [{ bytes: flipped }, { nonce: other.nonce }, { keyId: other.keyId }])
      await assertFails(() => keys.open({ ...sealed, ...change }), 'verification_failed');
    const error = await assertFails(() => keys.open({ ...sealed, keyId: '00'.repeat(16) }), 'not_found');
    assert.is(error.details['isErased'], false);
  });

  check('a commitment matches its bytes alone, and differs each time', async (keys) => {
    const commitment = await keys.commit(ann, bytes('date of birth'));
    assert.ok(await keys.matches(commitment, bytes('date of birth')));
    assert.not(await keys.matches(commitment, bytes('date of death')));
    assert.is.not((await keys.commit(ann, bytes('date of birth'))).hmac, commitment.hmac);
  });

  check(
    'what was destroyed opens no more: not here, not after a reopen, and a commitment says nothing',
    async (keys, { reopen }) => {
      const sealed = await keys.seal(ann, bytes('secret'));
      const commitment = await keys.commit({ ...ann, purpose: 'consent' }, bytes('yes'));
      const kept = await keys.seal(bob, bytes('kept'));
      const destruction = await keys.destroy({ tenant: 'acme', subject: ann.subject, ...order });
      assert.equal([...destruction.keyIds].sort(), [sealed.keyId, commitment.keyId].sort());
      assert.is(destruction.subjectTag, keys.tagOf(ann));
      for (const again of [async () => keys, reopen]) {
        const port = await again();
        const error = await assertFails(() => port.open(sealed), 'not_found');
        assert.is(error.details['isErased'], true);
        await assertFails(() => port.matches(commitment, bytes('yes')), 'not_found');
        assert.is(text(await port.open(kept)), 'kept');
        assert.equal((await port.destroy({ ...ann, ...order })).keyIds, []);
      }
    },
  );

  check('one purpose is destroyed apart, and the subject gets a new key afterwards', async (keys) => {
    const one = await keys.seal(ann, bytes('one'));
    const two = await keys.seal({ ...ann, purpose: 'consent' }, bytes('two'));
    await keys.destroy({ ...ann, ...order });
    await assertFails(() => keys.open(one), 'not_found');
    assert.is(text(await keys.open(two)), 'two');
    const fresh = await keys.seal(ann, bytes('again'));
    assert.is.not(fresh.keyId, one.keyId);
    await assertFails(() => keys.open({ ...one, keyId: fresh.keyId }), 'verification_failed');
  });

  check(
    'a legal hold wins over erasure until it is released, also after a reopen',
    async (keys, { reopen }) => {
      const sealed = await keys.seal(ann, bytes('evidence'));
      await keys.hold(ann, { holdId: 'case-7', reason: 'court order', by: 'legal' });
      await assertFails(() => keys.hold(ann, { holdId: 'case-7', reason: '', by: '' }), 'already_exists');
      const later = await reopen();
      const refused = await assertFails(() => later.destroy({ ...ann, ...order }), 'permission_denied');
      assert.equal(refused.details['holdIds'], ['case-7']);
      await assertFails(
        () => later.destroy({ tenant: 'acme', subject: ann.subject, ...order }),
        'permission_denied',
      );
      assert.is(text(await later.open(sealed)), 'evidence');
      assert.equal(
        later.holds(ann).map((hold) => hold.by),
        ['legal'],
      );
      await later.destroy({ ...bob, ...order });
      await assertFails(() => later.release(ann, 'case-8'), 'not_found');
      await later.release(ann, 'case-7');
      assert.is((await later.destroy({ ...ann, ...order })).keyIds.length, 1);
    },
  );

  check('a hold that is set while destructions wait counts for those behind it', async (keys) => {
    await keys.seal(ann, bytes('x'));
    await keys.seal({ ...ann, purpose: 'consent' }, bytes('x'));
    const first = keys.destroy({ ...ann, ...order });
    const hold = keys.hold(ann, { holdId: 'h', reason: '', by: 'legal' });
    const second = keys.destroy({ ...ann, purpose: 'consent', ...order });
    assert.is((await first).keyIds.length, 1);
    await hold;
    await assertFails(() => second, 'permission_denied');
  });

  check(
    'a seal beside a destruction ends under a living key or is refused, whatever their order',
    async (keys) => {
      const aead = await openCrypto({ postQuantum: false }).aead('aes-256-gcm');
      const [ticks, outcomes] = [20, new Set<string>()];
      for (let tick = -ticks; tick < ticks; tick += 1) {
        const scope = { ...ann, subject: `ann ${tick}` };
        await keys.seal(scope, bytes('x'));
        const seal = (): Promise<unknown> => keys.seal(scope, bytes('late')).catch((error: unknown) => error);
        const destroy = (): Promise<Destruction> => keys.destroy({ ...scope, ...order });
        // One is called so many turns of the microtask queue after the other.
        const first = tick < 0 ? seal() : destroy();
        for (let left = Math.abs(tick); left > 0; left -= 1) await Promise.resolve();
        const second = tick < 0 ? destroy() : seal();
        const [sealed, destruction] = (tick < 0
          ? [await first, await second]
          : [await second, await first]) as unknown as [SealedBytes | WitanError, Destruction];
        if (sealed instanceof Error) {
          assert.is(sealed.code, 'not_found');
          outcomes.add('refused');
        } else if (destruction.keyIds.includes(sealed.keyId)) {
          await assertFails(() => keys.open(sealed), 'not_found');
          // A key that is overwritten while its user waits must not be used: everybody knows the zeros.
          const zeros = { keyId: sealed.keyId, secret: new Uint8Array(32) };
          await assertFails(() => openUnder(aead, zeros, sealed), 'verification_failed');
          outcomes.add('sealed before');
        } else {
          assert.is(text(await keys.open(sealed)), 'late');
          outcomes.add('sealed after');
        }
      }
      assert.equal([...outcomes].sort(), ['refused', 'sealed after', 'sealed before']);
    },
  );

  check('a renewal keeps what lives and is durable', async (keys, { reopen }) => {
    const kept = await keys.seal(bob, bytes('kept'));
    const gone = await keys.seal(ann, bytes('gone'));
    await keys.hold(bob, { holdId: 'h', reason: '', by: 'legal' });
    const { wrappingKeyId: before } = await keys.destroy({ ...ann, ...order });
    const renewal = await keys.renew();
    assert.equal([renewal.keyCount, renewal.destroyedWrappingKeyIds], [1, [before]]);
    assert.is.not(renewal.wrappingKeyId, before);
    for (const again of [async () => keys, reopen]) {
      const port = await again();
      assert.is(text(await port.open(kept)), 'kept');
      const error = await assertFails(() => port.open(gone), 'not_found');
      assert.is(error.details['isErased'], true);
      assert.is(port.holds(bob).length, 1);
    }
  });

  check(
    'a destruction is certified: signed, checked without the node, and no change passes',
    async (keys) => {
      await keys.seal(ann, bytes('x'));
      const destruction = await keys.destroy({ ...ann, ...order });
      const signer = new MemoryKeys({ clock: new SimClock() });
      const certificate = certifyDeletion(destruction, signer);
      const crypto = { sha256, verifyEd25519 };
      const trusted = [signer.active('node').publicKey];
      assert.ok(verifyDeletionCertificate(certificate, trusted, crypto).ok);
      assert.is(certificate.body.copies, 'pending');
      assert.not.match(canonicalJson(certificate), /ann@example/);
      const changed = { ...certificate, body: { ...certificate.body, keyIds: [] } };
      assert.is(verifyDeletionCertificate(changed, trusted, crypto).mismatch?.check, 'signature');
      const foreign = [new MemoryKeys({ clock: new SimClock() }).active('node').publicKey];
      assert.is(verifyDeletionCertificate(certificate, foreign, crypto).mismatch?.field, 'keyId');
      assert.is(verifyDeletionCertificate({}, trusted, crypto).mismatch?.check, 'form');
      const { destroyedWrappingKeyIds } = await keys.renew();
      assert.equal(destroyedWrappingKeyIds, [destruction.wrappingKeyId]);
      assert.is(certifyDeletion({ ...destruction, wrappingKeyId: null }, signer).body.copies, 'destroyed');
    },
  );
}
