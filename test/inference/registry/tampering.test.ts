/** Every way of changing a model on its way: refused by name, nothing of it kept. */
import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { ModelManifest } from '../../../contracts/messages/models/manifest.ts';
import { digestOf } from '../../../runtime/kernel/crypto/digest.ts';
import { memoryChoiceStore } from '../../../agents/inference/registry/choice/choice-store.ts';
import { openModelRegistry } from '../../../agents/inference/registry/model-registry.ts';
import { placeModel } from '../../../agents/inference/registry/files/place-model.ts';
import { modelSigner, newModelKey } from '../../../agents/inference/registry/trust/sign-model.ts';
import { assert, suite } from '../../harness.ts';
import { bodyOf, failureOf, ModelsFolder, sha256Hex, withModels } from './model-fixtures.ts';

const test = suite('models: tampering');
const NAME = 'injection/ngram@1.0.0';

test('a signed model is loaded, under its alias too, with its encoder', () =>
  withModels(async (models) => {
    models.write('encoder/tiny@1.2.0', { runner: 'sentence-encoder' });
    models.write(NAME, { runner: 'linear-head', base: 'encoder/tiny@1.2.0', aliases: ['anansi/one-v1'] });
    const registry = await models.open();
    assert.equal(registry.faults, []);
    const model = await registry.lookup('anansi/one-v1');
    assert.is(Buffer.from(model.files.get('weights.bin')!).toString(), `weights of ${NAME}`);
    assert.match(model.ref, /^injection\/ngram@1\.0\.0#[0-9a-f]{12}$/);
    assert.is(model.base?.manifest.id, 'encoder/tiny');
    assert.is(await registry.lookup('injection/ngram'), model);
    assert.is(registry.loaded(NAME), model);
    assert.is(registry.loaded('nobody'), undefined);
  }));

/** What is done to a folder with one signed model, and what must be said of it. */
const MANIPULATIONS: readonly (readonly [string, RegExp, (folder: string, models: ModelsFolder) => void])[] =
  [
    [
      'one byte of a file',
      /weights\.bin: its SHA-256 is/,
      (folder) => {
        const path = join(folder, 'weights.bin');
        const bytes = readFileSync(path);
        bytes[3]! ^= 1;
        writeFileSync(path, bytes);
      },
    ],
    ['a shorter file', /ends after 4 bytes/, (folder) => truncateSync(join(folder, 'weights.bin'), 4)],
    [
      'a longer file',
      /longer than/,
      (folder) => writeFileSync(join(folder, 'weights.bin'), 'x', { flag: 'a' }),
    ],
    ['a missing file', /weights\.bin: it is missing/, (folder) => rmSync(join(folder, 'weights.bin'))],
    ['a missing manifest', /model\.json: it is missing/, (folder) => rmSync(join(folder, 'model.json'))],
    [
      'a link in the place of a file',
      /weights\.bin: it is a link/,
      (folder) => {
        renameSync(join(folder, 'weights.bin'), join(folder, 'real.bin'));
        symlinkSync('real.bin', join(folder, 'weights.bin'));
      },
    ],
    [
      'a link in the place of the manifest',
      /model\.json: it is a link/,
      (folder) => {
        renameSync(join(folder, 'model.json'), join(folder, 'other.json'));
        symlinkSync('other.json', join(folder, 'model.json'));
      },
    ],
    [
      'a folder in the place of a file',
      /weights\.bin: it is no plain file/,
      (folder) => {
        rmSync(join(folder, 'weights.bin'));
        mkdirSync(join(folder, 'weights.bin'));
      },
    ],
    [
      'a pipe in the place of a file',
      /weights\.bin: it is no plain file/,
      (folder) => {
        rmSync(join(folder, 'weights.bin'));
        execFileSync('mkfifo', [join(folder, 'weights.bin')]);
      },
    ],
    ['a manifest that is no JSON', /model\.json/, (folder) => writeFileSync(join(folder, 'model.json'), '{')],
    [
      'a manifest without an end',
      /bytes, at most/,
      (folder) => writeFileSync(join(folder, 'model.json'), ' '.repeat(1_048_577)),
    ],
    [
      'a key twice in the manifest',
      /twice|duplicate|once/i,
      (folder) => {
        const text = readFileSync(join(folder, 'model.json'), 'utf8');
        writeFileSync(join(folder, 'model.json'), text.replace('{', '{"keyId":"other",'));
      },
    ],
  ];

for (const [what, why, manipulate] of MANIPULATIONS) {
  test(`${what}: refused by name`, () =>
    withModels(async (models) => {
      models.write(NAME);
      models.write('other/model@1.0.0');
      manipulate(models.folderOf('injection/ngram', '1.0.0'), models);
      const registry = await models.open();
      const failure = await failureOf(registry.lookup('injection/ngram'));
      assert.is(failure?.code, 'verification_failed');
      assert.match(failure!.message, /injection\/ngram@1\.0\.0/);
      assert.match(failure!.message, why);
      assert.throws(() => registry.loaded(NAME), /refused/);
      assert.ok(await registry.lookup('other/model'), 'the others serve');
      assert.equal(
        registry.faults.map(({ id, code }) => [id, code]),
        [['injection/ngram', 'verification_failed']],
      );
    }));
}

/** Manifests that are signed well, or not, and must not be taken. */
const MANIFESTS: readonly (readonly [
  string,
  RegExp,
  (good: ModelManifest, models: ModelsFolder) => unknown,
])[] = [
  [
    'a changed figure under the old signature',
    /signature of model#\w+ does not hold/,
    (good) => ({
      ...good,
      body: { ...good.body, measured: [{ metric: 'auc', value: 1, unit: '', source: 'nobody' }] },
    }),
  ],
  [
    'the signature of another model',
    /does not hold/,
    (good, models) => ({
      ...good,
      signature: models.signer.sign(bodyOf('other/model', '1.0.0', 'x')).signature,
    }),
  ],
  ['a signature of zeros', /does not hold/, (good) => ({ ...good, signature: 'A'.repeat(86) })],
  ['no signature', /does not hold/, (good) => ({ ...good, signature: '' })],
  [
    'a signature in another spelling',
    /does not hold/,
    (good) => ({ ...good, signature: `${good.signature}=` }),
  ],
  ['a key that nobody trusts', /is not trusted here/, (good) => modelSigner(newModelKey()).sign(good.body)],
  [
    'the id of a trusted key over a foreign signature',
    /does not hold/,
    (good) => ({
      ...modelSigner(newModelKey()).sign(good.body),
      keyId: good.keyId,
    }),
  ],
  ['a pin where none is', /no digest is pinned/, (good) => ({ ...good, keyId: 'pinned', signature: '' })],
  ['a field more', /unknown|model\.json|refused/, (good) => ({ ...good, note: 'x' })],
  [
    'another version than its folder',
    /holds the manifest of injection\/ngram@2\.0\.0/,
    (good, models) => models.signer.sign({ ...good.body, version: '2.0.0' }),
  ],
  [
    'another model than its folder',
    /holds the manifest of other\/model@1\.0\.0/,
    (good, models) => models.signer.sign({ ...good.body, id: 'other/model' }),
  ],
  [
    'a file above the folder',
    /body\.files\.0\.path|refused/,
    (good, models) =>
      models.signer.sign({ ...good.body, files: [{ path: '../x', bytes: 1, sha256: sha256Hex('x') }] }),
  ],
  [
    'a file in another folder',
    /body\.files\.0\.path|refused/,
    (good, models) =>
      models.signer.sign({ ...good.body, files: [{ path: 'a/b', bytes: 1, sha256: sha256Hex('x') }] }),
  ],
  [
    'a file named twice',
    /stands among its files wrongly/,
    (good, models) => models.signer.sign({ ...good.body, files: [...good.body.files, ...good.body.files] }),
  ],
  [
    'its own manifest as a file',
    /stands among its files wrongly/,
    (good, models) =>
      models.signer.sign({ ...good.body, files: [{ path: 'model.json', bytes: 1, sha256: sha256Hex('x') }] }),
  ],
  [
    'a head without an encoder',
    /names its encoder/,
    (good, models) => models.signer.sign({ ...good.body, runner: 'linear-head' }),
  ],
  [
    'a head whose encoder has no version',
    /says no version/,
    (good, models) => models.signer.sign({ ...good.body, runner: 'linear-head', base: 'encoder/tiny' }),
  ],
  [
    'an alias that looks like a version',
    /is no alias/,
    (good, models) => models.signer.sign({ ...good.body, aliases: ['other/model@1.0.0'] }),
  ],
];

for (const [what, why, made] of MANIFESTS) {
  test(`a manifest with ${what}: refused by name`, () =>
    withModels(async (models) => {
      const good = models.write(NAME);
      models.writeManifest(NAME, made(good, models));
      const registry = await models.open();
      const failure = await failureOf(() => registry.resolve('injection/ngram'));
      assert.is(failure?.code, 'verification_failed');
      assert.match(failure!.message, /injection\/ngram@1\.0\.0/);
      assert.match(failure!.message, why);
      assert.not(registry.catalogue.versions.has('injection/ngram'));
    }));
}

test('a damaged newest version is not replaced by an older one, unless somebody chose that', () =>
  withModels(async (models) => {
    models.write(NAME);
    models.write('injection/ngram@1.1.0');
    rmSync(join(models.folderOf('injection/ngram', '1.1.0'), 'model.json'));
    const registry = await models.open();
    assert.is((await failureOf(registry.lookup('injection/ngram')))?.code, 'verification_failed');
    assert.is((await registry.lookup(NAME)).manifest.version, '1.0.0');
    await registry.change({ change: 'use', model: 'injection/ngram', version: '1.0.0' }, 'operator');
    assert.is((await registry.lookup('injection/ngram')).manifest.version, '1.0.0');
  }));

test('a head is refused with its encoder, and over anything that is none', () =>
  withModels(async (models) => {
    models.write('encoder/tiny@1.0.0', { runner: 'sentence-encoder' });
    models.write('plain/model@1.0.0');
    models.write('a/head@1.0.0', { runner: 'linear-head', base: 'encoder/tiny@1.0.0' });
    models.write('b/head@1.0.0', { runner: 'linear-head', base: 'plain/model@1.0.0' });
    models.write('c/head@1.0.0', { runner: 'linear-head', base: 'encoder/tiny@9.0.0' });
    writeFileSync(join(models.folderOf('encoder/tiny', '1.0.0'), 'weights.bin'), 'other');
    const registry = await models.open();
    const failures = await Promise.all(
      ['a', 'b', 'c'].map((one) => failureOf(registry.lookup(`${one}/head`))),
    );
    assert.equal(
      failures.map((failure) => failure?.code),
      ['verification_failed', 'verification_failed', 'not_found'],
    );
    assert.match(failures[0]!.message, /encoder\/tiny@1\.0\.0/);
    assert.match(failures[1]!.message, /is no encoder/);
  }));

test('a linked folder is not followed; a root that is a link is', () =>
  withModels(async (models) => {
    models.write(NAME);
    const other = new ModelsFolder();
    try {
      symlinkSync(models.folderOf('injection', 'ngram'), join(other.root, 'linked'));
      symlinkSync(models.root, join(other.root, 'root'));
      const trust = { keys: [models.signer.publicKey], pinned: {} };
      assert.equal([...(await other.open()).catalogue.versions.keys()], []);
      const roots = [{ folder: join(other.root, 'root'), origin: 'operator' as const, trust }];
      assert.is((await (await other.open({ roots })).lookup(NAME)).manifest.id, 'injection/ngram');
    } finally {
      other.remove();
    }
  }));

test('a link put there after the manifests were read is refused too', () =>
  withModels(async (models) => {
    models.write(NAME);
    const registry = await models.open();
    const folder = models.folderOf('injection/ngram', '1.0.0');
    renameSync(folder, `${folder}-moved`);
    symlinkSync(`${folder}-moved`, folder);
    assert.match((await failureOf(registry.lookup(NAME)))!.message, /it is no plain folder/);
  }));

test('an alias of two models is nobody’s; an id is never taken by an alias', () =>
  withModels(async (models) => {
    models.write('a/one@1.0.0', { aliases: ['shared', 'b/two'] });
    models.write('b/two@1.0.0', { aliases: ['shared'] });
    const registry = await models.open();
    const failure = await failureOf(registry.lookup('shared'));
    assert.is(failure?.code, 'config_invalid');
    assert.match(failure!.message, /a\/one and b\/two/);
    assert.is((await registry.lookup('b/two')).manifest.id, 'b/two');
    assert.is((await registry.lookup('a/one')).manifest.id, 'a/one');
  }));

test('a version that two folders hold differently is refused in both; the same one is one', () =>
  withModels(async (models) => {
    const other = new ModelsFolder();
    try {
      models.write(NAME);
      models.write('same/model@1.0.0');
      other.write(NAME, {}, 'other weights');
      other.write('same/model@1.0.0');
      const keys = [models.signer.publicKey, other.signer.publicKey];
      const roots = [models, other].map(({ root }) => ({
        folder: root,
        origin: 'operator' as const,
        trust: { keys, pinned: {} },
      }));
      const registry = await models.open({ roots });
      assert.is((await failureOf(registry.lookup(NAME)))?.code, 'config_invalid');
      assert.is((await registry.lookup('same/model')).manifest.id, 'same/model');
    } finally {
      other.remove();
    }
  }));

test('a pinned digest stands in for a signature, and for that body alone', () =>
  withModels(async (models) => {
    const { body } = models.write(NAME);
    models.writeManifest(NAME, { body, keyId: 'pinned', signature: '' });
    const open = (digest: string): ReturnType<typeof openModelRegistry> =>
      openModelRegistry({
        roots: [{ folder: models.root, origin: 'built', trust: { keys: [], pinned: { [NAME]: digest } } }],
        store: memoryChoiceStore(),
        clock: { monotonicMs: () => 0, wallMs: () => 0 },
      });
    assert.is((await (await open(digestOf(body))).lookup(NAME)).manifest.id, 'injection/ngram');
    const other = await open(digestOf({ ...body, title: 'Another' }));
    assert.match((await failureOf(other.lookup(NAME)))!.message, /pinned is sha256:/);
  }));

test('a file that was put right is loaded when it is asked for again', () =>
  withModels(async (models) => {
    models.write(NAME);
    const path = join(models.folderOf('injection/ngram', '1.0.0'), 'weights.bin');
    const good = readFileSync(path);
    writeFileSync(path, 'bad');
    const registry = await models.open();
    assert.is((await failureOf(registry.lookup(NAME)))?.code, 'verification_failed');
    writeFileSync(path, good);
    assert.ok(await registry.lookup(NAME));
    assert.equal(registry.faults, []);
  }));

test('what training left is placed once, signed, and only when its files are what it says', () =>
  withModels(async (models) => {
    const made = join(models.root, 'made');
    mkdirSync(made);
    const body = bodyOf('own/model', '1.0.0', 'weights');
    writeFileSync(join(made, 'body.json'), JSON.stringify(body));
    const into = join(models.root, 'into');
    const place = (): ReturnType<typeof placeModel> => placeModel(made, into, models.signer);
    assert.is((await failureOf(place()))?.code, 'verification_failed', 'without its file');
    writeFileSync(join(made, 'weights.bin'), 'Weights');
    assert.is((await failureOf(place()))?.code, 'verification_failed', 'with another file');
    assert.equal(readdirSync(into), [], 'nothing is left of either');
    writeFileSync(join(made, 'weights.bin'), 'weights');
    assert.match((await place()).ref, /^own\/model@1\.0\.0#/);
    assert.is((await failureOf(place()))?.code, 'already_exists');
    const trust = { keys: [models.signer.publicKey], pinned: {} };
    const registry = await models.open({ roots: [{ folder: into, origin: 'shipped', trust }] });
    assert.is((await registry.lookup('own/model')).manifest.title, body.title);
    assert.equal(registry.faults, []);
  }));

test('a hard link is what it holds: package managers make them', () =>
  withModels(async (models) => {
    models.write(NAME);
    const folder = models.folderOf('injection/ngram', '1.0.0');
    linkSync(join(folder, 'weights.bin'), join(folder, 'twin.bin'));
    assert.ok(await (await models.open()).lookup(NAME));
  }));
