/** A running system of the nact package, seen and stopped through our kernel. */
import * as nact from 'nact';
import { assert, suite } from '../../../test/harness.ts';
import { start } from '../index.ts';
import { adoptNact } from './index.ts';

const test = suite('adopted nact system');

test('its actors are listed, addressed and stopped like our own', async () => {
  const foreign = nact.start();
  const parent = nact.spawnStateless(foreign, () => undefined, 'parent');
  const heard: unknown[] = [];
  nact.spawnStateless(parent, (message) => void heard.push(message), 'child');
  const system = start();
  adoptNact(system, foreign, { name: 'old' });
  const paths = system.inspect().map((one) => one.path);
  assert.ok(paths.includes('/old/parent') && paths.includes('/old/parent/child'), paths.join(' '));
  system.find('/old/parent/child')!.tell('hello');
  await new Promise((done) => setImmediate(() => setImmediate(done)));
  assert.equal(heard, ['hello']);
  await system.stopActor('/old/parent');
  assert.equal(
    system.inspect('/old').map((one) => one.path),
    ['/old'],
  );
  await system.stop();
  assert.throws(() => nact.spawnStateless(foreign, () => undefined));
});

test('what is no nact system is refused', () => {
  const system = start();
  assert.throws(
    () => adoptNact(system, {}),
    (error: { code: string }) => error.code === 'invalid_argument',
  );
  const gone = nact.start();
  nact.stop(gone);
  assert.throws(
    () => adoptNact(system, gone as object),
    (error: { code: string }) => error.code === 'not_found',
  );
});
