/** The ports over NATS when the server dies, freezes, refuses or is full; through both client packages. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createUser } from '@nats-io/nkeys';
import type { WitanError } from '../../contracts/errors.ts';
import type { KvChange } from '../../runtime/kernel/ports/kv.ts';
import { connectNats, NATS_CLIENTS } from '../../transport/nats/connect-nats.ts';
import type { ConnectNatsOptions, NatsClientName, NatsPorts } from '../../transport/nats/connect-nats.ts';
import type { LinkEvent } from '../../transport/nats/link/nats-link.ts';
import { assertFails, bytes, text } from '../conformance/fixture.ts';
import { certificateAuthority, signedCertificate } from '../doors/certificates.ts';
import { assert, suite } from '../harness.ts';
import { NATS_MISSING, startNats } from '../nats-server.ts';
import type { NatsServer, NatsServerOptions } from '../nats-server.ts';

interface Fixture {
  readonly server: NatsServer;
  readonly ports: NatsPorts;
  /** Resolves at the next event of the link of this kind; asked for before it happens. */
  next(event: LinkEvent): Promise<void>;
  /** Another connection to the same server. */
  another(options?: Partial<ConnectNatsOptions>): Promise<NatsPorts>;
}

if (NATS_MISSING) suite('nats faults').skip('ports over a server that fails', NATS_MISSING);
else {
  for (const client of Object.keys(NATS_CLIENTS) as NatsClientName[]) declare(client);
  declareConnecting();
}

async function withServer(
  body: (fixture: Fixture) => Promise<void>,
  options: NatsServerOptions & { connect?: Partial<ConnectNatsOptions> } = {},
): Promise<void> {
  const server = await startNats(options);
  const open: NatsPorts[] = [];
  const another = async (more: Partial<ConnectNatsOptions> = {}): Promise<NatsPorts> => {
    const base = { url: server.url, name: 'faults', reconnectWaitMs: 20 };
    const ports = await connectNats({ ...base, ...options.connect, ...more });
    open.push(ports);
    return ports;
  };
  try {
    const ports = await another();
    const next = (event: LinkEvent): Promise<void> =>
      new Promise((resolve) => {
        const stop = ports.link.onEvent((told) => {
          if (told !== event) return;
          stop();
          resolve();
        });
      });
    await body({ server, ports, next, another });
  } finally {
    await Promise.all(open.map((ports) => ports.close()));
    await server.end();
  }
}

