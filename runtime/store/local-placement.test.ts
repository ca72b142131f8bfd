import { assert, suite } from '../../test/harness.ts';
import { localPlacement } from './local-placement.ts';

const test = suite('local placement');

test('one node owns every entity for ever', async () => {
  const placement = localPlacement('n1');
  const place = await placement.locate('session', 'd1');
  assert.is(place.node, 'n1');
  assert.ok(place.local && place.fence.isHeld());
  assert.is((await placement.locate('seat', 'x')).fence.generation, place.fence.generation);
  placement.onLost('session', () => assert.unreachable('nothing is ever lost'))();
});
