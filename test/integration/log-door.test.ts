/** Two nodes over HTTP: one keeps a log that strangers read, the other watches and vouches for it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHost } from '../../index.ts';
import type { Host } from '../../index.ts';
import { fromHex, toHex, utf8 } from '../../contracts/ledger/bytes.ts';
import { leafHashOf, verifyConsistency, verifyInclusion } from '../../contracts/ledger/tree/merkle.ts';
import { TileTree } from '../../contracts/ledger/tree/tile-tree.ts';
import { parseNoteKey } from '../../contracts/ledger/tlog/note-key.ts';
import { logSignatureState, parseOpenCheckpoint } from '../../contracts/ledger/tlog/open-checkpoint.ts';
import { encodeTilePath } from '../../contracts/ledger/tlog/tile-path.ts';
import { parseTlogProof, verifyTlogProof } from '../../contracts/ledger/tlog/tlog-proof.ts';
import { parseTrustPolicy } from '../../contracts/ledger/tlog/trust-policy.ts';
import { originHash } from '../../runtime/store/witness/file-witness-store.ts';
import { sha256 } from '../../runtime/kernel/crypto/digest.ts';
import { verifyEd25519 } from '../../runtime/kernel/crypto/ed25519.ts';
import { assert, suite } from '../harness.ts';

const test = suite('the log over HTTP, and its witness', { limitMs: 180_000 });
const crypto = { sha256, verifyEd25519 };
let folder = '';
const running: Host[] = [];

test.before(() => {
  folder = mkdtempSync(join(tmpdir(), 'witan-log-door-'));
});
test.after(async () => {
  for (const host of running) await host.stop({ graceMs: 0 });
  rmSync(folder, { recursive: true, force: true });
});

async function startNode(name: string, settings: object): Promise<{ host: Host; url: string }> {
  const given = { node: { name }, http: { port: 0 }, grpc: { enabled: false }, ...settings };
  const host = await createHost({ dataDir: join(folder, name), settings: given });
  await host.start();
  running.push(host);
  return { host, url: host.address!.url };
}

async function stopNode(host: Host): Promise<void> {
  running.splice(running.indexOf(host), 1);
  await host.stop();
}

const linesOf = (name: string): string[] =>
  readFileSync(join(folder, name, 'trust-policy.txt'), 'utf8').split('\n');
const logLine = (name: string): string => linesOf(name).find((line) => line.startsWith('log '))!;

async function text(url: string): Promise<{ status: number; body: string; type: string; cache: string }> {
  const answer = await fetch(url);
  const header = (of: string): string => answer.headers.get(of) ?? '';
  return {
    status: answer.status,
    body: await answer.text(),
    type: header('content-type'),
    cache: header('cache-control'),
  };
}

test('checkpoint, tiles and proofs are enough for a stranger; a witness vouches for it', async () => {
  // The log's key is known before its node is watched.
  const first = await startNode('author', {});
  await stopNode(first.host);
  const vkey = logLine('author').slice(4);
  const witness = await startNode('watcher', { witness: { logs: [vkey] } });
  const witnessLine = linesOf('watcher')
    .find((line) => line.startsWith('# witness '))!
    .slice(2);
  const policyText = `log ${vkey}\n${witnessLine} ${witness.url}/api/v1/witness\nquorum watcher\n`;
  const policyFile = join(folder, 'policy.txt');
  writeFileSync(policyFile, policyText);
  const { host, url } = await startNode('author', {
    log: { public: true, publishEveryMs: 50 },
    witness: { policyFile },
  });
  const verdict = await host.submit({ type: 'chat', text: 'What is the capital of Portugal?' });
  const { decisionId } = verdict.body;

  const proof = (await (await fetch(`${url}/api/v1/log/proof/${decisionId}`)).json()) as {
    proof: string;
    entry: string;
  };
  const policy = parseTrustPolicy(policyText, sha256);
  const trust = { logs: policy.logs.map(({ key }) => key), policy };
  const verified = verifyTlogProof(proof.proof, { entry: utf8(proof.entry), trust }, crypto);
  assert.equal(verified.mismatch, null);
  assert.equal(verified.witnesses, ['watcher']);

  const { body: note, type, cache } = await text(`${url}/api/v1/log/checkpoint`);
  assert.is(type, 'text/plain; charset=utf-8');
  assert.is(cache, 'no-cache');
  const checkpoint = parseOpenCheckpoint(note);
  assert.is(logSignatureState(checkpoint, [parseNoteKey(vkey, sha256)], crypto), 'good');
  const fetchTile = async (level: number, index: number, width: number): Promise<Uint8Array> => {
    const answer = await fetch(`${url}/api/v1/log/tile/${encodeTilePath({ level, index, width })}`);
    assert.is(answer.headers.get('content-type'), 'application/octet-stream');
    assert.match(answer.headers.get('cache-control')!, /immutable/);
    return new Uint8Array(await answer.arrayBuffer());
  };
  const tree = new TileTree(fetchTile, sha256);
  assert.is(toHex(await tree.root(checkpoint.size)), checkpoint.root);
  const { index } = parseTlogProof(proof.proof);
  const claim = { index, size: checkpoint.size, root: fromHex(checkpoint.root) };
  const leafHash = leafHashOf(utf8(proof.entry), sha256);
  const path = await tree.inclusionProof(index, checkpoint.size);
  assert.ok(verifyInclusion({ ...claim, leafHash, path }, sha256));

  await host.submit({ type: 'chat', text: 'And of Spain?' });
  const grown = (await (await fetch(`${url}/api/v1/log/witnesses`)).json()) as { witnesses: object[] };
  assert.is(grown.witnesses.length, 1);
  const seen = parseOpenCheckpoint(
    (await text(`${witness.url}/api/v1/witness/${originHash(checkpoint.origin)}/checkpoint`)).body,
  );
  assert.is(seen.origin, checkpoint.origin);
  const consistent = {
    fromSize: checkpoint.size,
    toSize: seen.size,
    fromRoot: fromHex(checkpoint.root),
    toRoot: fromHex(seen.root),
    path: seen.size === checkpoint.size ? [] : await tree.consistencyProof(checkpoint.size, seen.size),
  };
  assert.ok(verifyConsistency(consistent, sha256));

  const report = (await (await fetch(`${url}/api/v1/audit/verify-chain`, { method: 'POST' })).json()) as {
    ok: boolean;
    size: number;
  };
  assert.ok(report.ok);
  assert.ok(report.size >= seen.size);

  // Entries hold what tenants said: the node's own administrator on this machine reads them, nobody else.
  const bundle = await fetch(`${url}/api/v1/log/tile/entries/000.p/2`);
  const bytes = Buffer.from(await bundle.arrayBuffer());
  const length = bytes.readUInt16BE(0);
  const leaf = leafHashOf(bytes.subarray(2, 2 + length), sha256);
  assert.is(toHex(leaf), toHex((await fetchTile(0, 0, 2)).subarray(0, 32)));
  for (const missing of ['0/999', '0/x001/000.p/3', '63/000', 'entries/999', '00/000', 'a']) {
    assert.is((await text(`${url}/api/v1/log/tile/${missing}`)).status, 404, missing);
  }
});

test('a log that is not public: hashes for the scope, entries for the administrator of the node alone', async () => {
  const { url } = await startNode('closed', {});
  const made = await fetch(`${url}/api/v1/keys`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ label: 'reader', tenant: 'acme', scopes: ['log:read', 'log:entries'] }),
  });
  const { key } = (await made.json()) as { key: string };
  const asked = async (path: string, apiKey?: string): Promise<number> => {
    const headers: Record<string, string> = apiKey === undefined ? {} : { 'x-api-key': apiKey };
    const answer = await fetch(`${url}/api/v1/log/${path}`, { headers });
    await answer.arrayBuffer();
    return answer.status;
  };
  assert.is(await asked('checkpoint', key), 200);
  assert.is(await asked('tile/0/000.p/1', key), 200);
  assert.is(await asked('tile/entries/000.p/1', key), 403, 'entries are of every tenant');
  assert.is(await asked('proof/0', key), 403);
  assert.is(await asked('checkpoint', 'wk_unknown'), 401);
  const watching = await fetch(`${url}/api/v1/witness/add-checkpoint`, { method: 'POST', body: 'old 0\n' });
  assert.is(watching.status, 501, 'a node that watches no log is no witness');
});

test('a verdict that waits for witnesses is released without them when the time is over', async () => {
  const policyFile = join(folder, 'nobody.txt');
  const [line] = linesOf('watcher').filter((one) => one.startsWith('# witness '));
  writeFileSync(policyFile, `${line!.slice(2)} http://127.0.0.1:9/nobody\nquorum watcher\n`);
  const { host } = await startNode('waiting', {
    witness: { policyFile, verdictWaitMs: 300, timeoutMs: 200 },
    log: { publishEveryMs: 50 },
  });
  const verdict = await host.submit({ type: 'chat', text: 'What is the capital of Portugal?' });
  assert.ok(verdict.body.outcome.length > 0);
  const health = host.inspect.health().checks.find(({ name }) => name === 'witnesses');
  assert.is(health?.ok, false);
  assert.match(await host.inspect.metrics(), /witan_verdicts_unwitnessed_total [1-9]/);
});
