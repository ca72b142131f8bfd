/** What a witness answers: the published walk of another implementation, and a model over random requests. */
import fc from 'fast-check';
import { judgeCheckpoint } from '../../../agents/platform/audit/witness/judge-checkpoint.ts';
import { emptyRoot } from '../../../contracts/ledger/tree/merkle.ts';
import { toHex } from '../../../contracts/ledger/bytes.ts';
import { formatAddCheckpoint, parseAddCheckpoint } from '../../../contracts/ledger/tlog/add-checkpoint.ts';
import { NOTE_KEY_TYPES } from '../../../contracts/ledger/tlog/note-key.ts';
import { parseOpenCheckpoint } from '../../../contracts/ledger/tlog/open-checkpoint.ts';
import type { NoteKey } from '../../../contracts/ledger/tlog/note-key.ts';
import { sha256 } from '../../../runtime/kernel/crypto/digest.ts';
import type { WitnessedHead } from '../../../runtime/kernel/ports/witness/witness-store.ts';
import { rfc6962, RFC6962_MISSING } from '../../vectors/rfc6962.ts';
import type { ConsistencyProbe } from '../../vectors/rfc6962.ts';
import { assert, suite } from '../../harness.ts';
import { CRYPTO, keyOf, ScriptedLog } from './scripted-log.ts';

const test = suite('judgement of a witness (C2SP tlog-witness)', { limitMs: 60_000 });

/** Status and the memory after it, as the actor keeps it. */
function asked(text: string, known: WitnessedHead | undefined, keys: readonly NoteKey[]) {
  const request = parseAddCheckpoint(text);
  const judgement = judgeCheckpoint(request, { keys, known }, CRYPTO);
  if (judgement.kind === 'refuse') return { status: judgement.status, known, fork: judgement.fork };
  const { origin, size, root } = request.checkpoint;
  return { status: 200 as const, known: { origin, size, root, note: request.note }, fork: undefined };
}

// Requests and answers of litewitness's own test (FiloSottile/torchwood, cmd/litewitness/testdata). It answers 403
// for an unknown log where the specification has 404; its wrong signature is spelt here in canonical base64.
const SIGSUM = 'sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562';
const SIGSUM_KEY: NoteKey = {
  name: SIGSUM,
  type: NOTE_KEY_TYPES.ed25519,
  publicKey: Uint8Array.from(
    Buffer.from('ffdc2d4d98e4124d3feaf788c0c2f9abfd796083d1f0495437f302ec79cf100f', 'hex'),
  ),
};
const leaf = (last: string): string => `Kg${last}AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=`;
const SIGNED_3 =
  'UgIom2VbtIcdFbwFAy1n7s6IkAxIY6J/GQOTuZF2ORV39d75cbAj2aQYwyJre36kezNobZs4SUUdrcawfAB8WVrx6go=';
const SIGNED_5 =
  'UgIomw/EOJmWi0i1FQsOj+etB7F8IccFam/jgd6wzRns4QPVmyEZtdvl1U2KEmLOZ/ASRcWJi0tW90dJWAShei7sDww=';
const SIGNED_1 =
  'UgIom7fPZTqpxWWhyjWduBvTvGVqsokMbqTArsQilegKoFBJQjUFAmQ0+YeSPM3wfUQMFSzVnnNuWRTYrajXpNUbIQY=';
const ROOT_3 = 'RcCI1Nk56ZcSmIEfIn0SleqtV7uvrlXNccFx595Iwl0=';
const ROOT_5 = 'QrtXrQZCCvpIgsSmOsah7HdICzMLLyDfxToMql9WTjY=';

function body(old: number, lines: readonly string[], head: readonly [number, string, string]): string {
  const [size, root, signature] = head;
  const proof = lines.map((line) => `${line}\n`).join('');
  return `old ${old}\n${proof}\n${SIGSUM}\n${size}\n${root}\n\n— ${SIGSUM} ${signature}\n`;
}

