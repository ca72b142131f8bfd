/** API keys of a real node: first administrator, command line, endpoints, and what a restart keeps. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApiKeyView, MadeApiKey } from '../../contracts/messages/identity/keys.ts';
import { createHost } from '../../index.ts';
import type { Host } from '../../index.ts';
import { witanCommand } from '../doors/witan-command.ts';
import { assert, suite } from '../harness.ts';

const test = suite('keys of a node', { limitMs: 180_000 });
const folder = mkdtempSync(join(tmpdir(), 'witan-keys-'));
const tokenFile = join(folder, 'bootstrap-token');
let host: Host;
let administrator = '';

async function startNode(): Promise<void> {
  host = await createHost({
    dataDir: folder,
    settings: { http: { port: 0 }, identity: { trustLoopback: false }, grpc: { enabled: false } },
  });
  await host.start();
}

test.before(startNode);
test.after(async () => {
  await host.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function witan(args: readonly string[], apiKey?: string): Promise<Ran> {
  const { WITAN_API_KEY: _inherited, ...rest } = process.env;
  const env = { ...rest, ...(apiKey !== undefined && { WITAN_API_KEY: apiKey }) };
  const all = [...witanCommand(), ...args, '--data-dir', folder];
  return new Promise((resolve) => {
    execFile(process.execPath, all, { env }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });
}

async function call(
  path: string,
  apiKey?: string,
  body?: object,
): Promise<{ status: number; body: unknown }> {
  const response = await fetch(host.address!.url + path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      ...(apiKey !== undefined && { 'x-api-key': apiKey }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}

test('a new node has no key and no password; its token is a file for its owner alone', async () => {
  assert.is(statSync(tokenFile).mode & 0o777, 0o600);
  assert.is((await call('/api/v1/keys')).status, 401);
  for (const body of [
    {},
    { token: '' },
    { token: 'guess' },
    { token: `${readFileSync(tokenFile, 'utf8')}x` },
  ]) {
    assert.ok([400, 401].includes((await call('/api/v1/bootstrap', undefined, body)).status));
  }
});

test('the command line makes the first administrator once', async () => {
  const { code, out, err } = await witan(['keys', 'bootstrap', '--json']);
  assert.is(code, 0, err);
  const made = JSON.parse(out) as MadeApiKey;
  administrator = made.key;
  assert.match(administrator, /^witan_[0-9a-v]{16}_[A-Za-z0-9_-]{51}$/);
  assert.throws(() => statSync(tokenFile), /ENOENT/);
  assert.is((await call('/api/v1/keys', administrator)).status, 200);
  const again = await witan(['keys', 'bootstrap']);
  assert.is(again.code, 1);
  assert.match(again.err, /has an administrator/);
});

test('keys are made, listed, rotated and ended by command', async () => {
  const made = await witan(
    ['keys', 'create', '--tenant', 'acme', '--role', 'reader', '--label', 'shop', '--json'],
    administrator,
  );
  assert.is(made.code, 0, made.err);
  const key = JSON.parse(made.out) as MadeApiKey;
  assert.is((await call('/api/v1/decisions', key.key)).status, 200);
  const rotated = await witan(['keys', 'rotate', key.id, '--json'], administrator);
  const successor = JSON.parse(rotated.out) as MadeApiKey;
  for (const text of [key.key, successor.key]) {
    assert.is((await call('/api/v1/decisions', text)).status, 200);
  }
  const revoked = await witan(['keys', 'revoke', key.id, '--reason', 'test'], administrator);
  assert.is(revoked.code, 0, revoked.err);
  assert.is((await call('/api/v1/decisions', key.key)).status, 401);
  assert.is((await call('/api/v1/decisions', successor.key)).status, 200);
  const listed = await witan(['keys', 'list', '--json'], administrator);
  const keys = listed.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as ApiKeyView);
  assert.equal(
    keys.map(({ state, successorOf }) => [state, successorOf]),
    [
      ['active', null],
      ['revoked', null],
      ['active', key.id],
    ],
  );
  assert.not.match(listed.out, /witan_/);
});

test('without a key, with too little, and for what is not there the command says so', async () => {
  assert.is((await witan(['keys', 'list'])).code, 4);
  const { body } = await call('/api/v1/keys', administrator, { roles: ['reader'] });
  const reader = (body as MadeApiKey).key;
  assert.is((await witan(['keys', 'list'], reader)).code, 4);
  assert.is((await witan(['keys', 'revoke', '0'.repeat(16), '--reason', 'x'], administrator)).code, 3);
  assert.is((await witan(['keys', 'create', '--role', 'emperor'], administrator)).code, 2);
});

test('after a restart the keys are there, and neither record nor files hold a secret', async () => {
  const before = (await call('/api/v1/keys', administrator)).body;
  await host.stop();
  await startNode();
  assert.equal((await call('/api/v1/keys', administrator)).body, before);
  const secret = administrator.slice(22);
  const grep = await new Promise<string>((resolve) => {
    execFile('grep', ['-rlF', '-e', secret, folder], (_error, out) => resolve(out));
  });
  assert.is(grep, '');
});
