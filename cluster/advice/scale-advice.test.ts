import fc from 'fast-check';
import { SCALE_TRIGGERS } from '../../contracts/messages/cluster/load.ts';
import type { LoadFigures, ScaleAdvice, ScaleTrigger } from '../../contracts/messages/cluster/load.ts';
import { assert, suite } from '../../test/harness.ts';
import { trendOf, valueOf } from './load-sample.ts';
import type { LoadSample } from './load-sample.ts';
import { LoadWindow } from './load-window.ts';
import { advise, NO_ADVICE } from './scale-advice.ts';
import type { ScaleState } from './scale-advice.ts';
import type { ScaleTerms } from './scale-terms.ts';

const test = suite('scale advice');
const STEP_MS = 5_000;
const TERMS: ScaleTerms = {
  thresholds: {
    ...{ cpu: 0.7, memory: 0.8, mailbox: 100, admission: 100, credits: 0.9, latency: 250 },
    ...{ 'loop-lag': 250, evaluation: 100, 'shard-imbalance': 2, 'kv-writes': 8_000 },
  },
  ...{ minNodes: 2, maxNodes: 20, windowMs: 60_000, quietMs: 300_000, horizonMs: 60_000 },
  ...{ outPauseMs: 120_000, inPauseMs: 200_000 },
};

function figures(node: string, fields: Partial<LoadFigures> = {}): LoadFigures {
  return {
    ...{ format: 'witan-load/1', node, incarnation: '0000000000000001', cpuShare: 0.1, memoryShare: 0.1 },
    ...{ loopLagMs: 1, mailboxDepth: 0, admissionWaiting: 0, creditShare: 0.1, evaluationWaiting: 0 },
    ...{ latencyP95Ms: 20, kvWritesPerS: 2 },
    ...fields,
  };
}

/** A cluster whose load is given for each step; nodes come as advised when `follows`. */
class Play {
  state: ScaleState = NO_ADVICE;
  nodes: number;
  readonly said: (ScaleAdvice & { readonly atMs: number })[] = [];
  private readonly terms: ScaleTerms;
  private readonly follows: boolean;
  private samples: LoadSample[] = [];
  private atMs = 0;

  constructor(nodes: number, { terms = TERMS, follows = false } = {}) {
    this.nodes = nodes;
    this.terms = terms;
    this.follows = follows;
  }

  /** `load` of each node, or of all of them together where nodes share it. */
  run(
    forMs: number,
    load: (atMs: number, nodes: number) => Partial<LoadFigures>,
    shards?: number[],
  ): ScaleAdvice {
    for (const endMs = this.atMs + forMs; this.atMs < endMs; this.atMs += STEP_MS) {
      const fields = load(this.atMs, this.nodes);
      const nodes = Array.from({ length: this.nodes }, (_, n) => figures(`n${n}`, fields));
      const shardCounts = shards ?? nodes.map(() => 10);
      this.samples = this.samples.filter(({ atMs }) => atMs > this.atMs - this.terms.quietMs);
      this.samples.push({ atMs: this.atMs, nodes, shardCounts });
      const { advice, state } = advise(this.samples, this.terms, this.state);
      this.state = state;
      this.said.push({ ...advice, atMs: this.atMs });
      if (this.follows && advice.isKnown) this.nodes = advice.wanted;
    }
    return this.said.at(-1)!;
  }

  /** Numbers that were advised, each once. */
  get numbers(): number[] {
    return this.said
      .map(({ wanted }) => wanted)
      .filter((wanted, at, all) => at === 0 || wanted !== all[at - 1]);
  }
}

const firing = ({ triggers }: ScaleAdvice): ScaleTrigger[] =>
  triggers.filter(({ isFiring }) => isFiring).map(({ name }) => name);

