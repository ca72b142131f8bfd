import fc from 'fast-check';
import { digestOf as digestWith } from '../../../contracts/ledger/signing.ts';
import { assert, suite } from '../../../test/harness.ts';
import { digestOf, sha256 } from './digest.ts';

const test = suite('digests on nodes', { limitMs: 20_000 });

test('any JSON value has the digest that the contract gives it', () => {
  const json = fc.jsonValue({ noUnicodeString: false });
  fc.assert(
    fc.property(json, (value) => {
      assert.is(digestOf(value), digestWith(value, sha256));
    }),
  );
});
