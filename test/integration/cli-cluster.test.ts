/** `witan cluster nats-config`, run as the program. */
import { mkdtempSync, readFileSync, rmSync, statSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert, suite } from '../harness.ts';
import { runWitan } from './witan-process.ts';

const test = suite('witan cluster nats-config', { limitMs: 60_000 });
const LIST = 'node-1:gateway+control,node-2:worker';

test('secrets are for their owner alone, are kept, and are made anew where one was removed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'witan-nats-config-'));
  try {
    const out = join(folder, 'out');
    const run = () => runWitan(['cluster', 'nats-config', '--nodes', LIST, '--out', out, '--json'], folder);
    const first = await run();
    assert.is(first.code, 0, first.faults);
    const seed = join(out, 'nodes', 'node-2.nk');
    assert.is(statSync(seed).mode & 0o777, 0o600);
    assert.is(statSync(join(out, 'nodes')).mode & 0o777, 0o700);
    const { files, nodes } = JSON.parse(first.out) as {
      files: { path: string; isSecret: boolean }[];
      nodes: { name: string; isNew: boolean }[];
    };
    assert.equal(
      files.filter(({ isSecret }) => isSecret).map(({ path }) => path),
      ['nodes/node-1.nk', 'nodes/node-2.nk'],
    );
    assert.ok(nodes.every(({ isNew }) => isNew));
    assert.not.match(first.out, /\bSU[A-Z2-7]{56}\b/);
    const [config, secret] = [readFileSync(join(out, 'nats-1.conf'), 'utf8'), readFileSync(seed, 'utf8')];
    await run();
    assert.is(readFileSync(join(out, 'nats-1.conf'), 'utf8'), config);
    unlinkSync(seed);
    await run();
    assert.is.not(readFileSync(seed, 'utf8'), secret);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a role that does not exist, and a file that is not there, are faults of usage', async () => {
  for (const nodes of ['node-1:king', 'missing.json']) {
    const { code, faults } = await runWitan(['cluster', 'nats-config', '--nodes', nodes], tmpdir());
    assert.is(code, 2);
    assert.match(faults, /plan/);
  }
});
