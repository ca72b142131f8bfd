import fc from 'fast-check';
import type { ModelResponse } from '../../contracts/messages/models/consensus.ts';
import { ConsensusResult } from '../../contracts/messages/models/consensus.ts';
import { WitanError } from '../../contracts/errors.ts';
import type { Decision } from '../../contracts/messages/decision.ts';
import { createBudget } from '../../runtime/kernel/budget.ts';
import type { ConsensusModel, ModelAnswer } from '../../runtime/kernel/ports/decision/consensus.ts';
import { SeededRandom } from '../../runtime/kernel/index.ts';
import { SimClock } from '../../runtime/kernel/sim/sim-clock.ts';
import { assert, suite } from '../../test/harness.ts';
import { advance } from '../../test/sim-time.ts';
import { ConsensusDesk } from './consensus-desk.ts';
import { consensusOf, isDisagreement } from './consensus-result.ts';
import { queryModels } from './query-models.ts';
import { similarityMatrix } from './similarity.ts';

const test = suite('consensus of models');
const decision = { decisionId: 'd1' } as never as Decision;

/** Texts that begin alike are alike: a unit vector by the first letter, turned a little by the rest. */
function embeddingOf(text: string): Float32Array {
  const row = new Float32Array(8);
  row[text.charCodeAt(0) % 7] = 1;
  row[7] = (text.length % 5) / 20;
  return row;
}

function response(
  model: string,
  stance: ModelResponse['stance'],
  text: string,
  confidenceBp = 9_000,
): ModelResponse {
  return { model, family: model, stance, confidenceBp, text, elapsedMs: 1 };
}

function count(responses: readonly ModelResponse[]): ConsensusResult {
  const embeddings = responses.map(({ text }) => embeddingOf(text));
  return consensusOf({
    ...{ queryId: 'q1', responses, absent: [], embeddings, leastSimilarity: 0.6, leastResponses: 2 },
  });
}

test('the largest cluster is the majority, and the others are kept', () => {
  const result = count([
    response('a', 'approve', 'a fine thing'),
    response('b', 'reject', 'danger'),
    response('c', 'approve', 'a good thing'),
    response('d', 'approve', 'another view'),
  ]);
  assert.equal(ConsensusResult.parse(result), result);
  const { stance, majorityCount, confidenceBp, disagreementBp, disagrees } = result;
  assert.equal(
    [stance, majorityCount, confidenceBp, disagreementBp, disagrees],
    ['approve', 3, 7_500, 2_500, false],
  );
  assert.equal(
    result.clusters.map(({ members }) => members),
    [[0, 2, 3], [1]],
  );
});

test('words that are alike do not join those who recommend the opposite', () => {
  const result = count([
    response('a', 'approve', 'safe to do'),
    response('b', 'reject', 'safe to do'),
    response('c', 'reject', 'safe to do'),
  ]);
  assert.equal([result.stance, result.majorityCount, result.disagrees], ['reject', 2, true]);
});

test('three in ten is agreement, more is not; no rounding decides it', () => {
  assert.not.ok(isDisagreement(7, 10));
  assert.ok(isDisagreement(6, 10));
  assert.ok(isDisagreement(2, 3));
  assert.not.ok(isDisagreement(70_000_000, 100_000_000));
  assert.ok(isDisagreement(69_999_999, 100_000_000));
});

test('a tie goes to the surer, then to the more cautious', () => {
  const surer = count([response('a', 'approve', 'x', 9_000), response('b', 'reject', 'y', 9_001)]);
  assert.is(surer.stance, 'reject');
  const even = count([response('a', 'approve', 'x'), response('b', 'reject', 'y')]);
  assert.equal([even.stance, even.disagrees], ['reject', true]);
});

test('nobody, or one alone, is no agreement', () => {
  assert.equal([count([]).stance, count([]).confidenceBp, count([]).disagrees], ['unsure', 0, true]);
  const alone = count([response('a', 'approve', 'x')]);
  assert.equal([alone.stance, alone.confidenceBp, alone.disagrees], ['approve', 10_000, true]);
});

test('a chain of neighbours does not make strangers agree', () => {
  const row = (degrees: number): Float32Array =>
    Float32Array.of(Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180));
  const responses = ['a', 'b', 'c', 'd'].map((name) => response(name, 'approve', name));
  const { clusters } = consensusOf({
    ...{ queryId: 'q', responses, absent: [], leastSimilarity: Math.cos((50 * Math.PI) / 180) },
    ...{ embeddings: [row(0), row(30), row(75), row(105)], leastResponses: 2 },
  });
  assert.equal(
    clusters.map(({ members }) => members.length),
    [2, 2],
  );
});

const someResponse = fc.record({
  stance: fc.constantFrom('approve' as const, 'reject' as const, 'unsure' as const),
  confidenceBp: fc.integer({ min: 0, max: 10_000 }),
  text: fc.constantFrom('a', 'ab', 'abc', 'b', 'ba', 'c', 'dddd'),
});

