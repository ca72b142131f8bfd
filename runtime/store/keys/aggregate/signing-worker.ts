/** Entry of the thread that signs aggregates: a pairing curve in JavaScript would hold the node's loop up. */
import { parentPort } from 'node:worker_threads';
import { toWitanError, WitanError } from '../../../../contracts/errors.ts';
import { equalBytes } from '../../../../contracts/ledger/bytes.ts';
import type { AggregateScheme } from '../../../kernel/ports/crypto/crypto-provider.ts';
import type { AggregateHalf } from '../../../kernel/ports/keys.ts';
import { openCrypto } from '../../crypto/open-crypto.ts';
import type { LoadedKey, SigningAnswer, SigningJob } from './signing-jobs.ts';

const crypto = openCrypto({ postQuantum: false });
const seeds = new Map<string, Uint8Array>();
// Jobs come one at a time: the next is sent when this one is answered.
parentPort!.on('message', (job: SigningJob) => {
  void answerOf(job).then((answer) => parentPort!.postMessage(answer));
});

async function answerOf({ request, load, sign }: SigningJob): Promise<SigningAnswer> {
  try {
    const scheme = await crypto.aggregate();
    const halves = load.flatMap((key) => {
      const half = halfOf(key, scheme);
      seeds.set(key.keyId, key.seed);
      return key.half ? [] : [{ keyId: key.keyId, half }];
    });
    const signature = sign && scheme.signTogether(sign.keyIds.map(seedOf), sign.message);
    return { request, type: 'done', halves, signature };
  } catch (error) {
    const { code, message } = toWitanError(error);
    return { request, type: 'refused', code, message };
  }
}

/** Public half of a key; one that is known must be the one that follows from the secret. */
function halfOf({ keyId, seed, half }: LoadedKey, scheme: AggregateScheme): AggregateHalf {
  const { publicKey } = scheme.keyFromSeed(seed);
  if (!half) return { publicKey, possession: scheme.provePossession(seed) };
  if (equalBytes(publicKey, half.publicKey)) return half;
  throw new WitanError('verification_failed', `the BLS key kept with ${keyId} is not its own`, { keyId });
}

function seedOf(keyId: string): Uint8Array {
  const seed = seeds.get(keyId);
  if (seed) return seed;
  throw new WitanError('not_found', `no key ${keyId}`, { keyId });
}
