/** The way back by itself, and after a crash at any step of storing it. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import { join } from 'node:path';
import { WitanError } from '../../../contracts/errors.ts';
import type { ErrorCode } from '../../../contracts/errors.ts';
import type { Budget } from '../../../runtime/kernel/actor.ts';
import type { InferencePort, InferenceRows } from '../../../runtime/kernel/ports/inference.ts';
import { choiceFile } from '../../../runtime/host/models/choice-file.ts';
import { memoryChoiceStore } from '../../../agents/inference/registry/choice/choice-store.ts';
import type { ChoiceStore } from '../../../agents/inference/registry/choice/choice-store.ts';
import { DEFAULT_BOUNDS, OutcomeWatch } from '../../../agents/inference/registry/choice/outcome-watch.ts';
import type { ModelRegistry } from '../../../agents/inference/registry/model-registry.ts';
import { modelStatus } from '../../../agents/inference/registry/model-views.ts';
import { ServedInference } from '../../../agents/inference/registry/served-inference.ts';
import { assert, suite } from '../../harness.ts';
import { collector, failureOf, withModels } from './model-fixtures.ts';
import type { ModelsFolder } from './model-fixtures.ts';

const test = suite('models: the way back');
const ID = 'injection/ngram';
const BUDGET = {} as Budget;

function versions(models: ModelsFolder): void {
  for (const one of ['1.0.0', '1.1.0']) models.write(`${ID}@${one}`);
}

const serves = (registry: ModelRegistry): string => registry.resolve(ID).entry.place.version;

/** Pools whose answer is scripted by version. */
function pools(answer: (version: string) => number[] | ErrorCode): InferencePort & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    async infer({ model, texts }): Promise<InferenceRows> {
      asked.push(model);
      const said = answer(model.split('@')[1]!);
      if (typeof said === 'string') throw new WitanError(said, `${model} says ${said}`);
      return { model: `${model}#0`, provider: 'cpu', rows: texts.map(() => Float32Array.from(said)) };
    },
  };
}

test('a crash loop takes the newest back by itself, says so, and stores it', () =>
  withModels(async (models) => {
    versions(models);
    const { events, onEvent } = collector();
    const store = memoryChoiceStore();
    const registry = await models.open({ store, onEvent });
    registry.note(`${ID}@1.1.0`, 'crashed');
    registry.note(`${ID}@1.1.0#abc`, 'crashed');
    await registry.settled();
    assert.is(serves(registry), '1.1.0');
    registry.note(`${ID}@1.1.0`, 'crashed');
    await registry.settled();
    assert.is(serves(registry), '1.0.0');
    const told = events.filter(({ kind }) => kind === 'rolled-back');
    assert.equal(told, [
      { kind: 'rolled-back', id: ID, from: '1.1.0', to: '1.0.0', why: '3 crashes, bound 3' },
    ]);
    const again = await models.open({ store });
    assert.is(serves(again), '1.0.0', 'also after a restart');
    const { rolledBack } = modelStatus(again).items[0]!;
    assert.equal([rolledBack?.by, rolledBack?.from, rolledBack?.to], ['node', '1.1.0', '1.0.0']);
  }));

test('refusals above the bound take a version back; at the bound, or too few, they do not', () =>
  withModels(async (models) => {
    versions(models);
    const registry = await models.open();
    for (let at = 0; at < 90; at += 1) registry.note(`${ID}@1.1.0`, 'answered');
    for (let at = 0; at < 10; at += 1) registry.note(`${ID}@1.1.0`, 'refused');
    await registry.settled();
    assert.is(serves(registry), '1.1.0', '10 of 100 is the bound');
    registry.note(`${ID}@1.1.0`, 'refused');
    await registry.settled();
    assert.is(serves(registry), '1.0.0');
    const few = await models.open();
    for (let at = 0; at < 49; at += 1) few.note(`${ID}@1.1.0`, 'refused');
    await few.settled();
    assert.is(serves(few), '1.1.0');
  }));

test('what lies back longer than two windows counts no more; what lies in the one before does', () => {
  const watch = new OutcomeWatch(DEFAULT_BOUNDS);
  const { windowMs } = DEFAULT_BOUNDS;
  assert.is(watch.note('a@1.0.0', 'crashed', 0), undefined);
  assert.is(watch.note('a@1.0.0', 'crashed', windowMs - 1), undefined);
  assert.is(watch.note('b@1.0.0', 'crashed', windowMs - 1), undefined);
  assert.is(watch.note('a@1.0.0', 'crashed', windowMs + 1), '3 crashes, bound 3');
  assert.is(watch.note('a@1.0.0', 'crashed', 4 * windowMs), undefined);
});

