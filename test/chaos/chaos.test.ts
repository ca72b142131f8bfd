/** A short run of `npm run chaos:ledger`: some faults of every kind. */
import { assert, suite } from '../harness.ts';
import { CHAOS_SECTIONS } from './sections.ts';

const test = suite('chaos of the ledger', { limitMs: 120_000 });

for (const [name, section] of Object.entries(CHAOS_SECTIONS)) {
  test(`${name}: whatever happens, nothing acknowledged is lost or done twice`, async () => {
    let count = 0;
    for await (const { fault, held, detail } of section({ isShort: true })) {
      assert.ok(held, `${fault}: ${detail}`);
      count += 1;
    }
    assert.ok(count > 0);
  });
}
