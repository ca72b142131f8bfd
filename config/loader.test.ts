import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WitanError } from '../contracts/errors.ts';
import { assert, suite } from '../test/harness.ts';
import { describeSettings, settingsMarkdown } from './describe-settings.ts';
import { loadSettings, printSettings } from './loader.ts';
import { rosterOf } from './roster.ts';
import type { SettingsInput } from './schema.ts';

const test = suite('config: loader');
let folder = '';
let fileCount = 0;
test.before(() => {
  folder = mkdtempSync(join(tmpdir(), 'witan-config-'));
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

function file(text: string): string {
  const path = join(folder, `witan-${(fileCount += 1)}.json`);
  writeFileSync(path, text);
  return path;
}

function refusal(run: () => unknown): WitanError {
  try {
    run();
  } catch (error) {
    assert.instance(error, WitanError);
    return error as WitanError;
  }
  assert.unreachable('nothing was refused');
  throw new Error('unreachable');
}

test('the defaults are those of the catalogue', () => {
  const { settings } = loadSettings();
  assert.is(settings.council.thresholdBp, 7_000);
  assert.is(settings.council.quorumBp, 8_500);
  assert.is(settings.council.tallyForm, 'weight-normalised');
  assert.equal(
    [
      settings.deadlines.decisionMs,
      settings.deadlines.policyMs,
      settings.deadlines.checksMs,
      settings.deadlines.consensusMs,
    ],
    [5_000, 1_000, 1_000, 1_500],
  );
  assert.is(settings.deadlines.appendReserveMs, 300);
  assert.equal(Object.values(settings.ports), [8_001, 8_002, 8_003, 8_004]);
  assert.equal([settings.http.host, settings.http.port], ['127.0.0.1', 8_470]);
  assert.is(settings.record.retentionYears, 7);
  assert.is(settings.actors.mailboxCapacity, 1_024);
  assert.equal([settings.actors.restartMaxCount, settings.actors.restartWindowMs], [5, 60_000]);
  assert.equal([settings.actors.backoffMinMs, settings.actors.backoffMaxMs], [100, 10_000]);
});

test('the roster has twelve seats of 11,000 basis points; guardian and security veto', () => {
  const roster = rosterOf(loadSettings().settings.council);
  assert.is(roster.length, 12);
  assert.is(
    roster.reduce((sum, seat) => sum + seat.weightBp, 0),
    11_000,
  );
  const vetoes = roster.filter((seat) => seat.vetoes).map((seat) => String(seat.seat));
  assert.ok(vetoes.includes('guardian') && vetoes.includes('security'));
});

test('later sources win and each value names its source', () => {
  const { settings, effective } = loadSettings({
    file: file('{"http":{"port":1,"host":"::1"},"council":{"quorumBp":9000}}'),
    env: { WITAN_HTTP_PORT: '2', WITAN_DEADLINES_CHECKS_MS: '99', HOME: '/root' },
    code: { http: { port: 3 } },
  });
  assert.equal([settings.http.port, settings.http.host, settings.council.quorumBp], [3, '::1', 9_000]);
  const source = (path: string) => effective.find((row) => row.path === path)?.source;
  assert.equal(['http.port', 'http.host', 'deadlines.checksMs', 'http.drainMs'].map(source), [
    'code',
    'file',
    'env',
    'default',
  ]);
});

test('lists, maps and booleans are read from the environment', () => {
  const { settings } = loadSettings({
    env: {
      WITAN_NODE_ROLES: 'gateway, worker',
      WITAN_COUNCIL_WEIGHTS_BP: '{"guardian":7,"security":1,"privacy":1,"compassion":1,"truth":1}',
      WITAN_FEATURES_CONSENSUS: 'false',
    },
  });
  assert.equal(settings.node.roles, ['gateway', 'worker']);
  assert.is(settings.council.weightsBp['guardian'], 7);
  assert.is(settings.features.consensus, false);
});

test('an unknown key is refused with its path, in each source', () => {
  const inCode = { http: { prot: 1 } } as unknown as SettingsInput;
  for (const [sources, path] of [
    [{ code: inCode }, 'http.prot'],
    [{ file: file('{"htp":{"port":1}}') }, 'htp'],
    [{ file: file('{"council":{"weightsBp":{"Guardian":1}}}') }, 'council.weightsBp.Guardian'],
    [{ env: { WITAN_HTTP_PROT: '1' } }, 'WITAN_HTTP_PROT'],
  ] as const) {
    const error = refusal(() => loadSettings(sources));
    assert.is(error.code, 'config_invalid');
    assert.is(error.details.path, path);
    assert.ok(error.details.expected);
  }
});

test('a value out of range or of another type names path, range and source', () => {
  const error = refusal(() => loadSettings({ env: { WITAN_HTTP_PORT: '70000' } }));
  assert.equal(
    [error.code, error.details.path, error.details['source']],
    ['config_invalid', 'http.port', 'env'],
  );
  assert.is(error.details.expected, 'integer: 0 to 65535');
  assert.is(refusal(() => loadSettings({ env: { WITAN_HTTP_PORT: 'many' } })).details.path, 'http.port');
  assert.is(
    refusal(() => loadSettings({ code: { council: { thresholdBp: 0.7 } } })).details.path,
    'council.thresholdBp',
  );
});

test('settings that contradict each other are refused', () => {
  assert.is(
    refusal(() => loadSettings({ code: { deadlines: { decisionMs: 400 } } })).details.path,
    'deadlines.decisionMs',
  );
  const veto = refusal(() => loadSettings({ code: { council: { vetoSeats: ['nobody'] } } }));
  assert.is(veto.details.path, 'council.vetoSeats');
  assert.match(String(veto.details.expected), 'nobody');
});

test('a file that is absent, broken or has a key twice is refused', () => {
  assert.is(refusal(() => loadSettings({ file: join(folder, 'none.json') })).code, 'config_invalid');
  assert.is(refusal(() => loadSettings({ file: file('{"http":') })).code, 'config_invalid');
  assert.is(
    refusal(() => loadSettings({ file: file('{"http":{"port":1,"port":2}}') })).code,
    'config_invalid',
  );
});

test('a secret is never printed', () => {
  const { settings, effective } = loadSettings({
    env: { WITAN_STORE_DATABASE_URL: 'postgres://me:hush@db/x' },
  });
  assert.is(settings.store.databaseUrl, 'postgres://me:hush@db/x');
  const text = printSettings(effective);
  assert.not.match(text, 'hush');
  assert.match(text, 'store.databaseUrl = "(set)" (env)');
});

test('each setting is described, has a default in range and a variable of its own', () => {
  const rows = describeSettings();
  assert.ok(rows.length > 60);
  assert.is(new Set(rows.map((row) => row.variable)).size, rows.length);
  for (const row of rows) {
    assert.ok(row.description.length > 10, `${row.path} is not described`);
    assert.is.not(row.default, undefined, `${row.path} has no default`);
  }
  const durations = rows.filter((row) => /(after|every|window|deadline|drain|delay)$/i.test(row.path));
  assert.equal(durations, [], 'a duration without its unit');
  assert.match(settingsMarkdown(), '| `http.port` | integer | 0 to 65535 | `8470` |');
});
