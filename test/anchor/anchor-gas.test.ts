/** The price of an anchor: what the anchor's own transactions cost, with a gate of 5 %. */
import { CHAIN_MISSING } from '../chain/dev-node.ts';
import { gasFindings } from '../../tools/chain/gas.ts';
import { assert, suite } from '../harness.ts';
import { GAS_BATCHES, measureAnchorGas, readAnchorGas } from './anchor-gas.ts';

const test = suite('gas of an anchor', { limitMs: 180_000 });

if (CHAIN_MISSING) test.skip('gas by batch', CHAIN_MISSING);
else {
  test('no batch costs over 5 % more than anchor-gas.json says; a batch of 10,000 is under 6 gas an event', async () => {
    const measured = await measureAnchorGas();
    assert.equal(gasFindings(readAnchorGas(), measured), []);
    assert.is(Object.keys(measured).length, GAS_BATCHES.length);
    assert.ok(measured['batch of 10000']! / 10_000 < 6);
  });
}
