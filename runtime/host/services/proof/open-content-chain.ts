/** The chain that the settings name for content: a node of theirs, or else the dev chain. */
import { readFileSync } from 'node:fs';
import type { Settings } from '../../../../config/schema.ts';
import { WitanError } from '../../../../contracts/errors.ts';
import { query } from '../../../kernel/index.ts';
import type { ActorRef, ActorSystem } from '../../../kernel/index.ts';
import type { AnchorSigner } from '../../../kernel/ports/chain/chain.ts';
import { textOf } from '../../chain/anchor/chain-encoding.ts';
import { devSigner, openSigner } from '../../chain/anchor/anchor-signer.ts';
import { AddressBook } from '../../chain/deploy/address-book.ts';
import type { DevChainMessage, DevChainReply } from '../../chain/dev-chain-actor.ts';
import { RpcClient } from '../../chain/rpc-client.ts';
import { CONTENT_CONTRACTS, EthersContentChain } from './ethers-content-chain.ts';
import type { ContentChainPlace } from './ethers-content-chain.ts';

/** Account of the dev chain that registers and certifies content: it has the issuer's role, and nobody else. */
export const DEV_CONTENT_ACCOUNT = 3;

/** A chain, and whether it is for trying only. */
export interface ContentChain {
  readonly chain: EthersContentChain;
  readonly isDev: boolean;
}

const ASK_MS = 5_000;
const WEI_OF_GWEI = 1_000_000_000n;
const DEV_MAX_FEE_WEI = 1_000n * WEI_OF_GWEI;

/**
 * Opens it; nothing is asked of it yet.
 * @throws config_invalid for a keystore that is missing, cannot be read or opened
 */
export async function openContentChain(settings: Settings, system: ActorSystem): Promise<ContentChain> {
  const { content } = settings;
  if (content.rpcUrl !== '') {
    const signer = await accountIn(content);
    const maxFeeWei = BigInt(content.maxFeeGwei) * WEI_OF_GWEI;
    const place = (): Promise<ContentChainPlace> => placeInBook(content);
    return { chain: new EthersContentChain({ signer, place, maxFeeWei }), isDev: false };
  }
  const signer = devSigner(DEV_CONTENT_ACCOUNT);
  const place = (): Promise<ContentChainPlace> => placeOfDevChain(system);
  return { chain: new EthersContentChain({ signer, place, maxFeeWei: DEV_MAX_FEE_WEI }), isDev: true };
}

async function placeInBook({
  rpcUrl: url,
  chainId,
  addressBook,
}: Settings['content']): Promise<ContentChainPlace> {
  const rpc = new RpcClient({ url, ...(chainId !== 0 && { chainId }) });
  try {
    const { chainId: answered } = await (await rpc.provider()).getNetwork();
    const genesis = await rpc.block('0x0');
    if (!genesis) throw new WitanError('unavailable', 'the chain has no block 0');
    const identity = { chainId: Number(answered), genesisHash: textOf(genesis['hash']) };
    const book = await AddressBook.open(addressBook, identity);
    const entries = CONTENT_CONTRACTS.map((name) => {
      const entry = book.get(name);
      if (entry) return [name, { address: entry.address, codeHash: entry.codeHash }] as const;
      const expected = 'an address book of this chain';
      throw new WitanError('not_found', `the address book does not name ${name}`, {
        path: addressBook,
        expected,
      });
    });
    const contracts = Object.fromEntries(entries) as ContentChainPlace['contracts'];
    return { url, chainId: identity.chainId, contracts };
  } finally {
    await rpc.close();
  }
}

async function placeOfDevChain(system: ActorSystem): Promise<ContentChainPlace> {
  const ref = system.find('/platform/dev-chain') as ActorRef<DevChainMessage> | undefined;
  if (!ref) throw new WitanError('unavailable', 'the dev chain does not run yet');
  const where = (replyTo: ActorRef<DevChainReply>): DevChainMessage => ({ type: 'where', replyTo });
  const { url, chainId, addresses } = await query(ref, where, { timeoutMs: ASK_MS, via: system });
  const contracts = Object.fromEntries(CONTENT_CONTRACTS.map((name) => [name, { address: addresses[name] }]));
  return { url, chainId, contracts: contracts as ContentChainPlace['contracts'] };
}

async function accountIn({
  keyFile,
  keyPassphraseFile,
  addressBook,
}: Settings['content']): Promise<AnchorSigner> {
  const missing = { 'content.keyFile': keyFile, 'content.addressBook': addressBook };
  for (const [path, value] of Object.entries(missing)) {
    if (value !== '') continue;
    throw new WitanError('config_invalid', `content.rpcUrl needs ${path}`, { path, expected: 'a path' });
  }
  const passphrase = keyPassphraseFile === '' ? '' : read(keyPassphraseFile, 'content.keyPassphraseFile');
  try {
    return await openSigner(keyFile, passphrase.split(/\r?\n/, 1)[0]!);
  } catch {
    const details = { path: 'content.keyFile', expected: 'an encrypted keystore and its passphrase' };
    throw new WitanError('config_invalid', 'the keystore of content cannot be opened', details);
  }
}

function read(file: string, path: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const expected = 'a file that this user may read';
    throw new WitanError('config_invalid', `${path} cannot be read`, { path, expected }, cause);
  }
}
