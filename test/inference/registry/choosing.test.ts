/** Which version serves: names, shares of canaries, changes, and that nodes agree. */
import fc from 'fast-check';
import { writeFileSync } from 'node:fs';
import { memoryChoiceStore } from '../../../agents/inference/registry/choice/choice-store.ts';
import { pickModel } from '../../../agents/inference/registry/choice/resolve.ts';
import { compareVersions } from '../../../agents/inference/registry/catalogue.ts';
import { assert, suite } from '../../harness.ts';
import { failureOf, withModels } from './model-fixtures.ts';

const test = suite('models: choosing', { limitMs: 60_000 });
const ID = 'injection/ngram';

const version = fc.tuple(fc.nat(12), fc.nat(12), fc.nat(12)).map((parts) => parts.join('.'));

test('the newest by its numbers serves, whatever the order of names', () =>
  fc.assert(
    fc.asyncProperty(fc.uniqueArray(version, { minLength: 1, maxLength: 5 }), (versions) =>
      withModels(async (models) => {
        for (const one of versions) models.write(`${ID}@${one}`);
        const registry = await models.open();
        const newest = versions.reduce((a, b) => (compareVersions(a, b) >= 0 ? a : b));
        assert.is(registry.resolve(ID).entry.place.version, newest);
        for (const one of versions) assert.is(registry.resolve(`${ID}@${one}`).entry.place.version, one);
      }),
    ),
    { numRuns: 20 },
  ));

test('a canary gets its share of ids within chance, and no id moves when the share grows', () =>
  withModels(async (models) => {
    models.write(`${ID}@1.0.0`);
    models.write(`${ID}@1.1.0`);
    const registry = await models.open();
    const { entry } = registry.resolve(`${ID}@1.0.0`);
    const other = registry.resolve(`${ID}@1.1.0`).entry;
    const n = 20_000;
    let before = new Set<string>();
    for (const shareBp of [1, 100, 500, 5_000, 9_999, 10_000]) {
      const chosen = new Set<string>();
      for (let at = 0; at < n; at += 1) {
        const id = `request-${at}`;
        const { compareWith } = pickModel({ entry, by: 'newest', canary: { entry: other, shareBp } }, id);
        if (compareWith) chosen.add(id);
      }
      const share = shareBp / 10_000;
      // Five standard deviations: one run in two million fails by chance, and the ids are fixed.
      const room = 5 * Math.sqrt(n * share * (1 - share)) + 1;
      assert.ok(Math.abs(chosen.size - n * share) <= room, `${shareBp}: ${chosen.size} of ${n}`);
      for (const id of before) assert.ok(chosen.has(id), `${id} moved at ${shareBp}`);
      before = chosen;
    }
  }));

test('two nodes with the same choices pick the same for any id; another version meets other ids', () =>
  withModels(async (models) => {
    for (const one of ['1.0.0', '1.1.0', '1.2.0'])
      models.write(`${ID}@${one}`, { aliases: ['catalogue/name'] });
    const [left, right] = [await models.open(), await models.open()];
    for (const node of [left, right]) {
      await node.change({ change: 'use', model: ID, version: '1.0.0' }, 'operator');
      await node.change({ change: 'canary', model: 'catalogue/name', version: '1.1.0', shareBp: 3_000 }, 'x');
    }
    const third = await models.open();
    await third.change({ change: 'use', model: ID, version: '1.0.0' }, 'operator');
    await third.change({ change: 'canary', model: ID, version: '1.2.0', shareBp: 3_000 }, 'operator');
    let differing = 0;
    fc.assert(
      fc.property(fc.string(), (id) => {
        const [a, b, c] = [left, right, third].map((node) => node.pick(ID, id));
        assert.is(a!.entry.ref, b!.entry.ref);
        assert.is(a!.compareWith?.ref, b!.compareWith?.ref);
        if (Boolean(a!.compareWith) !== Boolean(c!.compareWith)) differing += 1;
        // A name that says a version is never given another one.
        assert.is(left.pick(`${ID}@1.2.0`, id).entry.place.version, '1.2.0');
      }),
      { numRuns: 500 },
    );
    assert.ok(differing > 50, `${differing}`);
  }));