test('litewitness: the published walk of requests gets the published answers', () => {
  const three = [3, ROOT_3, SIGNED_3] as const;
  const five = [5, ROOT_5, SIGNED_5] as const;
  const walk: readonly (readonly [number, string])[] = [
    [200, body(0, [], [1, leaf('A'), SIGNED_1])],
    [403, body(1, [leaf('E'), leaf('I')], [3, ROOT_3, SIGNED_3.replace('6go=', '6gw=')])],
    [404, body(1, [leaf('E'), leaf('I')], three).replaceAll('e562', 'e563')],
    [422, body(1, [], three)],
    [422, body(1, [leaf('E'), leaf('I').replace('AAA=', 'ABA=')], three)],
    [200, body(1, [leaf('E'), leaf('I')], three)],
    [409, body(1, [leaf('E'), '+fUDV+k970B4I3uKrqJM4aP1lloPZP8mvr2Z4wRw2LI=', leaf('Q')], five)],
    [200, body(3, [leaf('I'), leaf('M'), 'wgiIFdZfYNv6WU1OllBKsWnLYIS/DBMqt8Uh/S4OukE=', leaf('Q')], five)],
    [409, body(0, [], five)],
  ];
  let known: WitnessedHead | undefined;
  for (const [at, [status, text]] of walk.entries()) {
    const answer = asked(text, known, [SIGSUM_KEY]);
    assert.is(answer.status, status, `request ${at}`);
    known = answer.known;
  }
  assert.is(known?.size, 5);
});

test('each refusal of the specification, and none of them changes what is remembered', () => {
  const log = new ScriptedLog().grow(20);
  const keys = [log.signer.key];
  const first = asked(log.requestText(0, 8), undefined, keys);
  assert.is(first.status, 200);
  const { known } = first;
  const stranger = new ScriptedLog('log.example/a', 'another key').grow(20);
  const other = new ScriptedLog('log.example/b').grow(20);
  const fork = new ScriptedLog('log.example/a').grow(20, 'another history');
  const zero = formatAddCheckpoint(0, [], log.note(0, sha256(Buffer.from('x'))));
  const extra = formatAddCheckpoint(0, log.tree.consistencyProof(3, 8), log.note(8));
  const cases: readonly (readonly [string, number, string, WitnessedHead | undefined])[] = [
    ['another log', 404, other.requestText(8), known],
    ['another key', 403, stranger.requestText(8), known],
    ['an old size above the size', 400, formatAddCheckpoint(9, [], log.note(8)), known],
    ['an old size below what is known', 409, log.requestText(7), known],
    ['an old size above what is known', 409, log.requestText(9), known],
    ['size 0 with another root', 422, zero, undefined],
    ['a proof from size 0', 422, extra, undefined],
    ['no proof', 422, formatAddCheckpoint(8, [], log.note(12)), known],
    ['a proof of another history', 422, fork.requestText(8, 12), known],
    ['the same size, another root', 422, fork.requestText(8, 8), known],
    [
      'a proof for the same size',
      422,
      formatAddCheckpoint(8, [sha256(Buffer.from('x'))], log.note(8)),
      known,
    ],
    ['a replay of an older checkpoint', 409, log.requestText(0, 4), known],
  ];
  for (const [what, status, text, memory] of cases) {
    const answer = asked(text, memory, keys);
    assert.is(answer.status, status, what);
    assert.is(answer.known, memory, what);
  }
  const empty = new ScriptedLog('log.example/a');
  assert.is(toHex(empty.tree.root()), toHex(emptyRoot(sha256)));
  assert.is(asked(empty.requestText(0, 0), undefined, keys).status, 200);
});

test('two roots of one size are a fork whatever else the request says; a bad proof alone is none', () => {
  const log = new ScriptedLog().grow(20);
  const fork = new ScriptedLog().grow(20, 'another history');
  const keys = [log.signer.key];
  const { known } = asked(log.requestText(0, 8), undefined, keys);
  assert.is(asked(fork.requestText(0, 8), known, keys).fork, 'same-size');
  assert.is(asked(fork.requestText(8, 8), known, keys).fork, 'same-size');
  assert.is(asked(formatAddCheckpoint(9, [], fork.note(8)), known, keys).fork, 'same-size');
  // Anyone may send a true checkpoint with a proof that is none.
  assert.is(asked(formatAddCheckpoint(8, [], log.note(12)), known, keys).fork, undefined);
  const stranger = new ScriptedLog('log.example/a', 'another key').grow(8, 'x');
  assert.is(asked(stranger.requestText(8), known, keys).fork, undefined);
});

