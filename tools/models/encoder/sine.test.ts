/** Our sine and cosine beside those of the engine. */
import { assert, suite } from '../../../test/harness.ts';
import { cosine, sine } from './sine.ts';

const test = suite('sine and cosine');

test('equal to the engine to 1e-12 over the angles of 128 places', () => {
  for (let angle = -128; angle <= 128; angle += 0.0137) {
    assert.ok(Math.abs(sine(angle) - Math.sin(angle)) < 1e-12, `sine of ${angle}`);
    assert.ok(Math.abs(cosine(angle) - Math.cos(angle)) < 1e-12, `cosine of ${angle}`);
  }
});
