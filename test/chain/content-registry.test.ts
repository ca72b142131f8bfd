/** Content on a real chain: commit and reveal, lineage, certificates; copied hashes, restarts, a chain that is away. */
import { Contract, encryptKeystoreJson } from 'ethers';
import type { InterfaceAbi } from 'ethers';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONTRACTS } from '../../contracts/chain/abi/index.ts';
import type { ContractName } from '../../contracts/chain/abi/index.ts';
import { NETWORKS } from '../../contracts/chain/addresses.ts';
import type { ContentReceipt } from '../../contracts/messages/content/registration.ts';
import type { ContentVerification } from '../../contracts/messages/content/verification.ts';
import { createHost } from '../../index.ts';
import type { Host } from '../../index.ts';
import { deployToDevChain } from '../../runtime/host/chain/deploy/deploy-to-dev-chain.ts';
import { devAccount } from '../../runtime/host/chain/dev-accounts.ts';
import { assert, suite } from '../harness.ts';
import { CHAIN_MISSING, clientOf, startTestChain, temporaryFolder } from './dev-node.ts';
import type { TestChain } from './dev-node.ts';

const test = suite('content on a chain', { limitMs: 180_000 });
const METADATA = { modelId: 'writer-1', createdAt: '2026-01-02T03:04:05.000Z', parameters: { seed: 5 } };
const ACCOUNT = 3;
const STRANGER = 6;
const digestOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;
const hexOf = (text: string): string => `0x${digestOf(text).slice(7)}`;

