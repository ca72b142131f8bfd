/** Real ONNX sessions on threads: answers, devices, an end in the midst of the work. */
import { openTiny, tinyModel } from '../../../bench/inference/pool-tiny-model.ts';
import type { RunnerLife, StartLife } from '../../../agents/inference/pool/runner-life.ts';
import { threadLives } from '../../../runtime/host/inference/thread-life.ts';
import { assert, suite } from '../../harness.ts';
import { clock, openPools } from './pool-fixtures.ts';

const test = suite('pool: ONNX on threads', { limitMs: 120_000 });

const lives = threadLives({
  clock,
  entry: {
    name: 'pool-tiny-worker',
    beside: import.meta.resolve('../../../bench/inference/pool-tiny-model.ts'),
  },
  hangMs: 10_000,
  startMs: 60_000,
});
const TEXTS = Array.from({ length: 40 }, (_, at) => `Text number ${at} ${'and so on '.repeat(at % 5)}`);

test('a pool says what the session says, in whatever batches', async () => {
  const model = tinyModel('onnx');
  await using open = openPools(lives, [model], { workerCount: 2 });
  const runner = await openTiny(model, ['cpu']);
  const direct = (await Promise.all(TEXTS.map((text) => runner.run([text])))).map(([row]) => row![0]!);
  await runner.close();
  const whole = (await open.ask(model, TEXTS)) as number[][];
  const single = await Promise.all(TEXTS.map((text) => open.ask(model, [text])));
  for (const [at, value] of direct.entries()) {
    assert.ok(Math.abs(whole[at]![0]! - value) < 1e-6);
    assert.ok(Math.abs((single[at] as number[][])[0]![0]! - value) < 1e-6);
  }
  assert.ok(new Set(direct).size > 30, 'texts are told apart');
  const [status] = await open.pools.status();
  assert.equal([status!.provider, status!.device, status!.workerCount], ['cpu', 'not run on a GPU', 2]);
});

test('a GPU that is not there is passed over, and the pool says why', async () => {
  const model = tinyModel('onnx');
  await using open = openPools(lives, [model], { devices: ['cuda', 'cpu'] });
  assert.is(((await open.ask(model, ['a'])) as number[][]).length, 1);
  const [status] = await open.pools.status();
  assert.is(
    status!.device,
    status!.provider === 'cuda' ? 'asked the provider cuda to run it' : 'not run on a GPU',
  );
  if (status!.provider !== 'cuda') assert.match(status!.passedOver.join(), /^cuda: /);
});

test('threads with sessions can be ended in the midst of their work, again and again', async () => {
  const model = tinyModel('onnx');
  const started: RunnerLife[] = [];
  const seen: StartLife = (...of) => {
    const life = lives(...of);
    started.push(life);
    return life;
  };
  await using open = openPools(seen, [model], { queueRowMax: 10_000, queueCharacterMax: 1_000_000 });
  // Many at once ask for a pool that is not there yet: it is started once.
  await Promise.all(Array.from({ length: 2_000 }, () => open.ask(model, ['a'])));
  assert.is(started.length, 1);
  for (let left = 3; left > 0; left -= 1) {
    const asked = Promise.all(Array.from({ length: 1_000 }, () => open.ask(model, TEXTS.slice(0, 4))));
    const life = started.at(-1)!;
    await life.ready;
    await life.close();
    const said = new Set((await asked).map((rows) => (typeof rows === 'string' ? rows : rows.length)));
    assert.equal([...said], [4]);
  }
  assert.ok((await open.pools.status())[0]!.restarts >= 3);
});