function declare(client: NatsClientName): void {
  const test = suite(`nats faults: ${NATS_CLIENTS[client].name}`, { limitMs: 180_000 });
  const check = (
    title: string,
    body: (fixture: Fixture) => Promise<void>,
    options: NatsServerOptions & { connect?: Partial<ConnectNatsOptions> } = {},
  ): void => test(title, () => withServer(body, { ...options, connect: { ...options.connect, client } }));

  check('what was acknowledged outlives a killed server; watchers go on in order', async (fixture) => {
    const { server, ports, next } = fixture;
    const kv = await ports.openKv({ bucket: 'b' });
    const queue = ports.workQueue();
    await queue.declare('q', { ackWaitMs: 1_000 });
    const first = await kv.create('m.1', bytes('1'));
    await kv.put('m.2', bytes('2'));
    for (let n = 0; n < 20; n++) await queue.put('q', bytes(`${n}`), { id: `${n}` });
    await (await queue.take('q', { waitMs: 1_000 }))!.ack();
    const abort = new AbortController();
    const seen: KvChange[] = [];
    let came = (): void => undefined;
    const watching = (async () => {
      for await (const change of kv.watch('m.', abort.signal)) {
        seen.push(change);
        came();
      }
    })();
    const seenCount = async (count: number): Promise<void> => {
      while (seen.length < count) await new Promise<void>((resolve) => (came = resolve));
    };
    await seenCount(2);
    const lost = next('disconnected');
    await server.kill();
    await lost;
    await assertFails(() => kv.put('m.1', bytes('x')), 'unavailable');
    await assertFails(() => ports.bus().publish('a', bytes('x')), 'unavailable');
    const back = next('connected');
    await server.restart();
    await back;
    assert.is(text((await kv.get('m.1'))!.value), '1');
    const second = await kv.update('m.1', bytes('3'), first);
    await kv.delete('m.2');
    await kv.create('m.2', bytes('4'));
    await seenCount(5);
    abort.abort();
    await watching;
    assert.equal(
      seen.map((change) => [change.key, text(change.value)]),
      [
        ['m.1', '1'],
        ['m.2', '2'],
        ['m.1', '3'],
        ['m.2', undefined],
        ['m.2', '4'],
      ],
    );
    assert.is(seen[2]!.revision, second);
    // Nothing accepted is lost. The server may hand out again what was done just before it died: it writes
    // down later that an item was acknowledged.
    const left = new Set<string>();
    for (let depth = await queue.depth('q'); depth > 0; depth = await queue.depth('q')) {
      const item = (await queue.take('q', { waitMs: 5_000 }))!;
      left.add(item.id);
      await item.ack();
    }
    left.delete('0');
    assert.equal(
      [...left],
      Array.from({ length: 19 }, (_, n) => `${n + 1}`),
    );
  });

  check('a watcher misses nothing that others wrote while it was cut off', async (fixture) => {
    const { server, ports, another } = fixture;
    const kv = await ports.openKv({ bucket: 'b' });
    const abort = new AbortController();
    const seen: string[] = [];
    let writer = 0;
    for await (const change of (await kv.put('k', bytes('0')), kv.watch('', abort.signal))) {
      seen.push(text(change.value)!);
      if (seen.length === 30) break;
      if (change.revision === writer + 1) {
        writer = change.revision;
        // Every tenth value the server dies between two writes.
        if (seen.length % 10 === 0) {
          await server.kill();
          await server.restart();
        }
        const other = await another();
        await (await other.openKv({ bucket: 'b' })).put('k', bytes(`${seen.length}`));
        await other.close();
      }
    }
    assert.equal(
      seen,
      Array.from({ length: 30 }, (_, n) => `${n}`),
    );
  });

  check('requests under way fail at once as unavailable when the server dies', async (fixture) => {
    const { server, ports, next } = fixture;
    const bus = ports.bus();
    const queue = ports.workQueue();
    await queue.declare('q');
    await bus.subscribe('silent', () => undefined);
    const asked = Array.from({ length: 100 }, () =>
      assertFails(() => bus.request('silent', bytes(''), { timeoutMs: 25_000 }), 'unavailable'),
    );
    const taking = assertFails(() => queue.take('q', { waitMs: 25_000 }), 'unavailable');
    await bus.flush();
    await server.kill();
    await Promise.all([...asked, taking]);
    assert.is(ports.requests.pendingCount, 0);
    await assertFails(() => bus.request('silent', bytes(''), { timeoutMs: 25_000 }), 'unavailable');
    const back = next('connected');
    await server.restart();
    await back;
    const answered = ports.bus();
    await answered.subscribe('echo', (message) => answered.publish(message.replyTo!, message.data));
    const echo = await answered.request('echo', bytes('again'), { timeoutMs: 5_000 });
    assert.is(text(echo.data), 'again');
  });

  check(
    'a frozen server: JetStream is unavailable, publishing is bounded; both recover',
    async (fixture) => {
      const { server, ports } = fixture;
      const kv = await ports.openKv({ bucket: 'b' });
      await server.freeze();
      await assertFails(() => kv.put('a', bytes('1')), 'unavailable');
      const bus = ports.bus();
      const block = new Uint8Array(100_000);
      let error: WitanError | undefined;
      for (let n = 0; n < 1_000 && !error; n++) {
        try {
          bus.publish('flood', block);
        } catch (thrown) {
          error = thrown as WitanError;
        }
      }
      assert.is(error?.code, 'overloaded');
      server.thaw();
      await bus.flush();
      bus.publish('flood', block);
      await kv.put('a', bytes('2'));
    },
    { connect: { jetStreamTimeoutMs: 300, pingIntervalMs: 60_000, maxUnconfirmedBytes: 4_000_000 } },
  );

  check(
    'a message past the limit of the server is too_large, one at the limit passes',
    async ({ ports }) => {
      const bus = ports.bus();
      await assertFails(() => bus.publish('a', new Uint8Array(65_537)), 'too_large');
      await assertFails(
        () => bus.request('a', new Uint8Array(65_536), { timeoutMs: 100, headers: { a: 'b' } }),
        'too_large',
      );
      const came = new Promise<number>(
        (resolve) => void bus.subscribe('a', ({ data }) => resolve(data.length)),
      );
      await bus.flush();
      bus.publish('a', new Uint8Array(65_536));
      assert.is(await came, 65_536);
      const kv = await ports.openKv({ bucket: 'b' });
      await assertFails(() => kv.put('a', new Uint8Array(65_537)), 'too_large');
    },
    { config: 'max_payload: 65536' },
  );

  check('headers and keys cannot smuggle anything', async ({ ports }) => {
    const bus = ports.bus();
    for (const [name, value] of [
      ['a', 'x\r\nb: y'],
      ['a: b', 'x'],
      ['', 'x'],
      ['a\n', 'x'],
    ] as const) {
      await assertFails(() => bus.publish('a', bytes(''), { [name]: value }), 'invalid_argument');
    }
    const kv = await ports.openKv({ bucket: 'b' });
    for (const key of ['*', 'a b', 'ü/é:1', '>', '$KV', 'a=2E']) {
      await kv.put(key, bytes(key));
      assert.is(text((await kv.get(key))?.value), key);
    }
    assert.equal((await kv.keys('')).sort(), ['*', 'a b', 'ü/é:1', '>', '$KV', 'a=2E'].sort());
    await assertFails(() => kv.put('a..b', bytes('')), 'invalid_argument');
    await assertFails(() => kv.put('', bytes('')), 'invalid_argument');
    await assertFails(() => ports.openKv({ bucket: 'a.b' }), 'invalid_argument');
  });

  check('lives of single keys are refused where the server would ignore them', async ({ ports }) => {
    const kv = await ports.openKv({ bucket: 'b' });
    const { version } = ports.link.server;
    if (version.startsWith('2.9.'))
      await assertFails(() => kv.putFor('a', bytes('1'), 1_000), 'not_supported');
    else assert.ok((await kv.putFor('a', bytes('1'), 60_000)) > 0);
  });

  check('entries of a bucket with a life vanish', async ({ ports }) => {
    const kv = await ports.openKv({ bucket: 'b', maxAgeMs: 300 });
    await kv.put('a', bytes('1'));
    assert.ok(await kv.get('a'));
    while (await kv.get('a')) await ports.link.flush();
    await kv.create('a', bytes('2'));
  });

  check('markers of deleted keys are swept, keys that came back are not', async ({ ports }) => {
    const kv = await ports.openKv({ bucket: 'b', markerAgeMs: 50 });
    for (const key of ['a', 'b', 'c']) await kv.put(key, bytes('1'));
    const stale = await kv.put('a', bytes('2'));
    for (const key of ['a', 'b']) await kv.delete(key);
    await kv.create('b', bytes('3'));
    // The bucket sweeps by itself.
    while ((await ports.jetStream.streamInfo('KV_b')).state.messages > 2) await ports.link.flush();
    assert.equal((await kv.keys('')).sort(), ['b', 'c']);
    await assertFails(() => kv.update('a', bytes('x'), stale), 'stale_writer');
    await kv.create('a', bytes('4'));
  });

  check('a bucket that is replaced ends its watchers instead of misleading them', async ({ ports }) => {
    const kv = await ports.openKv({ bucket: 'b' });
    await kv.put('a', bytes('1'));
    let code: string | undefined;
    let isFirst = true;
    try {
      for await (const _change of kv.watch('', new AbortController().signal)) {
        if (!isFirst) continue;
        isFirst = false;
        await ports.requests.send('$JS.API.STREAM.DELETE.KV_b', bytes(''), { timeoutMs: 5_000 });
        await ports.openKv({ bucket: 'b' });
      }
    } catch (error) {
      code = (error as WitanError).code;
    }
    assert.is(code, 'not_found');
  });

  check('another process takes what this one put, on the terms declared here', async ({ ports, another }) => {
    const queue = ports.workQueue();
    await queue.declare('q', { maxDeliveries: 1, ackWaitMs: 60_000, capacity: 2 });
    await queue.put('q', bytes('1'), { id: 'Jörg: «1»' });
    const other = (await another()).workQueue();
    const item = (await other.take('q', { waitMs: 2_000 }))!;
    assert.is(item.id, 'Jörg: «1»');
    await item.nack();
    assert.equal(
      (await queue.poison('q')).map(({ id }) => id),
      ['Jörg: «1»'],
    );
    await other.put('q', bytes('2'), { id: '2' });
    await other.put('q', bytes('3'), { id: '3' });
    await assertFails(() => other.put('q', bytes('4'), { id: '4' }), 'overloaded');
  });

  check('a take that is given up loses no item', async ({ ports }) => {
    const queue = ports.workQueue();
    await queue.declare('q', { ackWaitMs: 60_000 });
    for (let n = 0; n < 20; n++) {
      const abort = new AbortController();
      const taking = queue.take('q', { waitMs: 5_000, signal: abort.signal });
      await queue.put('q', bytes(''), { id: `${n}` });
      abort.abort();
      const item = (await taking) ?? (await queue.take('q', { waitMs: 5_000 }));
      assert.ok(item, `item ${n} is held by nobody`);
      await item!.ack();
    }
    assert.is(await queue.depth('q'), 0);
  });

  check('closing drains: what was published before arrives', async ({ ports, another }) => {
    const other = (await another()).bus();
    let count = 0;
    let done = (): void => undefined;
    const all = new Promise<void>((resolve) => (done = resolve));
    await other.subscribe('a', () => void ((count += 1) === 1_000 && done()));
    const bus = ports.bus();
    for (let n = 0; n < 1_000; n++) bus.publish('a', bytes(`${n}`));
    await ports.close();
    await ports.close();
    await all;
    await assertFails(() => ports.bus().publish('a', bytes('')), 'unavailable');
  });

  check('closing does not wait for a server that is gone', async ({ server, ports, next }) => {
    const lost = next('disconnected');
    await server.kill();
    await lost;
    await ports.close();
  });

  check(
    'a server without JetStream: the bus works, stores are not_supported',
    async ({ ports }) => {
      await ports.bus().flush();
      await assertFails(() => ports.openKv({ bucket: 'b' }), 'not_supported');
      await assertFails(() => ports.workQueue().declare('q'), 'not_supported');
    },
    { jetStream: false },
  );
}