test('use, canary, rollback: what serves after each, and what is refused', () =>
  withModels(async (models) => {
    for (const one of ['1.0.0', '1.1.0', '2.0.0']) models.write(`${ID}@${one}`);
    const store = memoryChoiceStore();
    const registry = await models.open({ store });
    const serves = (): string => registry.resolve(ID).entry.place.version;
    const canary = (): string | undefined => registry.resolve(ID).canary?.entry.place.version;
    await registry.change({ change: 'use', model: ID, version: '1.1.0' }, 'operator');
    assert.is(serves(), '1.1.0');
    await registry.change({ change: 'canary', model: ID, version: '2.0.0', shareBp: 500 }, 'operator');
    assert.equal([serves(), canary()], ['1.1.0', '2.0.0']);
    // First the canary goes, then the version.
    await registry.change({ change: 'rollback', model: ID, why: 'no' }, 'operator');
    assert.equal([serves(), canary()], ['1.1.0', undefined]);
    await registry.change({ change: 'rollback', model: ID, why: 'no' }, 'operator');
    assert.is(serves(), '2.0.0', 'what served before 1.1.0 was chosen');
    await registry.change({ change: 'rollback', model: ID, why: 'no' }, 'operator');
    await registry.change({ change: 'rollback', model: ID, why: 'no' }, 'operator');
    assert.is(serves(), '1.0.0');
    const refusals = [
      { change: 'rollback', model: ID, why: 'no' },
      { change: 'use', model: ID, version: '9.9.9' },
      { change: 'canary', model: ID, version: '1.0.0', shareBp: 1 },
      { change: 'use', model: 'nobody', version: null },
    ] as const;
    const before = await store.read();
    const codes = [];
    for (const request of refusals) codes.push((await failureOf(registry.change(request, 'operator')))?.code);
    assert.equal(codes, ['conflict', 'not_found', 'conflict', 'not_found']);
    assert.is(await store.read(), before, 'nothing was stored');
    await registry.change({ change: 'use', model: ID, version: null }, 'operator');
    assert.is(serves(), '2.0.0');
    assert.is((await models.open({ store })).resolve(ID).entry.place.version, '2.0.0');
    assert.is(registry.choices.generation, 7);
  }));

test('any row of changes leaves something that serves, and says what it did', () =>
  withModels(async (models) => {
    const versions = ['1.0.0', '1.1.0', '2.0.0'];
    for (const one of versions) models.write(`${ID}@${one}`);
    const known = fc.constantFrom(...versions);
    const change = fc.oneof(
      fc.record({ change: fc.constant('use' as const), version: fc.option(known) }),
      fc.record({
        change: fc.constant('canary' as const),
        version: fc.option(known),
        shareBp: fc.integer({ min: 1, max: 10_000 }),
      }),
      fc.record({ change: fc.constant('rollback' as const), why: fc.constant('so') }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 12 }), async (row) => {
        const store = memoryChoiceStore();
        const registry = await models.open({ store });
        for (const one of row) {
          const from = registry.resolve(ID).entry.place.version;
          const changed = await registry.change({ ...one, model: ID }, 'operator').catch(() => undefined);
          const to = registry.resolve(ID);
          assert.is(changed?.from ?? from, from);
          assert.is(changed?.to ?? from, to.entry.place.version);
          assert.not.equal(to.canary?.entry.ref, to.entry.ref);
          assert.equal((await models.open({ store })).choices, registry.choices);
        }
      }),
      { numRuns: 60 },
    );
  }));

test('a version whose files do not hold is not chosen', () =>
  withModels(async (models) => {
    models.write(`${ID}@1.0.0`);
    models.write(`${ID}@1.1.0`, {}, 'right');
    const registry = await models.open();
    await registry.change({ change: 'use', model: ID, version: '1.0.0' }, 'operator');
    writeFileSync(`${models.folderOf(ID, '1.1.0')}/weights.bin`, 'wrong');
    for (const request of [
      { change: 'use', model: ID, version: '1.1.0' },
      { change: 'canary', model: ID, version: '1.1.0', shareBp: 100 },
    ] as const)
      assert.is((await failureOf(registry.change(request, 'operator')))?.code, 'verification_failed');
    assert.is(registry.resolve(ID).entry.place.version, '1.0.0');
    assert.is(registry.resolve(ID).canary, undefined);
  }));
