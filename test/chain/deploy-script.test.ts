/** The deployment script as an operator runs it: keystore file, environment, exit codes. */
import { encryptKeystoreJsonSync } from 'ethers';
import { spawn } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Deployment } from '../../runtime/host/chain/deploy/deploy-contracts.ts';
import { devAccount } from '../../runtime/host/chain/dev-accounts.ts';
import { freePort } from '../nats-server.ts';
import { assert, suite } from '../harness.ts';
import { CHAIN_MISSING, startTestChain, temporaryFolder } from './dev-node.ts';
import { SOURCE_FLAGS } from '../source-flags.ts';

const test = suite('deployment script', { limitMs: 180_000 });
const SCRIPT = join(import.meta.dirname, '../../tools/chain/deploy.ts');
const PASSPHRASE = 'correct horse';

interface Run {
  readonly exitCode: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the script with the roles of accounts 5 to 8. */
function run(folder: string, rpc: string, passphrase?: string): Promise<Run> {
  const roles = ['admin', 'anchorer', 'guardian', 'issuer'].flatMap((role, index) => [
    `--${role}`,
    devAccount(5 + index).address,
  ]);
  const key = join(folder, 'key.json');
  const args = ['--rpc', rpc, '--key', key, '--folder', join(folder, 'book'), ...roles];
  const { WITAN_CHAIN_PASSPHRASE: _, ...env } = process.env;
  const child = spawn(process.execPath, [...SOURCE_FLAGS, SCRIPT, ...args], {
    env: passphrase === undefined ? env : { ...env, WITAN_CHAIN_PASSPHRASE: passphrase },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (text.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (text.err += chunk.toString()));
  return new Promise((resolve) => child.once('close', (exitCode) => resolve({ exitCode, ...text })));
}

function folderWithKey(): string {
  const folder = temporaryFolder();
  const { address, privateKey } = devAccount(0);
  // A cheap derivation: the test is not about the strength of the file.
  const text = encryptKeystoreJsonSync({ address, privateKey }, PASSPHRASE, { scrypt: { N: 1_024 } });
  writeFileSync(join(folder, 'key.json'), text);
  return folder;
}

test('a chain that does not answer is exit code 8, a missing passphrase 2', async () => {
  const folder = folderWithKey();
  const nowhere = `http://127.0.0.1:${await freePort()}`;
  const dead = await run(folder, nowhere, PASSPHRASE);
  assert.is(dead.exitCode, 8, dead.err);
  assert.match(dead.err, '"unavailable"');
  const silent = await run(folder, nowhere);
  assert.is(silent.exitCode, 2, silent.err);
  assert.match(silent.err, 'WITAN_CHAIN_PASSPHRASE');
});

if (CHAIN_MISSING) test.skip('on a dev chain', CHAIN_MISSING);
else {
  test('it deploys once, says what waits, and a second run sends nothing', async () => {
    const node = await startTestChain();
    const folder = folderWithKey();
    const first = await run(folder, node.chain.url, PASSPHRASE);
    assert.is(first.exitCode, 0, first.err);
    const deployment = JSON.parse(first.out) as Deployment;
    assert.is(deployment.sentCount, 6 + 7 + 4);
    assert.is(deployment.pendingAdmin.length, 4);
    assert.is(readdirSync(join(folder, 'book')).length, 1);
    const second = JSON.parse((await run(folder, node.chain.url, PASSPHRASE)).out) as Deployment;
    assert.equal([second.sentCount, second.addresses], [0, deployment.addresses]);
    const wrong = await run(folder, node.chain.url, 'wrong');
    assert.is(wrong.exitCode, 4, wrong.err);
    assert.not.match(wrong.err, devAccount(0).privateKey.slice(2));
    await node.end();
  });
}
