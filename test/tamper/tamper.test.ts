import { assert, suite } from '../harness.ts';
import { ATTACKS } from './attacks.ts';
import { RECORDED, verified, writtenLog } from './forged-logs.ts';

const test = suite('tampering', { limitMs: 30_000 });

test('the log that was written verifies: what is noticed below is the tampering', async () => {
  const { ok, mismatch } = await verified((await writtenLog(RECORDED)).disk);
  assert.ok(ok, JSON.stringify(mismatch));
});

for (const { name, has, run } of ATTACKS) {
  test(`${name}, with ${has}: noticed`, async () => {
    const { by, words } = await run();
    assert.is(by, has === 'files' ? 'verifier' : 'witness', words);
  });
}
