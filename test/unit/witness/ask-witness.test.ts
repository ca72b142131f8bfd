/** A witness that knows more than the checkpoint it is asked about: who is ahead, and whether anybody lied. */
import { askWitness } from '../../../agents/platform/audit/witness/ask-witness.ts';
import type { WitnessAnswer } from '../../../agents/platform/audit/witness/ask-witness.ts';
import { WitanError } from '../../../contracts/errors.ts';
import { toHex, utf8 } from '../../../contracts/ledger/bytes.ts';
import { parseOpenCheckpoint } from '../../../contracts/ledger/tlog/open-checkpoint.ts';
import type { HttpAnswer } from '../../../runtime/kernel/ports/http-out.ts';
import { assert, suite } from '../../harness.ts';
import { CRYPTO, ScriptedLog, WITNESS } from './scripted-log.ts';

const test = suite('a witness that is ahead');

/** Asks about the first ten entries of `log`; the witness has seen twelve of `seen`. */
function asked(log: ScriptedLog, seen: ScriptedLog): Promise<WitnessAnswer> {
  const checkpoint = parseOpenCheckpoint(log.note(10));
  const answer = (status: number, type: string, body: string): HttpAnswer => ({
    status,
    headers: { 'content-type': type },
    body: utf8(body),
  });
  return askWitness(
    checkpoint,
    { name: 'w', key: WITNESS.key, url: 'https://w.example', knownSize: 0 },
    {
      http: {
        send: async ({ method }) =>
          method === 'GET'
            ? answer(200, 'text/plain', seen.note(12))
            : answer(409, 'text/x.tlog.size', '12\n'),
      },
      ledger: {
        size: () => log.tree.size,
        consistency: async (from, to) => log.tree.consistencyProof(from, to).map(toHex),
      },
      crypto: CRYPTO,
      timeoutMs: 1_000,
      ownKeys: () => [log.signer.key],
    },
  );
}

test('somebody showed it a newer head of the same log meanwhile: no fork, asked again later', async () => {
  const log = new ScriptedLog().grow(12);
  await asked(log, log).then(
    () => assert.unreachable('it was taken for a fork'),
    (error: WitanError) => assert.is(error.code, 'unavailable'),
  );
});

test('a log that holds fewer entries than it signed was rolled back', async () => {
  const answer = await asked(new ScriptedLog().grow(10), new ScriptedLog().grow(12));
  assert.is(answer.kind === 'fork' && answer.fork.kind, 'rolled-back');
});

test('a newer head of another history is a fork, with the proof that does not lead there', async () => {
  const log = new ScriptedLog().grow(12);
  const answer = await asked(log, new ScriptedLog().grow(9).grow(3, 'another'));
  if (answer.kind !== 'fork') return assert.unreachable('it was not noticed');
  assert.is(answer.fork.kind, 'inconsistent');
  assert.equal(answer.fork.first, log.note(10));
  assert.ok(answer.fork.proof.length > 0);
});
