import { once } from 'node:events';
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { WitanError } from '../../contracts/errors.ts';
import { devAccount } from '../../runtime/host/chain/dev-accounts.ts';
import { DevChainState } from '../../runtime/host/chain/dev-chain-state.ts';
import { devChainChild } from '../../runtime/host/chain/dev-chain-actor.ts';
import type { DevChainMessage, DevChainReply } from '../../runtime/host/chain/dev-chain-actor.ts';
import { CHAIN_FOLDER, chainToolPath, installChainTools } from '../../runtime/host/chain/chain-tools.ts';
import { query, start } from '../../runtime/kernel/index.ts';
import type { ActorRef } from '../../runtime/kernel/index.ts';
import { spawnSupervisor } from '../../supervisors/supervisor.ts';
import { assert, suite } from '../harness.ts';
import { CHAIN_MISSING, clientOf, startTestChain, temporaryFolder } from './dev-node.ts';

const test = suite('dev chain', { limitMs: 180_000 });

if (CHAIN_MISSING) test.skip('anvil as a child', CHAIN_MISSING);
else {
  test('its state outlives a stop: balance and height are there again', async () => {
    const first = await startTestChain();
    await pay(first.provider, 3n);
    await first.end();
    const again = await startTestChain({ folder: first.folder });
    assert.is(await again.provider.getBalance(STRANGER), 3n);
    assert.is(await again.provider.getBlockNumber(), 1);
    await again.end();
  });

  test('a torn state gives way to its backup, and is kept under another name', async () => {
    const first = await startTestChain();
    await pay(first.provider, 5n);
    await first.end();
    const second = await startTestChain({ folder: first.folder });
    await second.end();
    const state = join(first.folder, 'state.json');
    truncateSync(state, Math.floor(readFileSync(state).length / 2));
    const third = await startTestChain({ folder: first.folder });
    assert.is(await third.provider.getBalance(STRANGER), 5n);
    assert.match(third.warnings.join(), 'damaged');
    assert.ok(existsSync(`${state}.damaged-1`));
    await third.end();
  });

  test('a torn state without a backup is an error, never an empty chain', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'state.json'), '{"block":');
    const error = await startTestChain({ folder }).catch((thrown: unknown) => thrown);
    assert.is((error as WitanError).code, 'storage_failed');
    assert.match(JSON.stringify((error as WitanError).details), 'state.json.damaged-1');
  });

  test('a process that a killed node left over is ended by its id, and no other', async () => {
    const folder = temporaryFolder();
    const first = await startTestChain({ folder });
    const ended = first.chain.ended;
    const second = await startTestChain({ folder });
    assert.is((await ended).signal, 'SIGKILL');
    assert.match(second.warnings.join(), 'left over');
    await second.end();
    first.provider.destroy();

    const stranger = spawn('sleep', ['60']);
    writeFileSync(join(folder, 'anvil.pid'), `${stranger.pid}\n`);
    const third = await startTestChain({ folder });
    assert.is(stranger.exitCode, null);
    assert.is(stranger.signalCode, null);
    await third.end();
    stranger.kill('SIGKILL');
    await once(stranger, 'exit');
  });

  test('a process that ends is started again by its supervisor, on the same port and state', async () => {
    const system = start();
    const restarted = systemEvent();
    spawnSupervisor(system.root, 'platform', {
      children: [devChainChild({ folder: temporaryFolder(), stateIntervalS: 1 })],
    });
    const ref = system.find('/platform/dev-chain') as ActorRef<DevChainMessage>;
    const where = (): Promise<DevChainReply> =>
      query(ref, (replyTo: ActorRef<DevChainReply>): DevChainMessage => ({ type: 'where', replyTo }), {
        timeoutMs: 20_000,
      });
    const before = await where();
    process.kill(before.pid, 'SIGKILL');
    let after = before;
    while (after.pid === before.pid) {
      after = await where().catch(() => before);
      await restarted.turn();
    }
    assert.is(after.url, before.url);
    const provider = clientOf(after.url);
    assert.is((await provider.getNetwork()).chainId, 31_337n);
    provider.destroy();
    await system.stop();
    assert.not.ok(existsSync(`/proc/${after.pid}`), 'the process ends with its actor');
  });

  test('a stop that comes while the chain is starting ends it as well', async () => {
    const folder = temporaryFolder();
    const system = start();
    spawnSupervisor(system.root, 'platform', { children: [devChainChild({ folder })] });
    await system.stop();
    assert.equal(processesOn(join(folder, 'state.json')), []);
    // It had come up in between, and has written its state on the way out.
    assert.ok(existsSync(join(folder, 'state.json')));
    assert.not.ok(existsSync(join(folder, 'anvil.pid')));
  });

  test('without the binary it is a typed error', async () => {
    const error = await startTestChain({ binary: '/nowhere/anvil' }).catch((thrown: unknown) => thrown);
    assert.is((error as WitanError).code, 'unavailable');
    assert.match(JSON.stringify((error as WitanError).details), 'ENOENT');
  });
}

