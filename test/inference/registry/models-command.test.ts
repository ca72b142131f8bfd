/** `witan models` as a process, on folders of this machine and against a running node. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHost } from '../../../index.ts';
import type { ModelCard, ModelStatusView, ModelView } from '../../../contracts/messages/models/card.ts';
import { modelSigner } from '../../../agents/inference/registry/trust/sign-model.ts';
import { figureRows } from '../../../apps/cli/actions/models/print-card.ts';
import { catalogueClaims } from '../../../config/models/claimed.ts';
import { runWitan } from '../../integration/witan-process.ts';
import type { WitanRun } from '../../integration/witan-process.ts';
import { assert, suite } from '../../harness.ts';
import { bodyOf, ModelsFolder } from './model-fixtures.ts';

const test = suite('models: command line', { limitMs: 120_000 });
const ID = 'toxicity/tiny';

let models: ModelsFolder;
let place: string;
test.before(() => {
  models = new ModelsFolder();
  place = mkdtempSync(join(tmpdir(), 'witan-models-cli-'));
  const measured = [
    { metric: 'recall', value: 0.6, unit: '', n: 200, low: 0.53, high: 0.67, source: 'own rows' },
  ];
  const aliases = ['anansi/toxicity-classifier-v9'];
  for (const version of ['1.0.0', '1.1.0'])
    models.write(`${ID}@${version}`, { aliases, measured, limits: ['English alone'] });
  const settings = { models: { folder: models.root, trustedKeys: [models.signer.publicKey] } };
  writeFileSync(join(place, 'config.json'), JSON.stringify(settings));
});
test.after(() => {
  models.remove();
  rmSync(place, { recursive: true, force: true });
});

const witan = (...args: string[]): Promise<WitanRun> =>
  runWitan(['models', ...args, '--config', 'config.json'], place);

function linesOf<T>({ out }: WitanRun): T[] {
  return out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
}

async function own(): Promise<ModelView> {
  return linesOf<ModelView>(await witan('list', '--json')).find(({ id }) => id === ID)!;
}

test('list and show: the alias is another model; a claim stands in its own column', async () => {
  const view = await own();
  assert.equal([view.inUse, view.chosenBy, view.health], ['1.1.0', 'newest', 'ready']);
  const { code, out } = await witan('show', 'anansi/toxicity-classifier-v9');
  assert.is(code, 0);
  assert.match(out, /anansi\/toxicity-classifier-v9 is another model, which is not shipped/);
  assert.match(out, /recall +0\.6 \[0\.53, 0\.67\] n=200, own rows +0\.907\n/);
  assert.match(out, /accuracy +not measured +0\.943\n/);
  assert.match(out, /- English alone/);
  const [card] = linesOf<ModelCard>(await witan('show', ID, '--json'));
  assert.equal(
    card!.measured.map(({ value }) => value),
    [0.6],
  );
  assert.ok(card!.claimed.every(({ claimedOf }) => claimedOf.includes('distilbert')));
});

test('no row of a table has a claim where a measurement stands', () => {
  const claimed = [...catalogueClaims('toxicity/anything')];
  assert.is(claimed.length, 7);
  const rows = figureRows({ measured: [], claimed }).slice(1);
  for (const row of rows) assert.match(row, /^\S+ +not measured +\S+/);
  assert.equal(figureRows({ measured: [], claimed: [] }), ['nothing was measured']);
  assert.equal(catalogueClaims('encoder/use-lite'), []);
});

test('use, canary and rollback on the folder of a node that does not run; wrong words are refused', async () => {
  assert.is((await witan('use', ID, '1.0.0')).code, 0);
  assert.is((await own()).inUse, '1.0.0');
  const done = await witan('canary', 'anansi/toxicity-classifier-v9', '1.1.0', '--share', '2.5');
  assert.match(done.out, /canary 1\.1\.0 answers 2\.5 %/);
  assert.is((await own()).canary?.shareBp, 250);
  assert.is((await witan('rollback', ID, '--why', 'false alarms')).code, 0);
  const after = await own();
  assert.equal(
    [after.canary, after.rolledBack?.why, after.rolledBack?.by],
    [null, 'false alarms', 'command'],
  );
  const codes = [];
  for (const args of [
    ['use', ID, '7.7.7'],
    ['use', ID, 'seven'],
    ['use', 'nobody', '1.0.0'],
    ['canary', ID],
    ['canary', ID, '1.1.0', '--share', '101'],
    ['show', 'nobody'],
    ['sign'],
  ])
    codes.push((await witan(...args.filter((arg) => arg !== ''))).code);
  assert.equal(codes, [3, 2, 3, 2, 2, 3, 2]);
});

test('sign: a key is made once, what is signed is checked first, and a node trusts what it is told to', async () => {
  const keyFile = join(place, 'key.pem');
  const plain = ['models', 'sign'];
  assert.is((await runWitan([...plain, '--new-key', keyFile], place)).code, 0);
  const pem = readFileSync(keyFile, 'utf8');
  assert.is((await runWitan([...plain, '--new-key', keyFile], place)).code, 1, 'never over another');
  assert.is(readFileSync(keyFile, 'utf8'), pem);
  const other = new ModelsFolder();
  try {
    other.write('own/model@1.0.0');
    const path = join(other.folderOf('own/model', '1.0.0'), 'model.json');
    writeFileSync(path, JSON.stringify({ body: bodyOf('own/model', '1.0.0', 'weights of own/model@1.0.0') }));
    const one = other.folderOf('own/model', '1.0.0');
    const signed = await runWitan([...plain, one, '--key', keyFile, '--json'], place);
    assert.is(linesOf<{ ref: string }>(signed)[0]!.ref.split('#')[0], 'own/model@1.0.0');
    const settings = { models: { folder: other.root, trustedKeys: [modelSigner(pem).publicKey] } };
    writeFileSync(join(place, 'other.json'), JSON.stringify(settings));
    const verify = (): Promise<WitanRun> =>
      runWitan(['models', 'verify', 'own/model', '--config', 'other.json'], place);
    assert.is((await verify()).code, 0);
    writeFileSync(join(one, 'weights.bin'), 'something else');
    const broken = await verify();
    assert.is(broken.code, 7);
    assert.match(broken.out, /REFUSED own\/model@1\.0\.0: .*weights\.bin/);
    assert.is(
      (await runWitan([...plain, other.root, '--key', keyFile], place)).code,
      7,
      'not signed as it is',
    );
  } finally {
    other.remove();
  }
});

test('a running node takes orders at its door, records them, and shows its models', async () => {
  const dataDir = join(place, 'node');
  const trusted = { folder: models.root, trustedKeys: [models.signer.publicKey] };
  await using host = await createHost({
    dataDir,
    settings: { http: { port: 0 }, models: trusted },
  });
  await host.start();
  const url = host.address!.url;
  assert.is((await witan('use', ID, '1.0.0', '--data-dir', dataDir)).code, 0);
  assert.ok(existsSync(join(dataDir, 'models/choices.json')));
  const read = async (path: string): Promise<unknown> => (await fetch(`${url}/api/v1/models${path}`)).json();
  const status = (await read('/status')) as ModelStatusView;
  const view = status.items.find(({ id }) => id === ID)!;
  assert.equal([view.inUse, view.versions.map(({ state }) => state)], ['1.0.0', ['known', 'loaded']]);
  assert.is(status.generation, 1);
  const card = (await read(`/card?name=${encodeURIComponent(`${ID}@1.1.0`)}`)) as ModelCard;
  assert.is(card.version, '1.1.0');
  assert.ok(((await read('')) as { items: unknown[] }).items.length > 0);
  assert.is((await fetch(`${url}/api/v1/models/card?name=nobody`)).status, 404);
  assert.is((await witan('use', ID, '9.9.9', '--url', url)).code, 3);
  const out = (await witan('list', '--url', url)).out;
  assert.match(out, /toxicity\/tiny +1\.0\.0 \(choice\)/);
  const found = await fetch(`${url}/api/v1/audit/search?action_type=admin.model-use`);
  assert.ok(((await found.json()) as { items: unknown[] }).items?.length > 0, 'the order is on the record');
});