test('the only version goes on serving, and that is said once', () =>
  withModels(async (models) => {
    models.write(`${ID}@1.0.0`);
    const { events, onEvent } = collector();
    const registry = await models.open({ onEvent });
    for (let at = 0; at < 50; at += 1) registry.note(`${ID}@1.0.0`, 'crashed');
    await registry.settled();
    assert.is(serves(registry), '1.0.0');
    const told = events.filter((event) => event.kind === 'rolled-back');
    assert.is(told.length, 1);
    assert.is(told[0]!.kind === 'rolled-back' && told[0]!.to, null);
  }));

test('a version that does not serve is not left, and one in use that fails takes its canary along', () =>
  withModels(async (models) => {
    for (const one of ['1.0.0', '1.1.0', '1.2.0']) models.write(`${ID}@${one}`);
    const registry = await models.open();
    await registry.change({ change: 'use', model: ID, version: '1.1.0' }, 'operator');
    for (let at = 0; at < 5; at += 1) registry.note(`${ID}@1.2.0`, 'crashed');
    await registry.settled();
    assert.is(registry.choices.generation, 1);
    await registry.change({ change: 'use', model: ID, version: '1.0.0' }, 'operator');
    await registry.change({ change: 'use', model: ID, version: '1.1.0' }, 'operator');
    await registry.change({ change: 'canary', model: ID, version: '1.2.0', shareBp: 100 }, 'operator');
    for (let at = 0; at < 3; at += 1) registry.note(`${ID}@1.1.0`, 'crashed');
    await registry.settled();
    assert.is(serves(registry), '1.0.0');
    assert.is(registry.resolve(ID).canary, undefined);
  }));

/** Node with 1.0.0 in use and 1.1.0 as a canary for every request. */
async function withCanary(
  models: ModelsFolder,
  onEvent?: ReturnType<typeof collector>['onEvent'],
): Promise<ModelRegistry> {
  versions(models);
  const registry = await models.open({ ...(onEvent && { onEvent }) });
  await registry.change({ change: 'use', model: ID, version: '1.0.0' }, 'operator');
  await registry.change({ change: 'canary', model: ID, version: '1.1.0', shareBp: 10_000 }, 'operator');
  return registry;
}

test('a canary answers, the version in use is asked beside it, and both are named', () =>
  withModels(async (models) => {
    const registry = await withCanary(models);
    const port = pools((version) => (version === '1.1.0' ? [0.75] : [0.25]));
    const served = new ServedInference(registry, port);
    const answer = await served.infer({ model: ID, texts: ['a', 'b'] }, BUDGET);
    assert.is(answer.model, `${ID}@1.1.0#0`);
    assert.equal(answer.compared, { model: `${ID}@1.0.0#0`, largestDifference: 0.5 });
    assert.equal(port.asked, [`${ID}@1.1.0`, `${ID}@1.0.0`]);
    const { canary } = modelStatus(registry).items[0]!;
    assert.equal([canary?.textCount, canary?.meanDifference, canary?.flipCount], [2, 0.5, 2]);
    const named = await served.infer({ model: `${ID}@1.0.0`, texts: ['a'] }, BUDGET);
    assert.is(named.compared, undefined);
  }));

for (const [what, said] of [
  ['refuses', 'internal'],
  ['crashes', 'crashed'],
  ['gives what is no number', [Number.NaN]],
  ['gives another width', [0.1, 0.2]],
] as const) {
  test(`a canary that ${what} costs no answer and is taken back`, () =>
    withModels(async (models) => {
      const { events, onEvent } = collector();
      const registry = await withCanary(models, onEvent);
      const scripted = pools((version) => {
        if (version !== '1.1.0') return [0.25];
        return typeof said === 'string' ? said : [...said];
      });
      const port = new ServedInference(registry, scripted);
      for (let at = 0; at < 60; at += 1) {
        const { model, rows } = await port.infer({ model: ID, texts: [`text ${at}`] }, BUDGET);
        assert.is(model, `${ID}@1.0.0#0`);
        assert.is(rows[0]![0], 0.25);
      }
      await registry.settled();
      assert.is(registry.resolve(ID).canary, undefined);
      assert.is(serves(registry), '1.0.0');
      assert.is(events.filter(({ kind }) => kind === 'rolled-back').length, 1);
    }));
}

