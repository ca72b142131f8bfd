/** What every pool does, whether its runners live on threads or in the own process. */
import { createBudget } from '../../../runtime/kernel/budget.ts';
import { toWitanError } from '../../../contracts/errors.ts';
import { assert, suite } from '../../harness.ts';
import { clock, LIVES, openPools } from './pool-fixtures.ts';
import { atGate, BATCHES, OPENED, openGate, RAN, sharedOf, toldModel } from './told-runner.ts';

const letters = (count: number): readonly string[] => Array.from({ length: count }, (_, at) => `n${at}`);

for (const [where, startLife] of Object.entries(LIVES)) {
  const test = suite(`pool ${where}`, { limitMs: 60_000 });

  test('a request is answered with its rows in order; nothing is started before', async () => {
    const model = toldModel();
    await using open = openPools(startLife, [model]);
    assert.is(open.system.find('/inference'), undefined);
    assert.is(sharedOf(model)[OPENED], 0);
    const budget = createBudget(clock, 60_000);
    const answer = await open.pools.infer({ model: 'told/model', texts: ['b', 'aa'] }, budget);
    budget.release();
    assert.equal([answer.model, answer.provider], [model.ref, 'javascript']);
    assert.equal(
      answer.rows.map((row) => [...row]),
      [
        [1, 98, 2],
        [2, 97, 2],
      ],
    );
    const paths = open.system.inspect('/inference').map(({ path }) => path);
    const pool = '/inference/pool/told.model@1.0.0~000000000000';
    assert.equal(paths, ['/inference', '/inference/pool', pool, `${pool}/worker-0`]);
  });

  test('an unknown model, a value that is no text and a request past the line are refused by name', async () => {
    const model = toldModel();
    await using open = openPools(startLife, [model]);
    assert.is(await open.ask(toldModel('2.0.0'), ['a']), 'not_found');
    assert.is(await open.ask(model, [1 as unknown as string]), 'invalid_argument');
    assert.is(await open.ask(model, letters(65)), 'too_large');
    assert.is(await open.ask(model, ['x'.repeat(100_001)]), 'too_large');
    assert.is(await open.ask(model, ['a'], 0), 'deadline_exceeded');
    assert.equal(await open.ask(model, []), []);
  });

  test('rows of several requests share batches while a worker is busy', async () => {
    const model = toldModel();
    await using open = openPools(startLife, [model]);
    const first = open.ask(model, ['wait']);
    await atGate(model);
    const rest = letters(16).map((text) => open.ask(model, [text]));
    openGate(model);
    await first;
    const sizes = (await Promise.all(rest)).map((rows) => (rows as number[][])[0]![2]);
    assert.equal(
      sizes,
      Array.from({ length: 16 }, () => 8),
    );
    const [status] = await open.pools.status();
    assert.is(status!.batches, 3);
    assert.is(status!.rows, 17);
    assert.ok(Math.abs(status!.meanBatchRows - 17 / 3) < 1e-9);
  });

  test('a text that is refused, or gives no number, costs the others of its batch nothing', async () => {
    const model = toldModel();
    await using open = openPools(startLife, [model]);
    const first = open.ask(model, ['wait']);
    await atGate(model);
    const rest = ['a', 'bad', 'b', 'nan', 'c'].map((text) => open.ask(model, [text]));
    const whole = open.ask(model, ['d', 'bad', 'e']);
    openGate(model);
    await first;
    const said = (await Promise.all(rest)).map((rows) => (typeof rows === 'string' ? rows : rows[0]![1]));
    assert.equal(said, [97, 'invalid_argument', 98, 'internal', 99]);
    assert.is(await whole, 'invalid_argument');
    assert.is((await open.pools.status())[0]!.restarts, 0);
  });

  test('what cannot be answered in its time is refused and never run', async () => {
    const model = toldModel();
    await using open = openPools(startLife, [model]);
    const first = open.ask(model, ['wait']);
    await atGate(model);
    const ran = sharedOf(model)[RAN]!;
    assert.is(await open.ask(model, ['late'], 20), 'deadline_exceeded');
    assert.is((await open.pools.status())[0]!.queuedRows, 0);
    openGate(model);
    await first;
    await open.ask(model, ['after']);
    assert.is(sharedOf(model)[RAN]! - ran, 2);
  });

  test('a request that is given up leaves the line and is not run', async () => {
    const model = toldModel();
    await using open = openPools(startLife, [model]);
    const first = open.ask(model, ['wait']);
    await atGate(model);
    const batches = sharedOf(model)[BATCHES]!;
    const abort = new AbortController();
    const budget = createBudget(clock, 600_000, abort.signal);
    const given = open.pools.infer({ model: model.ref, texts: letters(7) }, budget);
    const refused = given.then(String, (error: unknown) => toWitanError(error).code);
    assert.is((await open.pools.status())[0]!.queuedRows, 7);
    abort.abort(new Error('the caller has gone'));
    assert.is(await refused, 'cancelled');
    assert.is((await open.pools.status())[0]!.queuedRows, 0);
    openGate(model);
    await first;
    await open.ask(model, ['after']);
    assert.is(sharedOf(model)[BATCHES]! - batches, 1);
  });

  test('a full line refuses with the time after which to come again; nothing that waits is lost', async () => {
    const model = toldModel();
    await using open = openPools(startLife, [model]);
    const first = open.ask(model, ['wait']);
    await atGate(model);
    // A batch lies ready at the worker; 64 fill the line.
    const waiting = Promise.all(letters(72).map((text) => open.ask(model, [text])));
    assert.is((await open.pools.status())[0]!.queuedRows, 64);
    const budget = createBudget(clock, 60_000);
    const refusal = await open.pools.infer({ model: model.ref, texts: ['more'] }, budget).catch(toWitanError);
    budget.release();
    assert.ok('code' in refusal && refusal.code === 'overloaded');
    assert.ok(Number(refusal.details.retryAfterMs) >= 10);
    assert.is(await open.ask(model, ['x'.repeat(99_999), 'y']), 'overloaded');
    openGate(model);
    await first;
    assert.ok((await waiting).every((rows) => typeof rows !== 'string'));
    assert.is((await open.pools.status())[0]!.refused['overloaded'], 2);
  });

  for (const fault of ['crash', 'hang']) {
    test(`${fault}: the text is tried once more, then refused for good; the others are answered`, async () => {
      const model = toldModel();
      await using open = openPools(startLife, [model]);
      const first = open.ask(model, ['wait']);
      await atGate(model);
      const rest = ['a', 'b', fault, 'c', 'd', 'e', 'f', 'g', 'h', 'i'].map((text) =>
        open.ask(model, [text]),
      );
      openGate(model);
      await first;
      const said = (await Promise.all(rest)).map((rows) => (typeof rows === 'string' ? rows : 'rows'));
      assert.is(said[2], 'invalid_argument');
      assert.equal(
        said.filter((one) => one !== 'rows'),
        ['invalid_argument'],
      );
      const opened = sharedOf(model)[OPENED]!;
      // Asked again it is refused at once, and ends nothing.
      assert.is(await open.ask(model, [fault]), 'invalid_argument');
      assert.equal((await open.ask(model, ['after'])) as number[][], [[5, 97, 1]]);
      assert.is(sharedOf(model)[OPENED], opened);
      assert.is((await open.pools.status())[0]!.restarts, 2);
      const ends = open.telemetry.metrics.samples().find(({ name }) => name === 'inference_worker_ends');
      assert.is(ends!.value, 2);
      assert.equal(ends!.labels, { model: 'told/model', code: 'unavailable' });
    });
  }

  test('devices that are not there are passed over, one that takes its worker down is given up', async () => {
    const model = toldModel();
    await using open = openPools(startLife, [model], { devices: ['cuda', 'webgpu', 'cpu'] });
    assert.equal(await open.ask(model, ['a']), [[1, 97, 1]]);
    const [status] = await open.pools.status();
    assert.equal(
      [status!.provider, status!.device, status!.state],
      ['javascript', 'not run on a GPU', 'ready'],
    );
    assert.equal(status!.passedOver, ['webgpu: its probe ended the worker', 'cuda: there is no such device']);
    assert.ok(open.telemetry.lines.some(({ message }) => message.includes('not run on a GPU')));
  });

  test('a model that no device runs is refused at once, with the reason', async () => {
    const model = toldModel();
    await using open = openPools(startLife, [model], { devices: ['cuda'] });
    const budget = createBudget(clock, 60_000);
    const refusal = await open.pools.infer({ model: model.ref, texts: ['a'] }, budget).catch(toWitanError);
    assert.ok('code' in refusal && refusal.code === 'unavailable');
    assert.match((refusal as Error).message, /there is no such device/);
    budget.release();
    const [status] = await open.pools.status();
    assert.is(status!.state, 'failed');
  });

  test('closing answers what was taken and refuses what comes after', async () => {
    const model = toldModel();
    await using open = openPools(startLife, [model]);
    const first = open.ask(model, ['wait']);
    await atGate(model);
    const rest = letters(20).map((text) => open.ask(model, [text]));
    assert.is((await open.pools.status())[0]!.queuedRows, 12);
    const closed = Promise.all([open.pools.close(), open.pools.close()]);
    assert.is(await open.ask(model, ['late']), 'unavailable');
    openGate(model);
    await closed;
    assert.ok((await Promise.all([first, ...rest])).every((rows) => typeof rows !== 'string'));
    assert.is(open.system.find('/inference'), undefined);
  });

  test('closing without patience refuses what runs and waits', async () => {
    const model = toldModel();
    await using open = openPools(startLife, [model]);
    const asked = ['wait', ...letters(20)].map((text) => open.ask(model, [text]));
    await atGate(model);
    await open.pools.close(0);
    assert.equal(new Set(await Promise.all(asked)), new Set(['unavailable']));
  });

  test('a replaced version is stopped when nobody asks for it any more', async () => {
    const [old, present] = [toldModel('1.0.0'), toldModel('1.1.0')];
    await using open = openPools(startLife, [old, present]);
    const stopped = new Promise<void>((resolve) => {
      open.system.subscribe(({ kind, path }) => {
        if (kind === 'stopped' && path.endsWith('told.model@1.0.0~000000000000')) resolve();
      });
    });
    await open.ask(old, ['a']);
    await open.ask(present, ['a']);
    await stopped;
    assert.equal(
      (await open.pools.status()).map(({ model }) => model),
      [present.ref],
    );
    assert.equal(await open.ask(old, ['b']), [[1, 98, 1]]);
  });
}