test('every row of the catalogue is a trigger, and each alone asks for more nodes', () => {
  const rows: [ScaleTrigger, Partial<LoadFigures>][] = [
    ['cpu', { cpuShare: 0.71 }],
    ['memory', { memoryShare: 0.81 }],
    ['mailbox', { mailboxDepth: 101 }],
    ['admission', { admissionWaiting: 101 }],
    ['credits', { creditShare: 0.91 }],
    ['latency', { latencyP95Ms: 251 }],
    ['loop-lag', { loopLagMs: 251 }],
    ['evaluation', { evaluationWaiting: 101 }],
  ];
  for (const [name, load] of rows) {
    const advice = new Play(3).run(120_000, () => load);
    assert.equal([advice.action, advice.wanted, firing(advice)], ['scale-out', 4, [name]]);
  }
});

test('shards that lie uneven and writes that are too many are told, and nodes are no remedy', () => {
  const uneven = new Play(3).run(120_000, () => ({}), [30, 3, 3]);
  assert.equal([uneven.action, firing(uneven)], ['hold', ['shard-imbalance']]);
  const writes = new Play(3).run(120_000, () => ({ kvWritesPerS: 3_000 }));
  assert.equal([writes.action, firing(writes)], ['hold', ['kv-writes']]);
  assert.is(writes.triggers.find(({ name }) => name === 'kv-writes')!.remedy, 'beat');
});

test('nothing is said on little: a moment of load, or a node that has just come', () => {
  const play = new Play(3);
  assert.not(play.run(25_000, () => ({ cpuShare: 1 })).isKnown);
  assert.is(play.state, NO_ADVICE);
  const spike = new Play(3);
  spike.run(120_000, () => ({}));
  spike.run(5_000, () => ({ cpuShare: 1 }));
  assert.equal(spike.numbers, [3]);
  const nobody = advise([], TERMS, NO_ADVICE).advice;
  assert.equal([nobody.isKnown, nobody.nodes, nobody.action], [false, 0, 'hold']);
});

test('twice the load takes twice the nodes, more only step by step', () => {
  const play = new Play(4, { follows: true });
  const shared = (total: number) => (_at: number, nodes: number) => ({ mailboxDepth: total / nodes });
  play.run(120_000, shared(4 * 190));
  assert.is(play.nodes, 8);
  const flood = new Play(4, { follows: true });
  flood.run(100_000, shared(4 * 5_000));
  assert.is(flood.nodes, 8, 'not ten times as many at once');
  flood.run(400_000, shared(4 * 5_000));
  assert.is(flood.nodes, TERMS.maxNodes);
});

test('what swings between relief and threshold changes nothing', () => {
  const play = new Play(4);
  play.run(120_000, () => ({ cpuShare: 0.72 }));
  play.run(1_200_000, (at) => ({ cpuShare: at % 100_000 < 50_000 ? 0.59 : 0.69 }));
  assert.equal(play.numbers, [4, 5]);
});

test('fewer only after long quiet, one at a time, with pauses, never so few that it would fire again', () => {
  const play = new Play(6, { follows: true });
  play.run(250_000, () => ({}));
  assert.is(play.nodes, 6, 'not quiet for long enough');
  play.run(1_500_000, (_at, nodes) => ({ cpuShare: 1.2 / nodes }));
  // 1.2 of processors: three nodes are at 0.4; two would be at 0.6, above relief of 0.7.
  assert.is(play.nodes, 3);
  const changes = play.said.filter(({ wanted }, at) => at > 0 && wanted !== play.said[at - 1]!.wanted);
  for (const [at, { atMs }] of changes.slice(1).entries())
    assert.ok(atMs - changes[at]!.atMs >= TERMS.inPauseMs);
});

test('a rise is seen before it is too much', () => {
  const rising = (at: number) => ({ cpuShare: 0.2 + at / 1_000_000 });
  const play = new Play(3);
  play.run(600_000, rising);
  const first = play.said.find(({ action }) => action === 'scale-out')!;
  assert.ok(rising(first.atMs).cpuShare < 0.7, `${rising(first.atMs).cpuShare}`);
  assert.ok(rising(first.atMs).cpuShare > 0.6);
});

