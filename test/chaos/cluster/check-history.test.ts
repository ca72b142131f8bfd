/** Each rule of the history, on a good history that is made bad in one way. */
import { assert, suite } from '../../harness.ts';
import { checkHistory, RULES } from './check-history.ts';
import type { Rule } from './check-history.ts';
import type { Answer, Call, CopiedEntry, History, RecordCopy } from './history.ts';

const test = suite('rules of a history');

const VERDICT = { outcome: 'approved', heldReason: null, signature: 's' };
const told = (key: string, index: number, change: object = {}): Answer => ({
  type: 'verdict',
  verdict: { decisionId: `d-${key}`, index, leafHash: `leaf-${index}`, ...VERDICT, ...change },
});
const call = (key: string, answer: Answer, node = 'a'): Call => ({
  what: 'submit',
  key,
  node,
  startMs: 0,
  endMs: 1,
  answer,
});
const entry = (index: number, kind: string, key: string, change: object = {}): CopiedEntry => ({
  kind,
  decisionId: `d-${key}`,
  leafHash: `leaf-${index}`,
  outcome: kind === 'final' ? 'approved' : null,
  heldReason: null,
  ...change,
});
const ENTRIES = [
  entry(0, 'opened', 'k'),
  entry(1, 'opened', 'l'),
  entry(2, 'final', 'k'),
  entry(3, 'final', 'l'),
];
const copy = (node: string, entries = ENTRIES, change: Partial<RecordCopy> = {}): RecordCopy => ({
  node,
  entries,
  roots: new Map([2, 3, 4].filter((size) => size <= entries.length).map((size) => [size, `root-${size}`])),
  damages: [],
  ...change,
});
const CALLS = [
  call('k', { type: 'none', why: 'ECONNRESET' }),
  call('k', told('k', 2), 'b'),
  call('k', { type: 'open', decisionId: 'd-k' }),
  call('k', told('k', 2)),
  call('l', { type: 'refused', status: 503, code: 'unavailable', message: '' }),
  call('l', told('l', 3)),
];
const history = (change: Partial<History> = {}): History => ({
  calls: CALLS,
  heads: [
    { node: 'a', atMs: 0, size: 2, root: 'root-2' },
    { node: 'b', atMs: 1, size: 4, root: 'root-4' },
  ],
  copies: [copy('a'), copy('b'), copy('c')],
  settledSize: 4,
  decisionOf: (key) => `d-${key}`,
  ...change,
});
const also = (...calls: Call[]): Partial<History> => ({ calls: [...CALLS, ...calls] });
const all = (entries: CopiedEntry[]): Partial<History> => ({
  copies: ['a', 'b', 'c'].map((node) => copy(node, entries)),
});

test('lost answers, repetitions and later entries of a longer copy break nothing', () => {
  const longer = copy('a', [...ENTRIES, { ...entry(4, 'admin', ''), decisionId: null }]);
  const report = checkHistory(history({ copies: [longer, copy('b'), copy('c')] }));
  assert.equal(report.breaches, []);
  const { accepted, answered, held, lost, unserved } = report;
  assert.equal(
    { accepted, answered, held, lost, unserved },
    { accepted: 2, answered: 2, held: 0, lost: 0, unserved: 0 },
  );
});

test('who never got through is counted, and breaks nothing', () => {
  const report = checkHistory(history(also(call('m', { type: 'none', why: 'TimeoutError' }))));
  assert.equal([report.unserved, report.breaches.length], [1, 0]);
});

test('a decision is held by a fault or by what was to be decided', () => {
  const heldReason = 'session-lost';
  const held = { outcome: 'held', heldReason };
  const entries = ENTRIES.map((one, at) =>
    at === 2 ? { ...one, ...held } : at === 3 ? { ...one, ...held, heldReason: 'veto' } : one,
  );
  const calls = [
    call('k', told('k', 2, held)),
    call('l', told('l', 3, { outcome: 'held', heldReason: 'veto' })),
  ];
  const report = checkHistory(history({ ...all(entries), calls }));
  assert.equal([report.held, report.heldByFault, report.breaches.length], [2, 1, 0]);
});

