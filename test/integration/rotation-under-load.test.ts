/** API keys, certificates and signing keys of tokens change while callers call: none of them is refused. */
import { ChannelCredentials } from '@grpc/grpc-js';
import { SignJWT } from 'jose';
import { copyFileSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import type { MadeApiKey } from '../../contracts/messages/identity/keys.ts';
import { Council } from '../../contracts/proto/gen/witan/v1/council_service_pb.ts';
import { createHost } from '../../index.ts';
import type { Host, SettingsInput } from '../../index.ts';
import { certificateAuthority, signedCertificate } from '../doors/certificates.ts';
import { failure, GrpcTestClient } from '../doors/grpc-client.ts';
import { makeKey } from '../gate/token-issuer.ts';
import type { IssuerKey } from '../gate/token-issuer.ts';
import { assert, suite } from '../harness.ts';

const test = suite('rotation under load', { limitMs: 180_000 });
const folder = mkdtempSync(join(tmpdir(), 'witan-rotation-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

const UNLIMITED = 1_000_000_000;

async function startNode(settings: SettingsInput): Promise<Host> {
  const host = await createHost({
    dataDir: null,
    settings: {
      http: { port: 0, ...settings.http },
      grpc: { port: 0, ...settings.grpc },
      identity: { ...settings.identity },
      admission: { keyRequestMaxCount: UNLIMITED },
    },
  });
  await host.start();
  return host;
}

/** Callers that call again as soon as they are answered. */
class Load {
  readonly failures: string[] = [];
  #isOver = false;
  /** Answers that each caller has got. */
  readonly #counts: number[] = [];
  readonly #lanes: Promise<void>[] = [];
  #onAnswer: () => void = () => undefined;

  get doneCount(): number {
    return this.#counts.reduce((sum, count) => sum + count, 0);
  }

  /** Adds `count` callers; a call that does not give undefined has failed. */
  add(count: number, call: () => Promise<string | undefined>): void {
    for (let lane = 0; lane < count; lane += 1) this.#lanes.push(this.#run(call));
  }

  /** Resolves when each caller has begun and ended a call from now on: none is left from before. */
  round(): Promise<void> {
    const wanted = this.#counts.map((count) => count + 2);
    return new Promise((resolve) => {
      this.#onAnswer = () => {
        if (wanted.every((count, lane) => this.#counts[lane]! >= count)) resolve();
      };
    });
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#lanes);
  }

  async #run(call: () => Promise<string | undefined>): Promise<void> {
    const lane = this.#counts.push(0) - 1;
    while (!this.#isOver) {
      const failed = await call().catch((error: unknown) => String(error));
      if (failed !== undefined) this.failures.push(failed);
      this.#counts[lane]! += 1;
      this.#onAnswer();
    }
  }
}

async function post(host: Host, path: string, body: object): Promise<MadeApiKey> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(host.address!.url + path, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  assert.ok(answer.ok, `${path}: ${answer.status}`);
  return (await answer.json()) as MadeApiKey;
}

async function statusOf(host: Host, headers: Record<string, string>): Promise<number> {
  const answer = await fetch(`${host.address!.url}/api/v1/decisions?limit=1`, { headers });
  await answer.arrayBuffer();
  return answer.status;
}

async function listed(host: Host, headers: Record<string, string>): Promise<string | undefined> {
  const status = await statusOf(host, headers);
  return status === 200 ? undefined : `http ${status}`;
}

async function listedByGrpc(
  client: GrpcTestClient,
  metadata: Record<string, string>,
): Promise<string | undefined> {
  await client.unary(Council.method.listAgents, {}, { metadata });
  return undefined;
}

test('keys are rotated: old ones serve until their grace time ends, new ones at once', async () => {
  const host = await startNode({});
  const client = new GrpcTestClient(host.grpcAddress!.target);
  const load = new Load();
  let key = await post(host, '/api/v1/keys', { tenant: 'acme', roles: ['reader'] });
  let before = key;
  const newest = (): Record<string, string> => ({ 'x-api-key': key.key });
  const outgoing = (): Record<string, string> => ({ 'x-api-key': before.key });
  for (const headers of [newest, outgoing]) {
    load.add(2, () => listed(host, headers()));
    load.add(2, () => listedByGrpc(client, headers()));
  }
  const ended: string[] = [];
  for (let turn = 0; turn < 4; turn += 1) {
    const successor = await post(host, `/api/v1/keys/${key.id}/rotate`, { graceMs: 60_000 });
    // The callers with the outgoing key are told of the one before only now: both are in use all the time.
    const oldest = before;
    before = key;
    key = successor;
    await load.round();
    if (oldest.id === before.id) continue;
    await post(host, `/api/v1/keys/${oldest.id}/revoke`, { reason: 'rotated' });
    ended.push(oldest.key);
  }
  await load.end();
  assert.equal(load.failures, []);
  assert.ok(load.doneCount >= 4 * 16, String(load.doneCount));
  assert.is(ended.length, 3);
  for (const old of ended) assert.is(await statusOf(host, { 'x-api-key': old }), 401);
  client.close();
  await host.stop();
});

test('an old key is refused when its grace time is over, not before', async () => {
  const host = await startNode({});
  const key = await post(host, '/api/v1/keys', { tenant: 'acme', roles: ['reader'] });
  const startedMs = performance.now();
  await post(host, `/api/v1/keys/${key.id}/rotate`, { graceMs: 500 });
  let refusedMs = 0;
  while (refusedMs === 0) {
    const askedMs = performance.now();
    if ((await statusOf(host, { 'x-api-key': key.key })) === 401) refusedMs = performance.now();
    else assert.ok(askedMs - startedMs < 5_000, 'it still serves');
  }
  assert.ok(refusedMs - startedMs >= 490, `${refusedMs - startedMs} ms`);
  await host.stop();
});

test('certificates of HTTP and gRPC are replaced on disk: no call fails, new connections see the new', async () => {
  const authority = certificateAuthority(folder);
  const first = signedCertificate(folder, 'first', authority);
  const second = signedCertificate(folder, 'second', authority);
  const served = { certFile: join(folder, 'served.pem'), keyFile: join(folder, 'served.key') };
  const serve = (files: typeof first): void => {
    // A file is replaced whole; between the two the pair does not fit, and the node keeps the one it has.
    for (const name of ['certFile', 'keyFile'] as const) {
      copyFileSync(files[name], `${served[name]}.new`);
      renameSync(`${served[name]}.new`, served[name]);
    }
  };
  serve(first);
  const tls = { tlsCertFile: served.certFile, tlsKeyFile: served.keyFile };
  const host = await startNode({ http: tls, grpc: tls });
  const ca = readFileSync(authority.certFile);
  const { port } = host.address!;
  const { target } = host.grpcAddress!;
  const newClient = (): GrpcTestClient => new GrpcTestClient(target, ChannelCredentials.createSsl(ca));
  const kept = newClient();
  const keptAgent = new Agent({ ca, keepAlive: true, maxSockets: 2 });
  const load = new Load();
  load.add(2, () => securely({ port, ca, agent: keptAgent }));
  load.add(2, () => securely({ port, ca, agent: false }));
  load.add(2, () => listedByGrpc(kept, {}));
  load.add(2, async () => {
    const fresh = newClient();
    await listedByGrpc(fresh, {}).finally(() => fresh.close());
    return undefined;
  });
  await load.round();
  const grpcPort = host.grpcAddress!.port;
  assert.equal([await shownName(port, ca), await shownName(grpcPort, ca)], ['first', 'first']);
  serve(second);
  const shown = async (): Promise<string[]> => [await shownName(port, ca), await shownName(grpcPort, ca)];
  while ((await shown()).join() !== 'second,second') await load.round();
  await load.round();
  await load.end();
  assert.equal(load.failures, []);
  kept.close();
  keptAgent.destroy();
  await host.stop();
});

interface Secure {
  readonly port: number;
  readonly ca: Buffer;
  readonly agent: Agent | false;
}

function securely({ port, ca, agent }: Secure): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port, path: '/api/v1/agents', ca, agent }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode === 200 ? undefined : `https ${answer.statusCode}`));
    });
    call.on('error', reject);
    call.end();
  });
}

