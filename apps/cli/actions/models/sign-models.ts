/** `witan models sign`: with a maintainer's or an operator's key, which stays on their machine. */
import { readFileSync, writeFileSync } from 'node:fs';
import { WitanError } from '../../../../contracts/errors.ts';
import { modelSigner, newModelKey, placeSignedModel, signModels } from '../../../../index.ts';
import type { CommandRun } from '../../command.ts';

/** `witan models sign`. */
export async function sign({ terminal, options, args }: CommandRun): Promise<number> {
  const newKey = options['newKey'] as string | undefined;
  const key = options['key'] as string | undefined;
  if (newKey !== undefined) return makeKey(newKey, terminal);
  if (key === undefined || args[0] === undefined)
    throw wrong('a folder and --key are needed, or --new-key', '--key', 'a private key in PEM');
  const into = options['into'] as string | undefined;
  const pem = textOf(key);
  const signing =
    into === undefined ? signModels(args[0], pem) : [await placeSignedModel(args[0], into, pem)];
  let count = 0;
  for await (const signed of signing) {
    count += 1;
    terminal.json(signed);
    terminal.line(`${terminal.paint('good', 'signed')} ${signed.ref} by ${signed.keyId}`);
  }
  terminal.line(`${count} signed`);
  return 0;
}

function makeKey(file: string, terminal: CommandRun['terminal']): number {
  const pem = newModelKey();
  try {
    // Never over a key that is there: what it signed could not be signed again.
    writeFileSync(file, pem, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    const isThere = (cause as NodeJS.ErrnoException).code === 'EEXIST';
    if (isThere)
      throw new WitanError('already_exists', `${file} is there already`, { path: '--new-key' }, cause);
    throw new WitanError('storage_failed', `${file} cannot be written`, { path: '--new-key' }, cause);
  }
  const { keyId, publicKey } = modelSigner(pem);
  terminal.json({ file, keyId, publicKey });
  terminal.line(
    `${file}: private key ${keyId}; whoever has it can sign models: keep it off machines that serve`,
  );
  terminal.line(`public key: ${publicKey}`);
  terminal.line('  an operator names it in the setting models.trustedKeys');
  return 0;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new WitanError('not_found', `there is no key file ${file}`, { path: '--key' }, cause);
  }
}

function wrong(message: string, path: string, expected: string): WitanError {
  return new WitanError('invalid_argument', message, { path, expected });
}
