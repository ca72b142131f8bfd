/**
 * Deploys the contracts to a network, or goes on with a deployment that was cut:
 *
 *     WITAN_CHAIN_PASSPHRASE=… node --import tsx tools/chain/deploy.ts --rpc URL --key KEYSTORE.json \
 *       --admin 0x… --anchorer 0x… --guardian 0x… --issuer 0x… --folder ADDRESSES
 *
 * The key is a Web3 keystore file; its passphrase comes by the environment, never by the command line.
 */
import { Wallet } from 'ethers';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { WitanError, ERROR_CODES } from '../../contracts/errors.ts';
import { connectChain } from '../../runtime/host/chain/connect-chain.ts';
import { deployContracts } from '../../runtime/host/chain/deploy/deploy-contracts.ts';

const text = { type: 'string' } as const;
const OPTIONS = {
  rpc: text,
  key: text,
  admin: text,
  anchorer: text,
  guardian: text,
  issuer: text,
  folder: text,
};

try {
  const given = parseArgs({ options: OPTIONS }).values;
  const option = (name: keyof typeof OPTIONS): string => {
    const value = given[name];
    if (value) return value;
    throw new WitanError('invalid_argument', `--${name} is missing`, { path: name });
  };
  const passphrase = process.env['WITAN_CHAIN_PASSPHRASE'];
  if (!passphrase) throw new WitanError('invalid_argument', 'WITAN_CHAIN_PASSPHRASE is not set');
  const provider = await connectChain({ url: option('rpc') });
  const deployment = await deployContracts({
    provider,
    deployer: openKey(option('key'), passphrase),
    roles: {
      admin: option('admin'),
      anchorer: option('anchorer'),
      guardian: option('guardian'),
      issuer: option('issuer'),
    },
    folder: option('folder'),
    tell: (line) => process.stderr.write(`${line}\n`),
  });
  provider.destroy();
  process.stdout.write(`${JSON.stringify(deployment, null, 2)}\n`);
} catch (error) {
  if (!(error instanceof WitanError)) throw error;
  process.stderr.write(`${JSON.stringify(error)}\n`);
  process.exitCode = ERROR_CODES[error.code].exitCode;
}

function openKey(file: string, passphrase: string): Wallet {
  try {
    return Wallet.fromEncryptedJsonSync(readFileSync(file, 'utf8'), passphrase) as Wallet;
  } catch (cause) {
    throw new WitanError('unauthenticated', 'the keystore does not open', { path: file }, cause);
  }
}