test('property: whatever is asked in whatever order, all that is vouched for is one history', () => {
  const honest = new ScriptedLog().grow(40);
  const forks = ['b', 'c'].map((name) => new ScriptedLog().grow(40, name));
  // A history that leaves the honest one only after 20 entries.
  const late = new ScriptedLog().grow(20).grow(20, 'late');
  const histories = [honest, late, ...forks];
  const keys = [honest.signer.key];
  const request = fc.record({
    of: fc.constantFrom(...histories.keys()),
    old: fc.oneof(fc.constant('known' as const), fc.integer({ min: 0, max: 40 })),
    size: fc.integer({ min: 0, max: 40 }),
    proofOf: fc.constantFrom(...histories.keys()),
  });
  fc.assert(
    fc.property(fc.array(request, { minLength: 1, maxLength: 30 }), (requests) => {
      let known: WitnessedHead | undefined;
      const vouched: { size: number; root: string }[] = [];
      for (const { of, old, size, proofOf } of requests) {
        const oldSize = old === 'known' ? (known?.size ?? 0) : old;
        const proves = oldSize > 0 && oldSize < size;
        const proof = proves ? histories[proofOf]!.tree.consistencyProof(oldSize, size) : [];
        const text = formatAddCheckpoint(oldSize, proof, histories[of]!.note(size));
        const answer = asked(text, known, keys);
        if (answer.status === 200) {
          assert.ok(size >= (known?.size ?? 0), 'it never goes back');
          vouched.push({ size, root: answer.known!.root });
        }
        known = answer.known;
      }
      // The histories of the test are all there are: everything vouched for must be of one of them.
      const isOne = histories.some(({ tree }) =>
        vouched.every(({ size, root }) => toHex(tree.root(size)) === root),
      );
      assert.ok(isOne, 'two histories were vouched for');
    }),
    { numRuns: 300 },
  );
});

test('a key of another type or name never speaks for a log', () => {
  const log = new ScriptedLog().grow(3);
  const witnessKey = keyOf(log.origin, NOTE_KEY_TYPES.cosignature, log.origin).key;
  assert.is(asked(log.requestText(0), undefined, [witnessKey]).status, 403);
  assert.is(asked(log.requestText(0), undefined, []).status, 404);
});

if (RFC6962_MISSING) test.skip('RFC 6962 probes: only proofs that hold are vouched for', RFC6962_MISSING);
else
  test('RFC 6962 probes: only proofs that hold are vouched for', () => {
    const log = new ScriptedLog();
    const digits = (text: string): string => Buffer.from(text, 'base64').toString('hex');
    let vouchedCount = 0;
    for (const probe of rfc6962<ConsistencyProbe[]>('consistency.json')) {
      const { size1, size2, root1, root2, proof, wantErr, path } = probe;
      const isSayable = [size1, size2].every(Number.isSafeInteger) && size1 > 0 && size1 <= size2;
      const roots = [root1, root2].map((root) => Buffer.from(root, 'base64'));
      const hashes = (proof ?? []).map((hash) => Uint8Array.from(Buffer.from(hash, 'base64')));
      // What the format of a request cannot say is refused by its parser.
      if (!isSayable || roots.some((root) => root.length !== 32) || hashes.some((one) => one.length !== 32))
        continue;
      const known = { origin: log.origin, size: size1, root: digits(root1), note: log.note(0, roots[0]) };
      const request = { oldSize: size1, proof: hashes, note: log.note(size2, roots[1]) };
      const checkpoint = parseOpenCheckpoint(request.note);
      const judgement = judgeCheckpoint(
        { ...request, checkpoint },
        { keys: [log.signer.key], known },
        CRYPTO,
      );
      assert.is(judgement.kind, wantErr ? 'refuse' : 'vouch', path);
      vouchedCount += judgement.kind === 'vouch' ? 1 : 0;
    }
    assert.ok(vouchedCount >= 4, `${vouchedCount}`);
  });