/** Common name of the certificate that a new connection is shown. */
function shownName(port: number, ca: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, ca, ALPNProtocols: ['h2', 'http/1.1'] }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

test('an issuer changes its keys: tokens of both are taken while both are published, then of the new alone', async () => {
  let keys: IssuerKey[] = [await makeKey('key-0')];
  let readCount = 0;
  const keySet = createServer((_request, response) => {
    readCount += 1;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }));
  });
  await new Promise<void>((resolve) => keySet.listen(0, '127.0.0.1', resolve));
  const keysUrl = `http://127.0.0.1:${(keySet.address() as AddressInfo).port}/keys`;
  const issuer = { name: 'test', issuer: 'https://issuer.test', keysUrl };
  const host = await startNode({
    identity: { issuers: [issuer], keySetCooldownMs: 50, keySetMaxAgeMs: 100 },
  });
  const client = new GrpcTestClient(host.grpcAddress!.target);
  const load = new Load();
  const bearer = async (): Promise<Record<string, string>> => ({
    authorization: `Bearer ${await tokenOf(keys.at(-1)!)}`,
  });
  load.add(2, async () => listed(host, await bearer()));
  load.add(2, async () => listedByGrpc(client, await bearer()));
  // A caller keeps its token as long as the key behind it is published.
  let held = await bearer();
  load.add(2, () => listed(host, held));
  await load.round();
  for (let turn = 1; turn <= 2; turn += 1) {
    const next = await makeKey(`key-${turn}`);
    const old = keys.at(-1)!;
    const readsBefore = readCount;
    // An issuer publishes a key before it signs with it.
    keys = [next, old];
    while (readCount === readsBefore) await load.round();
    await load.round();
    keys = [old, next];
    held = await bearer();
    await load.round();
    // No call with the old token is under way any more: the old key goes.
    const oldToken = await tokenOf(old);
    keys = [next];
    const readsThen = readCount;
    while (readCount < readsThen + 2) await load.round();
    await load.round();
    assert.is(await statusOf(host, { authorization: `Bearer ${oldToken}` }), 401);
  }
  await load.end();
  assert.equal(load.failures, []);
  client.close();
  await host.stop();
  keySet.close();
});

test('no scope, no answer: the load above is let in by its credentials, not by its address', async () => {
  const host = await startNode({ identity: { trustLoopback: false } });
  assert.is(await statusOf(host, {}), 401);
  const client = new GrpcTestClient(host.grpcAddress!.target);
  assert.is((await failure(client.unary(Council.method.listAgents, {}))).code, 'unauthenticated');
  client.close();
  await host.stop();
});

let tokenCount = 0;

/** A token like no other: each is verified anew. */
function tokenOf({ kid, alg, privateKey }: IssuerKey): Promise<string> {
  const now = Math.floor(Date.now() / 1_000);
  return new SignJWT({
    iss: 'https://issuer.test',
    aud: 'nethical-api',
    sub: 'alice',
    tenant: 'acme',
    scope: 'nethical:read',
    jti: String((tokenCount += 1)),
    nbf: now - 1,
    exp: now + 300,
  })
    .setProtectedHeader({ alg, kid })
    .sign(privateKey);
}
