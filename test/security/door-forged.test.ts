/** Credentials that are forged, wrong or over: each door refuses them, also from this machine, and alike. */
import { createHmac, createPublicKey, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { SignJWT, UnsecuredJWT } from 'jose';
import type { JWTPayload } from 'jose';
import { makeApiKey } from '../../agents/platform/gate/credentials/api-key.ts';
import { Council } from '../../contracts/proto/gen/witan/v1/council_service_pb.ts';
import { makeKey } from '../gate/token-issuer.ts';
import type { IssuerKey } from '../gate/token-issuer.ts';
import { assert, suite } from '../harness.ts';
import { AttackedNode, AUDIENCE, ISSUER } from './doors/attacked-node.ts';
import { Callers } from './doors/callers.ts';
import type { Answer, Shown } from './doors/callers.ts';

const test = suite('doors: forged credentials', { limitMs: 60_000 });

let node: AttackedNode;
let callers: Callers;
/** Addresses that a forged token names; nobody may ask there. */
let askedCount = 0;
const lure = createServer((_request, response) => {
  askedCount += 1;
  response.end('{"keys":[]}');
});

test.before(async () => {
  await new Promise<void>((resolve) => lure.listen(0, '127.0.0.1', resolve));
  // Whoever shows nothing is the administrator here: a door that drops what it cannot read lets all in.
  node = await AttackedNode.start({}, { trustLoopback: true });
  callers = await Callers.connect(node);
});
test.after(async () => {
  callers.close();
  await node.end();
  lure.closeAllConnections();
  await new Promise((resolve) => lure.close(resolve));
});

/** The same read at every door. */
async function everywhere(shown: Shown): Promise<[door: string, answer: Answer][]> {
  const asked: [string, Promise<Answer>][] = [
    ['http', callers.http('GET', '/api/v1/decisions', shown)],
    ['live', callers.live(shown)],
    ['grpc', callers.grpc(Council.method.listDecisions, {}, shown)],
  ];
  if (callers.nats) asked.push(['nats', callers.natsCall('decision.list', {}, shown)]);
  return Promise.all(asked.map(async ([door, answer]) => [door, await answer] as [string, Answer]));
}

async function assertRefused(name: string, shown: Shown): Promise<void> {
  for (const [door, { code, text }] of await everywhere(shown)) {
    assert.is(code, 'unauthenticated', `${name} at ${door}: ${text.slice(0, 200)}`);
    node.assertSaysNothing(text);
  }
}

const seconds = (): number => Math.floor(Date.now() / 1_000);

function tokenOf(claims: JWTPayload = {}, header: object = {}, key: IssuerKey = node.rsa): Promise<string> {
  const now = seconds();
  const payload = {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: 'alice',
    tenant: 'red',
    scope: 'nethical:read',
    nbf: now - 5,
    exp: now + 300,
    ...claims,
  };
  return new SignJWT(payload)
    .setProtectedHeader({ alg: key.alg, kid: key.kid, ...header })
    .sign(key.privateKey);
}

test('the right token is taken at every door, and is refused once it is over', async () => {
  for (const [door, { code }] of await everywhere({ bearer: await tokenOf() }))
    assert.ok(['ok', 'open'].includes(code), door);
  const captured = node.keepSecret(await tokenOf({ exp: seconds() + 2 }));
  for (const [door, { code }] of await everywhere({ bearer: captured }))
    assert.ok(['ok', 'open'].includes(code), door);
  const { exp } = JSON.parse(Buffer.from(captured.split('.')[1]!, 'base64url').toString()) as { exp: number };
  await new Promise((resolve) => setTimeout(resolve, exp * 1_000 - Date.now() + 10));
  await assertRefused('captured and over', { bearer: captured });
});

test('wrong claims are refused', async () => {
  const now = seconds();
  const wrong: Record<string, JWTPayload> = {
    'another audience': { aud: 'another' },
    'no audience': { aud: undefined as never },
    'another issuer': { iss: 'https://evil.test' },
    'no issuer': { iss: undefined as never },
    over: { exp: now - 1 },
    'no end': { exp: undefined as never },
    'not yet': { nbf: now + 60 },
    'a tenant that nobody is': { tenant: 'system' },
    'two tenants': { tenant: ['red', 'blue'] },
  };
  for (const [name, claims] of Object.entries(wrong)) {
    await assertRefused(name, { bearer: node.keepSecret(await tokenOf(claims)) });
  }
});

test('forged signatures are refused, and no address in a token is asked', async () => {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const right = await tokenOf();
  const [head, body, signature] = right.split('.') as [string, string, string];
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as JWTPayload;
  const publicKey = createPublicKey({ key: node.rsa.jwk as never, format: 'jwk' });
  const hmac = (secret: string | Buffer): string => {
    const signed = `${encode({ alg: 'HS256', kid: 'rs-1' })}.${body}`;
    return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
  };
  const stranger = await makeKey('rs-1', 'RS256');
  const elsewhere = `http://127.0.0.1:${(lure.address() as AddressInfo).port}/keys`;
  const forged: Record<string, string> = {
    'no algorithm': new UnsecuredJWT(claims).encode(),
    'no algorithm, spelled otherwise': `${encode({ alg: 'nOnE' })}.${body}.`,
    'no algorithm with a signature': `${encode({ alg: 'none', kid: 'rs-1' })}.${body}.${signature}`,
    'public key in PEM as secret': hmac(publicKey.export({ type: 'spki', format: 'pem' })),
    'public key in DER as secret': hmac(publicKey.export({ type: 'spki', format: 'der' })),
    'modulus as secret': hmac(Buffer.from(node.rsa.jwk.n!, 'base64url')),
    'empty secret': hmac(''),
    'another algorithm': `${encode({ alg: 'PS256', kid: 'rs-1' })}.${body}.${signature}`,
    'another tenant': `${head}.${encode({ ...claims, tenant: 'blue' })}.${signature}`,
    'signature cut': `${head}.${body}.${signature.slice(0, -4)}`,
    'no signature': `${head}.${body}.`,
    'a stranger with our name': await tokenOf({}, {}, stranger),
    'unknown kid': await tokenOf({}, { kid: 'rs-2' }, stranger),
    'kid that is a path': await tokenOf({}, { kid: '../../../etc/passwd' }, stranger),
    'kid that is a query': await tokenOf({}, { kid: "' OR 1=1 --" }, stranger),
    'own key in jwk': await tokenOf({}, { jwk: stranger.jwk }, stranger),
    'own keys at jku': await tokenOf({}, { kid: 'rs-2', jku: elsewhere }, stranger),
    'own certificate at x5u': await tokenOf({}, { kid: 'rs-2', x5u: elsewhere }, stranger),
    'parts that are nothing': 'e30.e30.e30',
    'a part too many': `${right}.${signature}`,
  };
  for (const [name, bearer] of Object.entries(forged)) await assertRefused(name, { bearer });
  assert.is(askedCount, 0);
});

test('tampered keys are refused, and so is what is no credential at all', async () => {
  const right = node.key('red');
  const random = makeApiKey((count) => randomBytes(count)).text;
  const last = right.at(-1) === '0' ? '1' : '0';
  const wrong: Record<string, Shown> = {
    'checksum changed': { apiKey: `${right.slice(0, -1)}${last}` },
    'checksum cut': { apiKey: right.slice(0, -8) },
    'secret changed': { apiKey: `${right.slice(0, 40)}${right[40] === 'A' ? 'B' : 'A'}${right.slice(41)}` },
    'well-formed and unknown': { apiKey: random },
    'as a token': { bearer: random },
    'in upper case': { apiKey: right.toUpperCase() },
    doubled: { apiKey: `${right}, ${right}` },
    'digest instead of key': { apiKey: `sha256:${'0'.repeat(64)}` },
    'key and token at once': { apiKey: right, bearer: right },
    'too long': { apiKey: 'x'.repeat(9_000) },
    'a token that is none': { bearer: 'a b c' },
    'an empty key': { apiKey: '' },
  };
  for (const [name, shown] of Object.entries(wrong)) await assertRefused(name, shown);
});

test('another scheme of authorization is no way in', async () => {
  const authorizations = [
    'Basic YTpi',
    'Bearer',
    'Bearer ',
    'bearer\t',
    'Digest x',
    'x',
    `Bearer ${'a'.repeat(9_000)}`,
  ];
  for (const authorization of authorizations) {
    const response = await fetch(`${node.url}/api/v1/keys`, { headers: { authorization } });
    assert.is(response.status, 401, authorization);
  }
});

test('a wrong key and the mark of a proxy are seen behind any number of headers', async () => {
  const { port } = node.host.address!;
  for (const last of ['x-api-key: wrong', 'x-forwarded-for: 203.0.113.9', 'authorization: Basic YTpi']) {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    const head = `GET /api/v1/keys HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n`;
    socket.write(`${head}${'x: y\r\n'.repeat(2_500)}${last}\r\n\r\n`);
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    assert.match(text, /^HTTP\/1\.1 401 /, last);
  }
});

test('the node works and its log has no credential', () => node.assertHealthy());