test('the backup is renewed only from a file at rest', async () => {
  const folder = temporaryFolder();
  const state = new DevChainState(folder);
  assert.not.ok(await state.keep(0, 0));
  writeFileSync(state.file, 'one');
  const later = Date.now() + 60_000;
  assert.not.ok(await state.keep(Date.now() - 60_000, 1_000), 'too fresh');
  assert.ok(await state.keep(later, 1_000));
  assert.not.ok(await state.keep(later, 1_000), 'nothing new');
  assert.is(readFileSync(state.backup, 'utf8'), 'one');
  writeFileSync(state.file, '');
  assert.not.ok(await state.keep(later, 1_000), 'an empty file is no state');
  assert.is(readFileSync(state.backup, 'utf8'), 'one');
  assert.equal(readdirSync(folder).sort(), ['state.json', 'state.json.bak']);
});

test('an install without registry is a typed error that carries npm’s words', async () => {
  const folder = temporaryFolder();
  const asked: string[] = [];
  const registry = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(503).end();
  });
  registry.listen(0, '127.0.0.1');
  await once(registry, 'listening');
  const { port } = registry.address() as AddressInfo;
  for (const name of ['package.json', 'package-lock.json'])
    writeFileSync(join(folder, name), readFileSync(join(CHAIN_FOLDER, name)));
  const rc = `registry=http://127.0.0.1:${port}/\nfetch-retries=0\ncache=${join(folder, 'cache')}\n`;
  writeFileSync(join(folder, '.npmrc'), rc);
  // Whoever runs this may run it under npm, whose variables would win over the file.
  for (const name of Object.keys(process.env)) if (/^npm_config_/i.test(name)) delete process.env[name];
  const told: string[] = [];
  const tell = (line: string): void => void told.push(line);
  const error = await installChainTools({ folder, tell }).catch((thrown: unknown) => thrown);
  registry.close();
  assert.is((error as WitanError).code, 'unavailable');
  assert.match(String((error as WitanError).details['output']), '503', JSON.stringify(error));
  assert.ok(asked.length > 0);
  assert.is(told.length, 1);
});

test('an install without its lock file names it', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'empty'));
  const error = await installChainTools({ folder }).catch((thrown: unknown) => thrown);
  assert.is((error as WitanError).code, 'data_missing');
  assert.is(chainToolPath('anvil', folder), undefined);
  rmSync(join(folder, 'empty'), { recursive: true });
});

/** Ids of the processes whose command line names a file. */
function processesOn(file: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(file);
    } catch {
      // No process, or one that has just ended.
      return false;
    }
  });
}

const STRANGER = '0x00000000000000000000000000000000000000aa';

async function pay(provider: ReturnType<typeof clientOf>, value: bigint): Promise<void> {
  const sent = await devAccount(0).connect(provider).sendTransaction({ to: STRANGER, value });
  await sent.wait();
}

/** One turn of the event loop: between two questions the chain may come up. */
function systemEvent(): { turn(): Promise<void> } {
  return { turn: () => new Promise((done) => setImmediate(done)) };
}