if (CHAIN_MISSING) test.skip('content on a dev chain', CHAIN_MISSING);
else {
  let chain: TestChain;
  let dataDir: string;
  let host: Host;

  test.before(async () => {
    chain = await startTestChain();
    await deployToDevChain(chain.chain.url, chain.folder);
    dataDir = join(temporaryFolder(), 'node');
    mkdirSync(dataDir);
    const { address, privateKey } = devAccount(ACCOUNT);
    const keystore = await encryptKeystoreJson({ address, privateKey }, 'pass', { scrypt: { N: 1_024 } });
    writeFileSync(join(dataDir, 'account.json'), keystore);
    writeFileSync(join(dataDir, 'passphrase'), 'pass\n');
    host = await startNode();
  });
  test.after(async () => {
    await host.stop({ graceMs: 500 });
    await chain.end();
  });

  const startNode = async (): Promise<Host> => {
    const content = {
      rpcUrl: chain.chain.url,
      chainId: 31_337,
      addressBook: join(chain.folder, 'addresses'),
      keyFile: join(dataDir, 'account.json'),
      keyPassphraseFile: join(dataDir, 'passphrase'),
      confirmationCount: 1,
      pollMs: 20,
    };
    const settings = { http: { port: 0 }, grpc: { enabled: false }, content };
    const made = await createHost({ dataDir, settings });
    await made.start();
    return made;
  };
  const call = async <T>(path: string, body: unknown): Promise<{ status: number; body: T }> => {
    const answer = await fetch(`${host.address!.url}/api/v1/content/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: answer.status, body: (await answer.json()) as T };
  };
  const register = async (text: string, more: object = {}): Promise<ContentReceipt> =>
    (await call<ContentReceipt>('register', { text, metadata: METADATA, ...more })).body;
  const verify = async (text: string): Promise<ContentVerification> =>
    (await call<ContentVerification>('verify', { text })).body;
  const at = (name: ContractName, account: number): Contract =>
    new Contract(
      NETWORKS[31_337]!.contracts[name],
      CONTRACTS[name].abi as InterfaceAbi,
      devAccount(account).connect(chain.provider),
    );
  const nonce = (): Promise<number> =>
    chain.provider.getTransactionCount(devAccount(ACCOUNT).address, 'latest');
  const later = async (): Promise<void> => {
    await chain.provider.send('evm_increaseTime', [13]);
    await chain.provider.send('evm_mine', []);
  };
  /** Asks until it holds; each question is a round trip, and the test has a limit. */
  const until = async (
    text: string,
    holds: (seen: ContentVerification) => boolean,
  ): Promise<ContentVerification> => {
    for (;;) {
      const seen = await verify(text);
      if (holds(seen)) return seen;
    }
  };
  const committed = (seen: ContentVerification): boolean => seen.chain.registration?.state === 'committed';
  const ended = (seen: ContentVerification): boolean =>
    ['registered', 'refused', 'failed'].includes(seen.chain.registration?.state ?? '');

  test('a registration is committed to, revealed, recorded with its lineage, and certified', async () => {
    const first = await register('first of its line');
    assert.is(first.chain.state, 'queued');
    const receipt = await register('made from the first', {
      parents: [digestOf('first of its line')],
      certify: true,
      metadata: { ...METADATA, modelVersion: '2', modelDigest: digestOf('weights') },
    });
    await until('made from the first', committed);
    await until('first of its line', committed);
    await later();
    const seen = await until('made from the first', (one) => one.chain.record?.isVerified === true);
    const registration = (await until('made from the first', ended)).chain.registration!;
    assert.equal([registration.state, registration.lineage], ['registered', 'recorded']);
    assert.equal(
      registration.transactions!.map(({ step, state }) => [step, state]),
      ['commit', 'reveal', 'model', 'lineage'].map((step) => [step, 'confirmed']),
    );
    assert.equal(seen.chain.record!.metadata, receipt.record.metadataCid);
    assert.is(seen.chain.record!.creator, devAccount(ACCOUNT).address);
    const certified = await until(
      'made from the first',
      (one) => one.certificates[0]?.chainCertificateId !== null,
    );
    assert.equal([certified.status, certified.disagreements], ['verified', []]);
    const id = hexOf('made from the first');
    const lineage = await at('ProvenanceContract', STRANGER).getFunction('lineageOf')(id);
    assert.equal([lineage.generation, [...lineage.parents]], [2n, [hexOf('first of its line')]]);
    const { tokenId } = seen.chain.record!;
    const owner = await at('ContentRegistry', STRANGER).getFunction('ownerOf')(tokenId);
    assert.is(owner, devAccount(ACCOUNT).address);

    const { id: certificateId } = receipt.certificate!.body;
    await call(`${receipt.record.contentHash}/certificates/${certificateId}/revoke`, { reason: 'withdrawn' });
    const after = await until('made from the first', (one) => one.chain.record?.isVerified === false);
    assert.is(after.isVerified, false);
  });

  test('a stranger who copies what is revealed is refused by the contract; one who was first keeps the token', async () => {
    await register('worth copying');
    await until('worth copying', committed);
    const copy = at('ContentRegistry', STRANGER).getFunction('registerContent');
    const refusal = await copy
      .staticCall(hexOf('worth copying'), 'thief', '')
      .catch((error: unknown) => error);
    assert.is((refusal as { revert?: { name: string } }).revert?.name, 'NotCommitted');

    // The stranger committed before us, to content of their own, and reveals between our two steps.
    const theirs = at('ContentRegistry', STRANGER);
    const { address } = devAccount(STRANGER);
    const [hash, salt] = [hexOf('known to both'), `0x${'0'.repeat(64)}`];
    const commitment = await theirs.getFunction('commitmentOf')(address, hash, 'thief', '', salt);
    await (await theirs.getFunction('commit')(address, commitment)).wait();
    await register('known to both');
    await until('known to both', committed);
    // One second short of our own turn: theirs is due, ours is not.
    await chain.provider.send('evm_increaseTime', [8]);
    let taken = false;
    while (!taken) {
      taken = await theirs
        .getFunction('registerContent')(hash, 'thief', '')
        .then(
          () => true,
          () => false,
        );
      if (!taken) await chain.provider.send('evm_increaseTime', [1]);
    }
    await later();
    const seen = await until('known to both', ended);
    assert.equal([seen.chain.registration!.state, seen.status], ['refused', 'disputed']);
    assert.match(seen.disagreements[0]!, address);
    assert.match(seen.chain.registration!.detail, 'Content already registered');

    const known = await until('worth copying', ended);
    assert.is(known.chain.registration!.state, 'registered');
  });

  test('content that is on the chain already is refused at once, with who registered it', async () => {
    const theirs = at('ContentRegistry', STRANGER);
    const { address } = devAccount(STRANGER);
    const salt = `0x${'0'.repeat(64)}`;
    const hash = hexOf('theirs alone');
    await (
      await theirs.getFunction('commit')(
        address,
        await theirs.getFunction('commitmentOf')(address, hash, 'm', '', salt),
      )
    ).wait();
    await later();
    await (await theirs.getFunction('registerContent')(hash, 'm', '')).wait();
    const reply = await call<{ error: { code: string; details: { chain: { creator: string } } } }>(
      'register',
      {
        text: 'theirs alone',
        metadata: METADATA,
      },
    );
    assert.equal([reply.status, reply.body.error.code], [409, 'already_exists']);
    assert.is(reply.body.error.details.chain.creator, address);
    const seen = await verify('theirs alone');
    assert.equal([seen.registered, seen.record, seen.chain.state], [true, null, 'present']);
  });

  test('a node that stops between commit and reveal goes on where it was: nothing lost, nothing twice', async () => {
    const before = await nonce();
    const texts = ['cut off 1', 'cut off 2', 'cut off 3'];
    for (const text of texts) await register(text);
    for (const text of texts) await until(text, committed);
    await host.stop({ graceMs: 500 });
    assert.is(await nonce(), before + 3);
    host = await startNode();
    for (const text of texts) assert.is((await verify(text)).chain.registration!.state, 'committed');
    await later();
    for (const text of texts) assert.is((await until(text, ended)).chain.registration!.state, 'registered');
    assert.is(await nonce(), before + 9, 'commit, reveal and lineage of each, once');
  });

  test('a chain that is away loses nothing: registered in the log, on the chain when it is back', async () => {
    const { port } = chain.chain;
    await chain.end();
    const receipt = await register('while it was away', { certify: true });
    assert.is(receipt.chain.state, 'queued');
    const away = await verify('while it was away');
    assert.equal([away.chain.state, away.status, away.disagreements], ['unreachable', 'verified', []]);
    chain = await startTestChain({ folder: chain.folder, port });
    await until('while it was away', committed);
    await later();
    const back = await until('while it was away', (one) => one.chain.record?.isVerified === true);
    assert.is(back.status, 'verified');
  });

  test('another chain at the address is never asked or written to', async () => {
    const { port, url } = chain.chain;
    await chain.end();
    const other = await startTestChain({ port });
    const client = clientOf(url);
    const receipt = await register('not for this chain');
    assert.is(receipt.chain.state, 'queued');
    assert.is((await verify('not for this chain')).chain.state, 'unreachable');
    assert.is(await client.getTransactionCount(devAccount(ACCOUNT).address), 0);
    client.destroy();
    await other.end();
    chain = await startTestChain({ folder: chain.folder, port });
  });
}
