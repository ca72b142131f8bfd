import { Contract, keccak256, toUtf8Bytes, ZeroHash } from 'ethers';
import type { InterfaceAbi } from 'ethers';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONTRACTS } from '../../contracts/chain/abi/index.ts';
import type { ContractName } from '../../contracts/chain/abi/index.ts';
import { NETWORKS } from '../../contracts/chain/addresses.ts';
import { WitanError } from '../../contracts/errors.ts';
import { deployContracts } from '../../runtime/host/chain/deploy/deploy-contracts.ts';
import type { Deployment, DeployOptions } from '../../runtime/host/chain/deploy/deploy-contracts.ts';
import { devAccount, devRoles } from '../../runtime/host/chain/dev-accounts.ts';
import { assert, suite } from '../harness.ts';
import { CHAIN_MISSING, startTestChain, temporaryFolder } from './dev-node.ts';
import type { TestChain } from './dev-node.ts';

const test = suite('deployment', { limitMs: 30_000 });
const LIMITS = { adminDelayS: 60, timelockDelayS: 60, minIntervalS: 0 };

if (CHAIN_MISSING) test.skip('contracts on a dev chain', CHAIN_MISSING);
else {
  let node: TestChain;
  test.before(async () => {
    node = await startTestChain();
  });
  test.after(() => node.end());

  const books = temporaryFolder();
  const deploy = (more: Partial<DeployOptions> = {}): Promise<Deployment> =>
    deployContracts({
      provider: node.provider,
      deployer: devAccount(0),
      roles: devRoles(),
      limits: LIMITS,
      folder: books,
      ...more,
    });
  const at = (deployment: Deployment, name: ContractName, account: number): Contract =>
    new Contract(
      deployment.addresses[name],
      CONTRACTS[name].abi as InterfaceAbi,
      devAccount(account).connect(node.provider),
    );

  test('all contracts stand at the addresses that the package names', async () => {
    const deployment = await deploy();
    assert.equal(deployment.addresses, NETWORKS[31_337]!.contracts);
    assert.is(deployment.sentCount, 6 + 7);
    assert.equal(deployment.pendingAdmin, []);
  });

  test('a second run sends nothing', async () => {
    assert.is((await deploy()).sentCount, 0);
  });

  test('a block that comes between two questions of the client makes nobody wait for another', async () => {
    const own = await startTestChain();
    // The client believes that it stands before the block, as under load it may.
    own.provider.getBlockNumber = async () => 0;
    const deployment = await deploy({ provider: own.provider, folder: temporaryFolder(), includedMs: 5_000 });
    assert.is(deployment.sentCount, 13);
    await own.end();
  });

  test('roles are wired: the hot key anchors, a stranger does not', async () => {
    const deployment = await deploy();
    const root = keccak256(toUtf8Bytes('root'));
    const log = await at(deployment, 'AuditAnchor', 1).getFunction('logIdOf')('witan.test/log');
    const mine = at(deployment, 'AuditAnchor', 1).getFunction('anchor');
    await (await mine(log, ZeroHash, root, 5n)).wait();
    const head = await at(deployment, 'AuditAnchor', 1).getFunction('headOf')(log);
    assert.equal([head.root, head.size], [root, 5n]);
    const theirs = at(deployment, 'AuditAnchor', 5).getFunction('anchor');
    assert.is(await refusal(theirs.staticCall(log, root, ZeroHash, 9n)), 'AccessControlUnauthorizedAccount');
  });

  test('an address book that is lost costs new contracts, never wrong ones', async () => {
    const deployment = await deploy({ folder: temporaryFolder() });
    assert.is(deployment.sentCount, 13);
    assert.is.not(deployment.addresses.AuditAnchor, NETWORKS[31_337]!.contracts.AuditAnchor);
  });

  test('a crash between book and network is gone on from: the same bytes are sent', async () => {
    const folder = temporaryFolder();
    const { provider } = node;
    const broadcast = provider.broadcastTransaction.bind(provider);
    let left = 3;
    provider.broadcastTransaction = (raw) => {
      left -= 1;
      return left >= 0 ? broadcast(raw) : Promise.reject(new WitanError('unavailable', 'cable cut'));
    };
    const cut = deploy({ folder });
    assert.is(await codeOf(cut), 'unavailable');
    const [file] = readdirSync(folder);
    const book = JSON.parse(readFileSync(join(folder, file!), 'utf8'));
    const planned = book.contracts.VerificationContract;
    assert.ok(planned.rawTransaction, 'the cut transaction is in the book');
    provider.broadcastTransaction = broadcast;
    const deployment = await deploy({ folder });
    assert.is(deployment.addresses.VerificationContract, planned.address);
    assert.is(deployment.sentCount, 13 - 3);
  });

  test('other code at an address of the book is a conflict', async () => {
    const folder = temporaryFolder();
    await deploy({ folder });
    const file = join(folder, readdirSync(folder)[0]!);
    const book = JSON.parse(readFileSync(file, 'utf8'));
    book.contracts.AuditAnchor.codeHash = ZeroHash;
    writeFileSync(file, JSON.stringify(book));
    assert.is(await codeOf(deploy({ folder })), 'conflict');
    writeFileSync(file, '{"version":1');
    assert.is(await codeOf(deploy({ folder })), 'storage_failed');
  });

  test('a deployer that is not admin may give no role', async () => {
    const roles = { ...devRoles(), issuer: devAccount(7).address };
    const error = await deploy({ roles, deployer: devAccount(6) }).catch((thrown: unknown) => thrown);
    assert.is((error as WitanError).code, 'permission_denied');
    assert.match((error as WitanError).message, 'VerificationContract');
  });

  test('the admin role goes to a wallet in two steps, and the deployer keeps nothing', async () => {
    const folder = temporaryFolder();
    const roles = { ...devRoles(), admin: devAccount(8).address };
    const deployment = await deploy({ folder, roles });
    const administered = ['AuditAnchor', 'ContentRegistry', 'VerificationContract', 'ProvenanceContract'];
    assert.equal(deployment.pendingAdmin, administered);
    assert.is((await deploy({ folder, roles })).sentCount, 0);
    const accept = at(deployment, 'AuditAnchor', 8).getFunction('acceptDefaultAdminTransfer');
    assert.is(await refusal(accept.staticCall()), 'AccessControlEnforcedDefaultAdminDelay');
    await node.provider.send('evm_increaseTime', [61]);
    await node.provider.send('evm_mine', []);
    for (const name of deployment.pendingAdmin) {
      const target = at(deployment, name, 8);
      await (await target.getFunction('acceptDefaultAdminTransfer')()).wait();
    }
    const after = await deploy({ folder, roles });
    assert.equal([after.sentCount, after.pendingAdmin], [0, []]);
    const grant = at(deployment, 'AuditAnchor', 0).getFunction('grantRole');
    const role = keccak256(toUtf8Bytes('ANCHOR_ROLE'));
    const grab = refusal(grant.staticCall(role, devAccount(0).address));
    assert.is(await grab, 'AccessControlUnauthorizedAccount');
  });

  test('the admin cannot give itself what the timelock may', async () => {
    const deployment = await deploy();
    const grant = at(deployment, 'AuditAnchor', 0).getFunction('grantRole');
    const role = keccak256(toUtf8Bytes('TIMELOCK_ROLE'));
    const grab = refusal(grant.staticCall(role, devAccount(0).address));
    assert.is(await grab, 'AccessControlUnauthorizedAccount');
  });
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'none',
    (error: unknown) => (error instanceof WitanError ? error.code : String(error)),
  );
}

/** Name of the contract's error. */
async function refusal(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'none',
    (error: { revert?: { name: string } }) => error.revert?.name ?? String(error),
  );
}
