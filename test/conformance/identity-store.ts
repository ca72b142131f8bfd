/** What every store of API keys must do. */
import type { ApiKeyRecord, IdentityStorePort } from '../../runtime/kernel/ports/admission/identity-store.ts';
import { assert, suite } from '../harness.ts';
import { assertFails, withPort } from './fixture.ts';
import type { MakePort } from './fixture.ts';

/** A key that a test stores; `at` tells keys apart. */
export function keyRecord(at: number, fields: Partial<ApiKeyRecord> = {}): ApiKeyRecord {
  return {
    id: at.toString(32).padStart(16, '0'),
    tenant: 'acme',
    label: 'tests',
    digest: at.toString(16).padStart(64, '0'),
    roles: ['reader'],
    scopes: ['decision:submit'],
    createdAtWallMs: 1_000 + at,
    createdBy: 'local',
    expiresAtWallMs: 9_000,
    revokedAtWallMs: null,
    successorOf: null,
    lastUsedDay: null,
    ...fields,
  };
}

/** Declares the suite for one implementation. */
export function identityStoreConformance(name: string, makePort: MakePort<IdentityStorePort>): void {
  const test = suite(`identity store conformance: ${name}`, { limitMs: 30_000 });
  const check = (title: string, body: (store: IdentityStorePort) => Promise<void>): void =>
    test(title, () => withPort(makePort, body));

  check('keys come back as they were stored, oldest first', async (store) => {
    assert.equal(await store.keys(), []);
    const first = keyRecord(1);
    const second = keyRecord(2, {
      tenant: 'other',
      label: 'Schlüssel "2" \\ ?',
      roles: [],
      scopes: [],
      expiresAtWallMs: null,
      successorOf: first.id,
      lastUsedDay: 20_000,
    });
    await store.add(first);
    await store.add(second);
    assert.equal(await store.keys(), [first, second]);
  });

  check('an id or a digest stands for one key', async (store) => {
    await store.add(keyRecord(1));
    await assertFails(() => store.add(keyRecord(1)), 'already_exists');
    await assertFails(() => store.add(keyRecord(2, { digest: keyRecord(1).digest })), 'already_exists');
    await assertFails(() => store.add(keyRecord(3, { id: keyRecord(1).id })), 'already_exists');
    assert.equal(await store.keys(), [keyRecord(1)]);
  });

  check('a change gives the key as it is afterwards', async (store) => {
    await store.add(keyRecord(1));
    const changed = await store.change(keyRecord(1).id, { expiresAtWallMs: 5_000, lastUsedDay: 3 });
    assert.equal(changed, keyRecord(1, { expiresAtWallMs: 5_000, lastUsedDay: 3 }));
    assert.equal(await store.keys(), [changed]);
    await assertFails(() => store.change(keyRecord(2).id, {}), 'not_found');
  });

  check('what ended never begins again, and a day of use never goes back', async (store) => {
    await store.add(keyRecord(1));
    const { id } = keyRecord(1);
    await store.change(id, { expiresAtWallMs: 5_000, revokedAtWallMs: 4_000, lastUsedDay: 7 });
    const changed = await store.change(id, {
      expiresAtWallMs: 8_000,
      revokedAtWallMs: 6_000,
      lastUsedDay: 5,
    });
    assert.equal(changed, keyRecord(1, { expiresAtWallMs: 5_000, revokedAtWallMs: 4_000, lastUsedDay: 7 }));
  });

  check('changes made at once all count', async (store) => {
    await store.add(keyRecord(1));
    const { id } = keyRecord(1);
    await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        store.change(id, { expiresAtWallMs: 8_000 - at, lastUsedDay: at }),
      ),
    );
    assert.equal(await store.keys(), [keyRecord(1, { expiresAtWallMs: 7_981, lastUsedDay: 19 })]);
  });

  check('credits add up for a tenant and a period', async (store) => {
    assert.is(await store.addCredits('acme', 5, 0), 0);
    const sums = await Promise.all(Array.from({ length: 10 }, () => store.addCredits('acme', 5, 3)));
    assert.equal(
      sums.sort((left, right) => left - right),
      Array.from({ length: 10 }, (_, at) => (at + 1) * 3),
    );
    assert.is(await store.addCredits('other', 5, 1), 1);
    assert.is(await store.addCredits('acme', 5, 0), 30);
    assert.is(await store.addCredits('acme', 6, 2), 2);
  });

  check('closing twice is harmless, and nothing is taken afterwards', async (store) => {
    await store.close();
    await store.close();
    await assertFails(() => store.add(keyRecord(1)), 'unavailable');
  });
}
