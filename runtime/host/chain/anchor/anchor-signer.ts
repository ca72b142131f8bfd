/** Keys that pay for transactions: of a keystore file, or of a dev chain's account. */
import { Transaction, Wallet } from 'ethers';
import type { HDNodeWallet } from 'ethers';
import { readFile } from 'node:fs/promises';
import { WitanError } from '../../../../contracts/errors.ts';
import type { AnchorSigner } from '../../../kernel/ports/chain/chain.ts';
import { devAccount } from '../dev-accounts.ts';

/** Account of a dev chain that holds the anchor's role. */
const DEV_ANCHORER = 1;

/** Key of an account of a dev chain, the anchor's by default; everybody knows it. */
export function devSigner(account = DEV_ANCHORER): AnchorSigner {
  return signerOf(devAccount(account));
}

/**
 * Opens a Web3 keystore file. Deriving its key takes about a second, as it should.
 * @throws unauthenticated for a wrong passphrase; storage_failed when the file cannot be read
 */
export async function openSigner(file: string, passphrase: string): Promise<AnchorSigner> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new WitanError('storage_failed', `the keystore ${file} cannot be read`, { path: file }, cause);
  });
  try {
    return signerOf((await Wallet.fromEncryptedJson(text, passphrase)) as Wallet);
  } catch {
    // Nothing of what the library says goes on: it has seen the passphrase.
    throw new WitanError('unauthenticated', `the keystore ${file} does not open`, { path: file });
  }
}

function signerOf(wallet: Wallet | HDNodeWallet): AnchorSigner {
  return {
    address: wallet.address,
    async sign({ chainId, nonce, to, data, gasLimit, maxFeeWei, tipWei }) {
      const fees = { maxFeePerGas: maxFeeWei, maxPriorityFeePerGas: tipWei };
      const raw = await wallet.signTransaction({ type: 2, chainId, nonce, to, data, gasLimit, ...fees });
      return { raw, hash: Transaction.from(raw).hash! };
    },
  };
}
