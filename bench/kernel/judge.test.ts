import { assert, suite } from '../../test/harness.ts';
import { KERNEL_CASES } from './case-list.ts';
import type { Standing } from './contest.ts';
import { rowsOf } from './judge.ts';

const test = suite('bench kernel: judge');
const caseOf = (name: string) => KERNEL_CASES.find((kase) => kase.name === name)!;
const standing = (subject: Standing['subject'], medians: Record<string, number>): Standing => ({
  subject,
  medians,
  note: undefined,
});

test('one row beside each peer, each with its own target', () => {
  const standings = [
    standing('witan', { rate: 50 }),
    standing('nact', { rate: 2 }),
    standing('ring', { rate: 100 }),
  ];
  const own = rowsOf(caseOf('tell'), standings).filter(({ subject }) => subject === 'witan');
  assert.equal(
    own.map(({ peer, ratio, target, isReached }) => [peer, ratio, target, isReached]),
    [
      ['nact', 25, '≥ 25 × nact', true],
      ['ring', 0.5, '≥ 0.6 × ring', false],
    ],
  );
});

test('a bound on the figure itself is judged without a peer, and once', () => {
  const standings = [standing('witan', { 'never told': 301, 'told once': 600 })];
  const rows = rowsOf(caseOf('idle-bytes'), standings);
  assert.equal(
    rows.map(({ metric, target, isReached }) => [metric, target, isReached]),
    [
      ['never told', '≤ 300 B', false],
      ['told once', undefined, undefined],
    ],
  );
});

test('a subject that cannot do a case says why and has no figure', () => {
  const rows = rowsOf(caseOf('ask1'), [{ subject: 'xstate', medians: undefined, note: 'no questions' }]);
  assert.equal(rows, [
    {
      bench: 'kernel',
      case: 'ask1',
      subject: 'xstate',
      metric: 'rate',
      value: null,
      unit: '/s',
      note: 'no questions',
    },
  ]);
});

test('errors are counted, not compared', () => {
  const asked = { asked: 10, wrong: 0, hung: 0 };
  const rows = rowsOf(caseOf('asks-in-flight'), [
    standing('witan', asked),
    standing('nact', { asked: 10, wrong: 2, hung: 1 }),
  ]);
  const own = rows.filter(({ subject, target }) => subject === 'witan' && target !== undefined);
  assert.equal(
    own.map(({ metric, isReached, ratio }) => [metric, isReached, ratio]),
    [
      ['wrong', true, undefined],
      ['hung', true, undefined],
    ],
  );
});
