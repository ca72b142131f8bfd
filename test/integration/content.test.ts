/** Content over HTTP at a whole node without a chain: register, verify, provenance, certificates, marks, CAR. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readContentCar } from '../../agents/platform/proof/ipfs/content-archive.ts';
import { decodeImage, encodeImage } from '../../agents/platform/proof/watermark/image-file.ts';
import { picture } from '../../bench/watermark/pictures.ts';
import { verifyContentCertificate } from '../../contracts/content/certificate.ts';
import { fromHex, utf8 } from '../../contracts/ledger/bytes.ts';
import { entryLeafHash, hashText } from '../../contracts/ledger/leaf.ts';
import { ContentReceipt } from '../../contracts/messages/content/registration.ts';
import { ContentVerification } from '../../contracts/messages/content/verification.ts';
import { WatermarkAnswer } from '../../contracts/messages/content/watermark.ts';
import { createHost } from '../../index.ts';
import type { Host, HostConfig } from '../../index.ts';
import { sha256 } from '../../runtime/kernel/crypto/digest.ts';
import { verifyEd25519 } from '../../runtime/kernel/crypto/ed25519.ts';
import type { LedgerPort } from '../../runtime/kernel/ports/ledger.ts';
import { assert, suite } from '../harness.ts';

const test = suite('content registry', { limitMs: 180_000 });

const KEYS = { red: 'red-content-key', blue: 'blue-content-key', reader: 'reader-content-key' } as const;
const ALL = ['content:register', 'content:read', 'content:certify'];
const digestOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;
const identity = {
  trustLoopback: false,
  apiKeys: [
    { id: 'red', tenant: 'red', scopes: ALL, digest: digestOf(KEYS.red) },
    { id: 'blue', tenant: 'blue', scopes: ALL, digest: digestOf(KEYS.blue) },
    { id: 'reader', tenant: 'red', scopes: ['content:read'], digest: digestOf(KEYS.reader) },
  ],
} as unknown as NonNullable<NonNullable<HostConfig['settings']>['identity']>;

type Body = Record<string, any>;
interface Reply {
  readonly status: number;
  readonly body: Body;
}

const METADATA = {
  modelId: 'writer-1',
  createdAt: '2026-01-02T03:04:05.000Z',
  parameters: { temperature: 0.7, seed: 5 },
  creator: 'press office',
};

class Node {
  readonly host: Host;
  readonly ledger: LedgerPort;

  constructor(host: Host, ledger: LedgerPort) {
    this.host = host;
    this.ledger = ledger;
  }

  static async start(config: HostConfig = {}): Promise<Node> {
    const seen: LedgerPort[] = [];
    const { settings, ...rest } = config;
    const host = await createHost({
      dataDir: null,
      wrapLedger: (ledger) => (seen.push(ledger), ledger),
      settings: { http: { port: 0 }, grpc: { enabled: false }, identity, ...settings },
      ...rest,
    });
    await host.start();
    return new Node(host, seen[0]!);
  }

  async call(method: string, path: string, body?: unknown, key: string = KEYS.red): Promise<Reply> {
    const answer = await this.raw(method, path, body, key);
    return { status: answer.status, body: (await answer.json()) as Body };
  }

  raw(method: string, path: string, body?: unknown, key: string = KEYS.red): Promise<Response> {
    return fetch(`${this.host.address!.url}/api/v1/content/${path}`, {
      method,
      headers: { 'content-type': 'application/json', 'x-api-key': key },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }

  register(text: string, more: Body = {}, key?: string): Promise<Reply> {
    return this.call('POST', 'register', { text, metadata: METADATA, ...more }, key);
  }

  stop(): Promise<void> {
    return this.host.stop({ graceMs: 500 });
  }
}

let node: Node;
test.before(async () => {
  node = await Node.start();
});
test.after(() => node.stop());

test('a registration is in the log when it is answered, with its proof, and says that there is no chain', async () => {
  const { status, body } = await node.register('what the press office said');
  assert.is(status, 201);
  const receipt = ContentReceipt.parse(body);
  assert.is(receipt.record.contentHash, digestOf('what the press office said'));
  assert.is(receipt.chain.state, 'off');
  assert.is(receipt.record.registeredBy, 'key:red');
  const leaf = hashText(entryLeafHash(receipt.proof.canonical, sha256));
  assert.is(leaf, receipt.record.place.leafHash);
  assert.ok(receipt.proof.canonical.includes(receipt.record.contentHash));
});

test('the same content again is refused with the record that stands', async () => {
  const first = await node.register('said twice');
  const again = await node.call('POST', 'register', {
    digest: digestOf('said twice').slice(7),
    metadata: METADATA,
  });
  assert.is(again.status, 409);
  assert.equal(
    [again.body.error.code, again.body.error.message],
    ['already_exists', 'Content already registered'],
  );
  assert.equal(again.body.error.details.record, first.body.record);
});

test('of many who register the same content at once, one wins', async () => {
  const before = node.ledger.size();
  const replies = await Promise.all(Array.from({ length: 12 }, () => node.register('raced for')));
  assert.equal(replies.map(({ status }) => status).sort(), [201, ...Array<number>(11).fill(409)]);
  assert.is(node.ledger.size(), before + 1);
});

test('verification: unknown, registered, verified, revoked; the proof is there each time', async () => {
  const text = 'to be verified';
  const verify = async (): Promise<ContentVerification> =>
    ContentVerification.parse((await node.call('POST', 'verify', { text })).body);
  const unknown = await verify();
  assert.equal([unknown.registered, unknown.isVerified, unknown.status], [false, false, 'unknown']);
  const { body } = await node.register(text);
  const registered = await verify();
  assert.equal(
    [registered.registered, registered.isVerified, registered.status],
    [true, false, 'registered'],
  );
  assert.equal(registered.record, ContentReceipt.parse(body).record);
  assert.is(registered.chain.state, 'off');
  const hash = registered.contentHash;
  const issued = await node.call('POST', `${hash}/certificates`, {});
  assert.equal([issued.status, issued.body.state], [201, 'valid']);
  assert.is((await verify()).status, 'verified');
  const { id } = issued.body.certificate.body;
  const revoked = await node.call('POST', `${hash}/certificates/${id}/revoke`, { reason: 'wrong picture' });
  assert.equal([revoked.body.state, revoked.body.revocationReason], ['revoked', 'wrong picture']);
  const size = node.ledger.size();
  await node.call('POST', `${hash}/certificates/${id}/revoke`, { reason: 'once more' });
  assert.is(node.ledger.size(), size, 'a second revocation writes nothing');
  const after = await verify();
  assert.equal([after.isVerified, after.status, after.certificates.length], [false, 'registered', 1]);
  const list = await node.call('GET', `${hash}/certificates`);
  assert.equal(list.body.items, after.certificates);
});

test('a certificate holds offline under the recorded key, and a forged one does not', async () => {
  const { body } = await node.register('certified at once', { certify: true });
  const { certificate, record } = ContentReceipt.parse(body);
  const publicKeys: Uint8Array[] = [];
  for await (const { kind, payload } of node.ledger.read(0)) {
    const { purpose, publicKey } = payload as { purpose?: string; publicKey?: string };
    if (kind === 'key' && purpose === 'certificate') publicKeys.push(fromHex(publicKey!));
  }
  const crypto = { sha256, verifyEd25519 };
  const { contentHash } = record;
  const check = (given: unknown, more: Body = {}): string | undefined =>
    verifyContentCertificate(given, { publicKeys, contentHash, crypto, ...more }).mismatch?.check;
  assert.is(check(certificate), undefined);
  const forged = structuredClone(certificate!);
  forged.body.contentHash = digestOf('something else') as never;
  assert.is(check(forged), 'signature');
  assert.is(check(certificate, { contentHash: digestOf('something else') }), 'content');
  assert.is(check(certificate, { publicKeys: [new Uint8Array(32)] }), 'signature');
  assert.is(check(certificate, { atMs: Date.parse('2999-01-01') }), 'expiry');
  assert.is(check({ ...certificate, format: 'other' }), 'form');
});

test('lineage: ancestors, children, origin, and a parent that nobody registered', async () => {
  const [one, two] = [await node.register('first source'), await node.register('second source')];
  const parents = [one.body.record.contentHash, two.body.record.contentHash] as string[];
  const both = await node.register('made from both', { parents });
  assert.is(both.body.record.origin, 'combined');
  const edited = await node.register('edited', { parents: [both.body.record.contentHash] });
  const graph = (await node.call('GET', `${edited.body.record.contentHash}/provenance`)).body;
  assert.equal(
    graph.nodes.map((one: Body) => [one.contentHash, one.distance]),
    [
      [edited.body.record.contentHash, 0],
      [both.body.record.contentHash, 1],
      [parents[0], 2],
      [parents[1], 2],
    ],
  );
  const above = (await node.call('GET', `0x${parents[0]!.slice(7)}/provenance`)).body;
  const link = { child: both.body.record.contentHash, parent: parents[0], relation: 'made-from' };
  assert.equal(above.edges, [link]);
  const orphan = await node.register('orphan', { parents: [digestOf('never registered')] });
  assert.equal([orphan.status, orphan.body.error.details.path], [404, 'parents.0']);
  const misfit = await node.register('misfit', { parents, origin: 'modified' });
  assert.is(misfit.status, 400);
});

test('another tenant sees nothing of it and registers the same content for itself', async () => {
  const { body } = await node.register('of the red tenant', { certify: true, store: true });
  const hash = body.record.contentHash as string;
  for (const path of [`${hash}/provenance`, `${hash}/certificates`, `${hash}/car`]) {
    assert.is((await node.call('GET', path, undefined, KEYS.blue)).status, 404);
  }
  const seen = await node.call('POST', 'verify', { digest: hash }, KEYS.blue);
  assert.equal([seen.body.registered, seen.body.record], [false, null]);
  const revoke = `${hash}/certificates/${body.certificate.body.id}/revoke`;
  assert.is((await node.call('POST', revoke, { reason: 'mine now' }, KEYS.blue)).status, 404);
  assert.is((await node.register('of the red tenant', {}, KEYS.blue)).status, 201);
});

test('each operation wants its scope', async () => {
  const hash = (await node.register('scoped')).body.record.contentHash as string;
  const refused = [
    node.call('POST', 'register', { text: 'x', metadata: METADATA }, KEYS.reader),
    node.call('POST', 'watermark', { text: 'x' }, KEYS.reader),
    node.call('POST', `${hash}/certificates`, {}, KEYS.reader),
    node.call('POST', `${hash}/certificates/c${'0'.repeat(32)}/revoke`, { reason: 'x' }, KEYS.reader),
  ];
  for (const { status } of await Promise.all(refused)) assert.is(status, 403);
  assert.is((await node.call('POST', 'verify', { digest: hash }, KEYS.reader)).status, 200);
  assert.is((await node.call('POST', 'verify', { digest: hash }, 'nobody')).status, 401);
});

test('what is not of the expected form is refused, with the field', async () => {
  const wrong: readonly [Body, number, string][] = [
    [{ metadata: METADATA }, 400, 'invalid_argument'],
    [{ text: 'x', digest: '0'.repeat(64), metadata: METADATA }, 400, 'invalid_argument'],
    [{ digest: 'abc', metadata: METADATA }, 400, 'invalid_argument'],
    [{ digest: '0'.repeat(64), metadata: METADATA, store: true }, 400, 'invalid_argument'],
    [{ text: 'x', metadata: { ...METADATA, prompt: 'secret' } }, 400, 'unknown_field'],
    [{ text: 'x', metadata: { ...METADATA, modelId: 'ü'.repeat(65) } }, 400, 'invalid_argument'],
    [{ text: 'x', metadata: { ...METADATA, parameters: { long: 'x'.repeat(17_000) } } }, 413, 'too_large'],
    [{ base64: 'QQ=', metadata: METADATA }, 400, 'bad_encoding'],
    [{ base64: 'QR==', metadata: METADATA }, 400, 'bad_encoding'],
    [{ text: 'self', metadata: METADATA, parents: [digestOf('self')] }, 400, 'invalid_argument'],
    [{ text: 'x'.repeat(1_100_000), metadata: METADATA }, 413, 'too_large'],
  ];
  for (const [body, status, code] of wrong) {
    const reply = await node.call('POST', 'register', body);
    assert.equal([reply.status, reply.body.error.code], [status, code], JSON.stringify(body).slice(0, 80));
  }
});

test('kept content comes back as a CAR file under its content id', async () => {
  const { body } = await node.register('kept for later', { store: true });
  const { contentHash, cid } = ContentReceipt.parse(body).record;
  const answer = await node.raw('GET', `${contentHash}/car`);
  assert.equal(
    [answer.headers.get('content-type'), answer.headers.get('x-content-cid')],
    ['application/vnd.ipld.car', cid],
  );
  const back = await readContentCar(new Uint8Array(await answer.arrayBuffer()));
  assert.equal([back.cid, back.bytes], [cid, utf8('kept for later')]);
  const gone = await node.register('not kept');
  assert.is((await node.call('GET', `${gone.body.record.contentHash}/car`)).status, 404);
});

test('a marked text is told from its original, traced to it, and another tenant finds no mark', async () => {
  const text =
    'The minister said on Tuesday that the bridge will be closed for two weeks in spring, ' +
    'and that ferries will run.';
  const marked = WatermarkAnswer.parse((await node.call('POST', 'watermark', { text })).body);
  assert.equal([marked.kind, marked.isReadable, marked.originalHash], ['text', true, digestOf(text)]);
  const quoted = `He wrote: ${marked.text!.slice(0, 400)} – or so.`;
  const found = ContentVerification.parse((await node.call('POST', 'verify', { text: quoted })).body);
  assert.equal(
    found.watermarks.map(({ markId, originalHash, isUnchanged }) => [markId, originalHash, isUnchanged]),
    [[marked.markId, marked.originalHash, false]],
  );
  const whole = (await node.call('POST', 'verify', { text: marked.text })).body;
  assert.is(whole.watermarks[0].isUnchanged, true);
  const other = (await node.call('POST', 'verify', { text: marked.text }, KEYS.blue)).body;
  assert.equal(other.watermarks, []);
  assert.is((await node.call('POST', 'watermark', { text: marked.text })).status, 409);
});

test('a marked picture is found again after JPEG; bombs and giants are refused', async () => {
  const original = picture('shapes', 4, 320, 288);
  const base64 = Buffer.from(encodeImage(original, 'image/png')).toString('base64');
  const reply = await node.call('POST', 'watermark', { base64 });
  const marked = WatermarkAnswer.parse(reply.body);
  assert.equal([marked.kind, marked.mediaType, marked.isReadable], ['image', 'image/png', true]);
  assert.ok(marked.psnrDb! >= 40);
  const pixels = decodeImage(Buffer.from(marked.base64!, 'base64'), { maxPixels: 1e6, minSide: 1 });
  const jpeg = Buffer.from(encodeImage(pixels, 'image/jpeg', 75)).toString('base64');
  const found = (await node.call('POST', 'verify', { base64: jpeg })).body;
  assert.equal(
    found.watermarks.map((one: Body) => [one.markId, one.originalHash]),
    [[marked.markId, marked.originalHash]],
  );
  const file = Buffer.from(base64, 'base64');
  file.writeUInt32BE(60_000, 16);
  file.writeUInt32BE(60_000, 20);
  const giant = await node.call('POST', 'watermark', { base64: file.toString('base64') });
  assert.equal([giant.status, giant.body.error.code], [413, 'too_large']);
  const small = Buffer.from(encodeImage(picture('shapes', 1, 64, 64), 'image/png')).toString('base64');
  assert.is((await node.call('POST', 'watermark', { base64: small })).status, 400);
  assert.is((await node.call('POST', 'watermark', { base64: 'R0lGODlh' })).status, 400);
});

test('a node that starts again knows its contents, certificates and marks', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'witan-content-'));
  try {
    const text =
      'It is known that a text of some dozen words carries its mark over a restart of the node that made it.';
    const first = await Node.start({ dataDir });
    const { body } = await first.register(text, { certify: true, store: true });
    const marked = (await first.call('POST', 'watermark', { text })).body;
    await first.stop();
    const second = await Node.start({ dataDir });
    const seen = ContentVerification.parse((await second.call('POST', 'verify', { text })).body);
    assert.equal([seen.status, seen.record], ['verified', ContentReceipt.parse(body).record]);
    const found = (await second.call('POST', 'verify', { text: marked.text })).body;
    assert.is(found.watermarks[0].markId, marked.markId);
    assert.is((await second.raw('GET', `${seen.contentHash}/car`)).status, 200);
    assert.is((await second.register(text)).status, 409);
    await second.stop();
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
});

test('a node that does not offer it says so', async () => {
  const other = await Node.start({ settings: { content: { enabled: false } } });
  const reply = await other.call('POST', 'verify', { text: 'x' });
  assert.equal([reply.status, reply.body.error.code], [501, 'not_supported']);
  await other.stop();
});
