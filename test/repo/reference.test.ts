/** The checked-in reference pages say what the sources say. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERROR_CODES } from '../../contracts/errors.ts';
import { METRICS } from '../../contracts/metrics.ts';
import { describeSettings } from '../../config/describe-settings.ts';
import { referencePages } from '../../tools/docs/reference-pages.ts';
import { GRPC_SERVICES } from '../../transport/grpc/index.ts';
import { assert, suite } from '../harness.ts';

const ROOT = join(import.meta.dirname, '../..');
const test = suite('reference', { limitMs: 60_000 });
let pages: ReadonlyMap<string, string>;

test.before(async () => {
  pages = await referencePages();
});

test('every page is what the sources give (npm run docs writes them)', () => {
  for (const [path, text] of pages) {
    const checkedIn = readFileSync(join(ROOT, path), 'utf8');
    if (checkedIn !== text) assert.is(firstDifference(checkedIn, text), '', `${path} is old: npm run docs`);
  }
});

test('no page is left of something that is gone', () => {
  const expected = [...pages.keys()].map((path) => path.slice('docs/reference/'.length)).sort();
  assert.equal(readdirSync(join(ROOT, 'docs/reference')).sort(), expected);
});

test('every setting, error code, command, endpoint, method, subject and metric is on its page', () => {
  const page = (name: string): string => pages.get(`docs/reference/${name}.md`)!;
  for (const { path, variable } of describeSettings()) {
    assert.ok(page('config').includes(`\`${path}\`<br>\`${variable}\``), path);
  }
  for (const errorCode of Object.keys(ERROR_CODES)) {
    assert.match(page('errors'), new RegExp(`^\\| \`${errorCode}\` \\|`, 'm'));
  }
  for (const command of ['start', 'decide', 'evaluate', 'watch', 'verify', 'tree', 'keys', 'doctor']) {
    assert.ok(page('cli').includes(`\n## witan ${command}\n`), command);
  }
  assert.ok(page('http').includes('### POST /api/v1/decisions/evaluate\n'));
  assert.ok(page('http').includes('### DecisionRequest\n'));
  for (const { desc, methods } of GRPC_SERVICES) {
    assert.ok(page('grpc').includes(`### ${desc.typeName}\n`), desc.typeName);
    for (const { desc: method } of methods)
      assert.ok(page('grpc').includes(`| \`${method.name}\` |`), method.name);
  }
  const { channels } = JSON.parse(pages.get('docs/reference/asyncapi.json')!) as {
    channels: Record<string, { address: string | null }>;
  };
  const addresses = Object.values(channels).flatMap(({ address }) => address ?? []);
  const subjects = addresses.filter((address) => address.startsWith('witan.v1.') && !address.includes('{'));
  assert.ok(subjects.length >= 20, `${subjects.length} subjects`);
  for (const subject of subjects) assert.ok(page('nats').includes(`\`${subject}\``), subject);
  for (const { name } of Object.values(METRICS)) assert.ok(page('metrics').includes(`| \`${name}\` |`), name);
});

function firstDifference(checkedIn: string, made: string): string {
  const old = checkedIn.split('\n');
  const at = made.split('\n').findIndex((line, index) => line !== old[index]);
  return `line ${at + 1}: ${old[at] ?? 'missing'}`;
}