test('the order of responses does not matter, and each is counted once', () => {
  fc.assert(
    fc.property(fc.array(someResponse, { maxLength: 9 }), fc.infiniteStream(fc.nat()), (drawn, picks) => {
      const responses = drawn.map((one, at) => ({ ...response(`m${at}`, 'approve', ''), ...one }));
      const shuffled = [...responses].sort(() => (picks.next().value! % 2 === 0 ? 1 : -1));
      const [one, other] = [count(responses), count(shuffled)];
      assert.equal(
        one.clusters.flatMap(({ members }) => members).sort((a, b) => a - b),
        responses.map((_, at) => at),
      );
      const named = (result: ConsensusResult): string[][] =>
        result.clusters.map(({ members }) => members.map((at) => result.responses[at]!.model).sort());
      assert.equal(named(one), named(other));
      assert.equal(
        [one.stance, one.disagrees, one.confidenceBp],
        [other.stance, other.disagrees, other.confidenceBp],
      );
      for (const { stance, members } of one.clusters)
        assert.ok(members.every((at) => one.responses[at]!.stance === stance));
    }),
  );
});

test('similarity is a cosine, and what cannot be compared is refused', () => {
  const rows = [Float32Array.of(1, 0), Float32Array.of(3, 3), Float32Array.of(0, 0)];
  const [first] = similarityMatrix(rows);
  assert.equal([first![0], first![2]], [1, 0]);
  assert.ok(Math.abs(first![1]! - Math.SQRT1_2) < 1e-6);
  assert.throws(() => similarityMatrix([Float32Array.of(1), Float32Array.of(1, 2)]), /widths/);
  assert.throws(() => similarityMatrix([Float32Array.of(Number.NaN)]), /number/);
});

function model(name: string, ask: ConsensusModel['ask']): ConsensusModel {
  return { name, family: name, ask };
}
const approves: ModelAnswer = { stance: 'approve', confidenceBp: 9_000, text: 'a fine thing' };

test('models are asked at once; who is late or fails is absent, and the rest is counted', async () => {
  const clock = new SimClock();
  const asked: string[] = [];
  const budget = createBudget(clock, 1_000);
  const slow = (name: string, ms: number) =>
    model(name, async () => {
      asked.push(name);
      await new Promise<void>((resolve) => clock.setTimer(ms, resolve));
      return approves;
    });
  const models = [
    slow('a', 300),
    slow('b', 700),
    slow('late', 900),
    model('broken', () => Promise.reject(new WitanError('unavailable', 'no key'))),
  ];
  const embed = async (texts: readonly string[]) => texts.map(embeddingOf);
  const asking = queryModels('q', decision, { budget, options: { models, embed, clock } });
  assert.equal(asked, ['a', 'b', 'late']);
  await advance(clock, 801);
  const { responses, absent, disagrees, stance } = await asking;
  assert.equal(
    responses.map((one) => [one.model, one.elapsedMs]),
    [
      ['a', 300],
      ['b', 700],
    ],
  );
  assert.equal(
    absent.map((one) => [one.model, one.reason]),
    [
      ['late', 'deadline_exceeded'],
      ['broken', 'unavailable'],
    ],
  );
  assert.equal([stance, disagrees], ['approve', false]);
});

test('answers that cannot be embedded are an error, never an agreement', async () => {
  const clock = new SimClock();
  const options = {
    models: [model('a', async () => approves), model('b', async () => approves)],
    embed: () => Promise.reject(new WitanError('unavailable', 'no encoder')),
    clock,
  };
  const failed = await queryModels('q', decision, { budget: createBudget(clock, 1_000), options }).catch(
    ({ code }: WitanError) => code,
  );
  assert.is(failed, 'unavailable');
});

test('a desk counts for the path of a decision, and keeps the latest results', async () => {
  const clock = new SimClock();
  const stances: ModelAnswer['stance'][] = ['approve', 'approve', 'reject'];
  const desk = new ConsensusDesk({
    models: stances.map((stance, at) => model(`m${at}`, async () => ({ ...approves, stance }))),
    embed: async (texts) => texts.map(embeddingOf),
    ...{ clock, random: new SeededRandom(1), keepCount: 2 },
  });
  const ask = () => desk.query(decision, createBudget(clock, 1_000));
  const first = await ask();
  assert.equal([first.responseCount, first.minorityCount, first.disagrees], [3, 1, true]);
  assert.is(desk.result(first.queryId)?.stance, 'approve');
  const later = [await ask(), await ask()];
  assert.is(desk.result(first.queryId), undefined);
  assert.equal(
    desk.history().map(({ queryId }) => queryId),
    later.map(({ queryId }) => queryId).reverse(),
  );
});