test('nodes that came unasked are no reason to send them away at once', () => {
  const play = new Play(3);
  play.run(120_000, () => ({ cpuShare: 0.4 }));
  play.nodes = 5;
  assert.equal(play.run(5_000, () => ({ cpuShare: 0.4 })).action, 'hold');
});

const load = fc.record({
  cpuShare: fc.double({ min: 0, max: 1, noNaN: true }),
  mailboxDepth: fc.nat(5_000),
  latencyP95Ms: fc.nat(2_000),
});

test('whatever comes, the number stays in its bounds and changes only with pauses', () => {
  fc.assert(
    fc.property(
      fc.array(load, { minLength: 20, maxLength: 80 }),
      fc.integer({ min: 1, max: 30 }),
      (loads, nodes) => {
        const play = new Play(nodes, { follows: true });
        for (const one of loads) play.run(30_000, () => one);
        const known = play.said.filter(({ isKnown }) => isKnown);
        let rose = -Infinity;
        let changed = -Infinity;
        return known.every(({ wanted, atMs, nodes: before, triggers }, at) => {
          const last = known[at - 1]?.wanted ?? before;
          const isSound =
            wanted >= TERMS.minNodes && wanted <= TERMS.maxNodes && triggers.length === SCALE_TRIGGERS.length;
          const isSpaced =
            wanted > last
              ? atMs - rose >= TERMS.outPauseMs
              : wanted === last || atMs - changed >= TERMS.inPauseMs;
          const isStep =
            wanted <= Math.max(TERMS.minNodes, 2 * before) && wanted >= Math.min(TERMS.maxNodes, before - 1);
          if (wanted > last) rose = atMs;
          if (wanted !== last) changed = atMs;
          return isSound && isSpaced && isStep;
        });
      },
    ),
    { numRuns: 25 },
  );
});

test('more load is never a reason for fewer nodes', () => {
  fc.assert(
    fc.property(load, load, fc.integer({ min: 2, max: 15 }), (left, right, nodes) => {
      const more = {
        cpuShare: Math.max(left.cpuShare, right.cpuShare),
        mailboxDepth: Math.max(left.mailboxDepth, right.mailboxDepth),
        latencyP95Ms: Math.max(left.latencyP95Ms, right.latencyP95Ms),
      };
      const wantedAt = (one: Partial<LoadFigures>): number => new Play(nodes).run(400_000, () => one).wanted;
      return wantedAt(more) >= wantedAt(left);
    }),
    { numRuns: 25 },
  );
});

test('values of a sample, and a trend that never comforts', () => {
  const nodes = [
    figures('a', { cpuShare: 0.2, kvWritesPerS: 5 }),
    figures('b', { cpuShare: 0.6, kvWritesPerS: 7 }),
  ];
  const sample = { atMs: 0, nodes, shardCounts: [9, 3] };
  const values = (['cpu', 'kv-writes', 'shard-imbalance'] as const).map((name) => valueOf(name, sample));
  assert.equal(values, [0.4, 12, 1.5]);
  assert.is(valueOf('shard-imbalance', { ...sample, shardCounts: [0, 0] }), 0);
  const falling = [1, 0.5, 0].map((cpuShare, n) => ({
    ...{ atMs: n * 1_000, shardCounts: [] },
    nodes: [figures('a', { cpuShare })],
  }));
  assert.equal(trendOf('cpu', falling, 10_000), { mean: 0.5, expected: 0.5 });
});

test('a window forgets nodes that say nothing, and looks that are old', () => {
  const window = new LoadWindow({ keepMs: 10_000, staleMs: 3_000, maxNodes: 2 });
  assert.ok(window.note(figures('a'), 0));
  assert.ok(window.note(figures('b'), 2_000));
  assert.not(window.note(figures('c'), 2_000), 'bounded');
  const shards = new Map([
    ['a', 4],
    ['b', 5],
    ['x', 6],
  ]);
  window.look(shards, 2_500);
  window.look(shards, 4_000);
  window.look(shards, 13_000);
  const seen = window.samples.map(({ nodes }) => nodes.map(({ node }) => node));
  assert.equal(seen, [['b']]);
});