function declareConnecting(): void {
  const test = suite('nats connecting', { limitMs: 180_000 });

  for (const client of Object.keys(NATS_CLIENTS) as NatsClientName[]) {
    const { name } = NATS_CLIENTS[client];
    test(`user and password, in the address or in a file that is read again (${name})`, async () => {
      const server = await startNats({
        jetStream: false,
        config: 'authorization { user: "u", password: "p w" }',
      });
      try {
        const url = server.url;
        await assertFails(() => connectNats({ url, name: 't', client }), 'unauthenticated');
        const inUrl = await connectNats({ url: url.replace('//', '//u:p%20w@'), name: 't', client });
        await inUrl.close();
        const passwordFile = join(server.folder, 'password');
        writeFileSync(passwordFile, 'u:p w\n');
        const ports = await connectNats({ url, name: 't', client, passwordFile, reconnectWaitMs: 20 });
        const back = new Promise<void>((resolve) =>
          ports.link.onEvent((event) => void (event === 'connected' && resolve())),
        );
        await server.kill();
        writeFileSync(
          join(server.folder, 'server.conf'),
          [`listen: "127.0.0.1:${server.port}"`, 'authorization { user: "u", password: "rotated" }'].join(
            '\n',
          ),
        );
        await server.restart();
        writeFileSync(passwordFile, 'u:rotated\n');
        await back;
        await ports.bus().flush();
        await ports.close();
      } finally {
        await server.end();
      }
    });

    test(`an nkey in a file (${name})`, async () => {
      const user = createUser();
      const config = `authorization { users: [ { nkey: ${user.getPublicKey()} } ] }`;
      const server = await startNats({ jetStream: false, config });
      try {
        const nkeyFile = join(server.folder, 'user.nk');
        writeFileSync(nkeyFile, `${new TextDecoder().decode(user.getSeed())}\n`);
        const ports = await connectNats({ url: server.url, name: 't', client, nkeyFile });
        await ports.bus().flush();
        await ports.close();
        writeFileSync(nkeyFile, new TextDecoder().decode(createUser().getSeed()));
        await assertFails(
          () => connectNats({ url: server.url, name: 't', client, nkeyFile }),
          'unauthenticated',
        );
      } finally {
        await server.end();
      }
    });
  }

  test('over TLS with a certificate of our own, checked on both sides', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'witan-nats-tls-'));
    const authority = certificateAuthority(folder);
    const own = signedCertificate(folder, 'server', authority);
    const client = signedCertificate(folder, 'client', authority);
    const ca = `ca_file: "${authority.certFile}"`;
    const files = `cert_file: "${own.certFile}", key_file: "${own.keyFile}", ${ca}`;
    const server = await startNats({ jetStream: false, config: `tls { ${files}, verify: true }` });
    try {
      const base = { url: server.url.replace('nats:', 'tls:'), name: 't' };
      const tls = { tlsCaFile: authority.certFile, tlsCertFile: client.certFile, tlsKeyFile: client.keyFile };
      for (const name of Object.keys(NATS_CLIENTS) as NatsClientName[]) {
        const ports = await connectNats({ ...base, ...tls, client: name });
        await ports.bus().flush();
        await ports.close();
        await assertFails(
          () => connectNats({ ...base, tlsCaFile: authority.certFile, client: name }),
          'unavailable',
        );
        await assertFails(() => connectNats({ ...base, client: name }), 'unavailable');
      }
    } finally {
      await server.end();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('settings that cannot work are refused before anything is tried, and no secret is echoed', async () => {
    const name = 't';
    for (const url of ['', 'http://a', 'nats://', 'nats://secret:pass word@', 'x']) {
      const error = await assertFails(() => connectNats({ url, name }), 'config_invalid');
      assert.not.match(JSON.stringify(error.toJSON()), /secret|pass word/);
    }
    const url = 'nats://127.0.0.1:1';
    for (const file of ['credsFile', 'nkeyFile', 'passwordFile']) {
      await assertFails(() => connectNats({ url, name, [file]: '/nowhere/at/all' }), 'config_invalid');
    }
    await assertFails(() => connectNats({ url, name }), 'unavailable');
  });
}
