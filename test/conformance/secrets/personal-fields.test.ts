import fc from 'fast-check';
import { SealedFields } from '../../../contracts/messages/privacy/sealed.ts';
import { openPersonal, sealPersonal } from '../../../runtime/kernel/crypto/personal-fields.ts';
import { SimClock } from '../../../runtime/kernel/sim/sim-clock.ts';
import { MemorySubjectKeyStore } from '../../../runtime/store/crypto/subjects/memory-subject-key-store.ts';
import { MemoryKms } from '../../../runtime/store/keys/kms/memory-kms.ts';
import { assert, suite } from '../../harness.ts';
import { subjectVaultFixture } from './subject-vault-fixture.ts';

const test = suite('personal fields of an entry', { limitMs: 30_000 });
const scope = { tenant: 'acme', subject: 'person-1', purpose: 'audit' };

async function vault() {
  const clock = new SimClock();
  const kms = new MemoryKms(clock);
  const store = new MemorySubjectKeyStore();
  return subjectVaultFixture(clock, { store: () => store, kms: async () => kms, end: () => undefined });
}

test('what was sealed comes back, whatever the order of fields and the script', async () => {
  const { port, end } = await vault();
  const json = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown);
  const fields = fc.dictionary(fc.string({ unit: 'grapheme' }), json, { maxKeys: 6 });
  await fc.assert(
    fc.asyncProperty(fields, async (value) => {
      const given = Object.fromEntries(Object.entries(value).reverse());
      const sealed = SealedFields.parse(await sealPersonal(port, given, scope));
      const opened = await openPersonal(port, sealed);
      assert.is(opened.state, 'open');
      if (opened.state === 'open') assert.equal(opened.fields, JSON.parse(JSON.stringify(value)));
    }),
    { numRuns: 100 },
  );
  await end();
});

test('the same fields of one person give another commitment each time, and nothing of the text', async () => {
  const { port, end } = await vault();
  const first = await sealPersonal(port, { email: 'ada@example.org' }, scope);
  const second = await sealPersonal(port, { email: 'ada@example.org' }, scope);
  assert.is.not(first.commitment.hmac, second.commitment.hmac);
  assert.not.match(JSON.stringify([first, second]), 'ada');
  await end();
});

test('fields of a destroyed key are erased; fields that were exchanged are found out', async () => {
  const { port, end } = await vault();
  const one = await sealPersonal(port, { name: 'Ada' }, scope);
  const other = await sealPersonal(port, { name: 'Bob' }, scope);
  const mixed = { ...one, sealed: other.sealed };
  const fault = await openPersonal(port, mixed).catch((error: unknown) => error);
  assert.is((fault as { code: string }).code, 'verification_failed');
  await port.destroy({ ...scope, reason: 'asked for', approvedBy: 'dpo' });
  assert.equal(await openPersonal(port, one), { state: 'erased' });
  await end();
});