const BAD: [what: string, rule: Rule, change: Partial<History>][] = [
  [
    'accepted by a 202 and nowhere on the record',
    'lost',
    also(call('m', { type: 'open', decisionId: 'd-m' })),
  ],
  [
    'opened on the record and never decided',
    'lost',
    { ...all([...ENTRIES, entry(4, 'opened', 'm')]), ...also(call('m', { type: 'none', why: '' })) },
  ],
  ['two outcomes told', 'answered-twice', also(call('k', told('k', 2, { outcome: 'rejected' })))],
  ['two places told', 'answered-twice', also(call('k', told('k', 3)))],
  ['two signatures told', 'answered-twice', also(call('k', told('k', 2, { signature: 't' })))],
  [
    'told other than the record says',
    'answered-twice',
    { calls: [call('k', told('k', 2, { outcome: 'rejected' }))] },
  ],
  ['a key stands for two decisions', 'accepted-twice', also(call('k', { type: 'open', decisionId: 'd-l' }))],
  ['a verdict of another decision', 'accepted-twice', also(call('k', told('l', 3)))],
  ['opened twice', 'accepted-twice', all([...ENTRIES, entry(4, 'opened', 'k')])],
  ['decided twice', 'accepted-twice', all([...ENTRIES, entry(4, 'final', 'k')])],
  ['decided without having been opened', 'accepted-twice', all([...ENTRIES, entry(4, 'final', 'm')])],
  ['told of an entry that is not there', 'acknowledged-lost', also(call('m', told('m', 9)))],
  [
    'told of another entry',
    'acknowledged-lost',
    all(ENTRIES.map((one, at) => (at === 2 ? { ...one, leafHash: 'x' } : one))),
  ],
  [
    'one copy has another entry',
    'copies-differ',
    {
      copies: [
        copy('a'),
        copy('b'),
        copy(
          'c',
          ENTRIES.map((one, at) => (at === 1 ? { ...one, leafHash: 'x' } : one)),
        ),
      ],
    },
  ],
  [
    'one copy lacks what all had',
    'copies-differ',
    { copies: [copy('a'), copy('b'), copy('c', ENTRIES.slice(0, 3))], heads: [] },
  ],
  [
    'one copy has another root',
    'copies-differ',
    {
      copies: [
        copy('a'),
        copy('b'),
        copy('c', ENTRIES, {
          roots: new Map([
            [2, 'root-2'],
            [4, 'x'],
          ]),
        }),
      ],
      heads: [],
    },
  ],
  ['there is no copy', 'copies-differ', { copies: [] }],
  [
    'a head was read that no copy has',
    'entry-changed',
    { heads: [{ node: 'b', atMs: 0, size: 3, root: 'x' }] },
  ],
  [
    'a head was read beyond the end',
    'entry-changed',
    { heads: [{ node: 'b', atMs: 0, size: 9, root: 'x' }] },
  ],
  [
    'a good request is refused for good',
    'refused-for-good',
    also(call('k', { type: 'refused', status: 409, code: 'conflict', message: '' })),
  ],
  [
    'a copy does not verify',
    'verifies',
    { copies: [copy('a', ENTRIES, { damages: ['entry 1'] }), copy('b')] },
  ],
];

for (const [what, rule, change] of BAD) {
  test(`${rule}: ${what}`, () => {
    const { breaches } = checkHistory(history(change));
    assert.ok(
      breaches.some((breach) => breach.rule === rule),
      JSON.stringify(breaches),
    );
  });
}

test('every rule is broken by some history above', () => {
  assert.equal([...new Set(BAD.map(([, rule]) => rule))].sort(), [...RULES].sort());
});