test('overload, deadlines and faults of the caller take nothing back', () =>
  withModels(async (models) => {
    versions(models);
    const registry = await models.open();
    for (const code of ['overloaded', 'deadline_exceeded', 'invalid_argument', 'too_large'] as const) {
      const served = new ServedInference(
        registry,
        pools(() => code),
      );
      for (let at = 0; at < 100; at += 1)
        assert.is((await failureOf(served.infer({ model: ID, texts: ['a'] }, BUDGET)))?.code, code);
    }
    await registry.settled();
    assert.is(serves(registry), '1.1.0');
    const broken = new ServedInference(
      registry,
      pools((version) => (version === '1.1.0' ? 'unavailable' : [0.5])),
    );
    for (let at = 0; at < 60; at += 1) await failureOf(broken.infer({ model: ID, texts: ['a'] }, BUDGET));
    await registry.settled();
    assert.is(serves(registry), '1.0.0');
  }));

test('a store that fails leaves everything as it was, in memory too; the next change is stored', () =>
  withModels(async (models) => {
    versions(models);
    let isFailing = false;
    const inner = memoryChoiceStore();
    const store: ChoiceStore = {
      read: inner.read,
      write: (text) =>
        isFailing ? Promise.reject(new WitanError('storage_failed', 'no disk')) : inner.write(text),
    };
    const registry = await models.open({ store });
    await registry.change({ change: 'use', model: ID, version: '1.1.0' }, 'operator');
    const before = await inner.read();
    isFailing = true;
    const failure = await failureOf(registry.change({ change: 'rollback', model: ID, why: 'x' }, 'operator'));
    assert.is(failure?.code, 'storage_failed');
    assert.equal([serves(registry), await inner.read()], ['1.1.0', before]);
    isFailing = false;
    await registry.change({ change: 'rollback', model: ID, why: 'x' }, 'operator');
    assert.is(serves(registry), '1.0.0');
  }));

test('a crash at any step of storing a way back leaves the state before it, or after it', () =>
  withModels(async (models) => {
    versions(models);
    const folder = join(models.root, '.data', 'models');
    mkdirSync(folder, { recursive: true });
    const path = join(folder, 'choices.json');
    const registry = await models.open({ store: choiceFile(path) });
    await registry.change({ change: 'use', model: ID, version: '1.1.0' }, 'operator');
    const before = readFileSync(path, 'utf8');
    await registry.change({ change: 'rollback', model: ID, why: 'x' }, 'operator');
    const after = readFileSync(path, 'utf8');
    assert.equal(readdirSync(folder), ['choices.json'], 'nothing is left aside');
    // What a process that is killed can leave: some part of the file aside, with or without the rename.
    for (let bytes = 0; bytes <= after.length; bytes += Math.ceil(after.length / 9)) {
      writeFileSync(path, before);
      writeFileSync(`${path}.killed.tmp`, after.slice(0, bytes));
      assert.is(serves(await models.open({ store: choiceFile(path) })), '1.1.0');
    }
    await fs.rename(`${path}.killed.tmp`, path);
    writeFileSync(path, after);
    const reopened = await models.open({ store: choiceFile(path) });
    assert.is(serves(reopened), '1.0.0');
    // And the way goes on from there.
    const failure = await failureOf(reopened.change({ change: 'rollback', model: ID, why: 'x' }, 'operator'));
    assert.is(failure?.code, 'conflict');
  }));

test('damaged choices keep the registry shut: a guess would undo somebody’s choice', () =>
  withModels(async (models) => {
    versions(models);
    for (const text of ['', '{', '{"format":"witan-model-choices/1"}', '{"format":"other"}']) {
      const failure = await failureOf(models.open({ store: memoryChoiceStore(text) }));
      assert.is(failure?.code, 'verification_failed', text);
    }
  }));

test('a choice whose version is gone is refused by name, and another may be chosen', () =>
  withModels(async (models) => {
    versions(models);
    const store = memoryChoiceStore();
    await (await models.open({ store })).change({ change: 'use', model: ID, version: '1.1.0' }, 'operator');
    await fs.rm(models.folderOf(ID, '1.1.0'), { recursive: true });
    const registry = await models.open({ store });
    const failure = await failureOf(registry.lookup(ID));
    assert.is(failure?.code, 'not_found');
    assert.match(failure!.message, /injection\/ngram@1\.1\.0/);
    assert.equal(
      modelStatus(registry).items.map(({ health, inUse }) => [health, inUse]),
      [['down', null]],
    );
    await registry.change({ change: 'rollback', model: ID, why: 'gone' }, 'operator');
    assert.is(serves(registry), '1.0.0');
  }));
