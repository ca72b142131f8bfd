/** Two whole nodes on one PostgreSQL server: a person who signed in at one is signed in at the other. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHost } from '../../index.ts';
import type { Host } from '../../index.ts';
import { openPostgres } from '../../runtime/store/sql/postgres-pool.ts';
import { SqlSignInStore } from '../../runtime/store/sql/sql-sign-in-store.ts';
import { assertFails } from '../conformance/fixture.ts';
import { userRecord } from '../conformance/sign-in-store.ts';
import { assert, suite } from '../harness.ts';
import { POSTGRES_MISSING, startPostgres } from '../postgres-server.ts';
import type { PostgresServer } from '../postgres-server.ts';

const test = suite('sign-in at two nodes', { limitMs: 180_000 });
const PASSWORD = 'correct horse battery staple';
const KEY = 'ab'.repeat(32);

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly cookies: readonly string[];
}

/** A browser: cookies of both nodes, which a balancer gives one name. */
class Browser {
  readonly #cookies = new Map<string, string>();

  async call(host: Host, path: string, body?: unknown): Promise<Answer> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const csrf = this.#cookies.get('witan-csrf');
    const response = await fetch(host.address!.url + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        cookie,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(csrf !== undefined && { 'x-csrf-token': csrf }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const cookies = response.headers.getSetCookie();
    for (const line of cookies) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '') this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
    return { status: response.status, body: (await response.json()) as Record<string, unknown>, cookies };
  }
}

if (POSTGRES_MISSING) {
  test.skip('sessions in PostgreSQL', POSTGRES_MISSING);
} else {
  let server: PostgresServer;
  let folder: string;
  let databaseUrl: string;
  const hosts: Host[] = [];

  const settingsOf = (name: string, sealKeyFile: string) => ({
    node: { name, dataDir: join(folder, name) },
    http: { port: 0 },
    grpc: { enabled: false },
    store: { databaseUrl },
    signIn: { localUsers: true, passwordCostLn: 14, sealKeyFile },
    identity: { trustLoopback: true },
  });

  async function startNode(name: string, sealKeyFile: string): Promise<Host> {
    const host = await createHost({ settings: settingsOf(name, sealKeyFile) });
    await host.start();
    hosts.push(host);
    return host;
  }

  test.before(async () => {
    server = await startPostgres();
    databaseUrl = server.url(await server.makeDatabase());
    folder = await mkdtemp(join(tmpdir(), 'witan-two-nodes-'));
    const sealKeyFile = join(folder, 'seal-key');
    await writeFile(sealKeyFile, KEY);
    await startNode('left', sealKeyFile);
    await startNode('right', sealKeyFile);
  });
  test.after(async () => {
    for (const host of hosts) await host.stop({ graceMs: 500 });
    await server?.end();
    await rm(folder, { recursive: true, force: true });
  });

  test('a person who signed in at one node is signed in at the other, and out at both', async () => {
    const [left, right] = hosts as [Host, Host];
    const operator = new Browser();
    const made = await operator.call(left, '/api/v1/users', { name: 'ann', roles: ['submitter'] });
    assert.is(made.status, 201, JSON.stringify(made.body));
    const ann = new Browser();
    const begun = await ann.call(right, '/auth/set-up', { token: made.body['token'], password: PASSWORD });
    assert.equal([begun.status, begun.body['state']], [200, 'signed-in'], JSON.stringify(begun.body));

    for (const host of [left, right]) {
      const view = await ann.call(host, '/auth/session');
      assert.equal(
        [view.body['state'], (view.body['user'] as { id: string }).id],
        ['signed-in', 'user:local/ann'],
      );
    }
    const decision = { type: 'chat', text: 'How long does a loaf bake?' };
    const judged = await ann.call(left, '/api/v1/decisions/evaluate', decision);
    assert.is(judged.status, 200, JSON.stringify(judged.body).slice(0, 300));

    const left2 = new Browser();
    const again = await left2.call(left, '/auth/password', { name: 'ann', password: PASSWORD });
    assert.is(again.body['state'], 'signed-in', 'a password set at one node is right at the other');
    assert.is((await left2.call(right, '/auth/session')).body['state'], 'signed-in');
    const stolen = begun.cookies.map((line) => line.split(';')[0]!).join('; ');
    assert.is((await ann.call(left, '/auth/logout', { everywhere: true })).status, 200);
    const late = await fetch(`${left.address!.url}/auth/session`, { headers: { cookie: stolen } });
    assert.is(((await late.json()) as { state: string }).state, 'signed-out');
    assert.is((await left2.call(left, '/auth/session')).body['state'], 'signed-out');
  });

  test('the database holds no password, no secret of a session and no key', async () => {
    const [left] = hosts as [Host];
    const operator = new Browser();
    const made = await operator.call(left, '/api/v1/users', { name: 'bob', roles: ['operator'] });
    const bob = new Browser();
    const { cookies } = await bob.call(left, '/auth/set-up', {
      token: made.body['token'],
      password: PASSWORD,
    });
    const enrolled = await bob.call(left, '/auth/factor/enrol', {});
    assert.is(enrolled.status, 200, JSON.stringify(enrolled.body));
    const secrets = cookies
      .map((line) => /=([^;]+)/.exec(line)?.[1] ?? '')
      .filter((text) => text.length > 20);
    assert.ok(secrets.length >= 2);
    const database = openPostgres({ url: databaseUrl });
    try {
      const tables = ['users', 'sign_in_sessions', 'seal_key_print'];
      const rows = await Promise.all(tables.map((table) => database.query(`SELECT * FROM ${table}`)));
      const text = JSON.stringify(rows);
      assert.match(text, /user:local\/bob/);
      for (const secret of [PASSWORD, KEY, String(made.body['token']), ...secrets]) {
        assert.not.ok(text.includes(secret), secret.slice(0, 8));
      }
    } finally {
      await database.close();
    }
  });

  test('a node with another key does not start, and changes nothing', async () => {
    const other = join(folder, 'other-key');
    await writeFile(other, 'cd'.repeat(32));
    const { details } = await assertFails(() => startNode('third', other), 'config_invalid');
    assert.is(details.path, 'signIn.sealKeyFile');
  });

  test('a node starts while the server is away, and finds what it needs when it is back', async () => {
    const url = new URL(databaseUrl);
    url.port = '1';
    const away = new SqlSignInStore(
      openPostgres({ url: url.href, connectTimeoutMs: 200 }),
      Buffer.from(KEY, 'hex'),
    );
    assert.equal(await away.sealKey(), Buffer.from(KEY, 'hex'));
    await assertFails(() => away.putUser(userRecord(1)), 'unavailable');
    await away.close();
  });
}
