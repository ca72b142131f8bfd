/** TLS of the gRPC door: client certificates, wrong authorities, an exchange of certificates under load. */
import { ChannelCredentials, status } from '@grpc/grpc-js';
import { X509Certificate } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { toWitanError } from '../../contracts/errors.ts';
import { Council } from '../../contracts/proto/gen/witan/v1/council_service_pb.ts';
import { readTlsFiles, reloadTlsOnChange } from '../../transport/grpc/index.ts';
import { certificateAuthority, signedCertificate } from '../doors/certificates.ts';
import { failure, GrpcTestClient, reading } from '../doors/grpc-client.ts';
import { openGrpcDoor } from '../doors/grpc-door.ts';
import { assert, suite } from '../harness.ts';

const test = suite('grpc-tls', { limitMs: 20_000 });
const folder = mkdtempSync(join(tmpdir(), 'witan-grpc-tls-'));
const strangers = mkdtempSync(join(tmpdir(), 'witan-grpc-tls-strangers-'));
const authority = certificateAuthority(folder);
const first = signedCertificate(folder, 'first', authority);
const second = signedCertificate(folder, 'second', authority);
const known = signedCertificate(folder, 'client', authority);
const stranger = signedCertificate(strangers, 'client', certificateAuthority(strangers));
const ca = readFileSync(authority.certFile);
const clientCa = readFileSync(authority.certFile, 'utf8');

type Files = typeof first;
const pem = ({ certFile, keyFile }: Files): { cert: string; key: string } => ({
  cert: readFileSync(certFile, 'utf8'),
  key: readFileSync(keyFile, 'utf8'),
});

const required = await openGrpcDoor({ tls: { ...pem(first), clientCa } });
const optional = await openGrpcDoor({ tls: { ...pem(first), clientCa, requireClientCert: false } });
test.after(async () => {
  await Promise.all([required.door.close(200), optional.door.close(200)]);
  for (const one of [folder, strangers]) rmSync(one, { recursive: true });
});

function clientOf(target: string, files?: Files): GrpcTestClient {
  const credentials = files
    ? ChannelCredentials.createSsl(ca, readFileSync(files.keyFile), readFileSync(files.certFile))
    : ChannelCredentials.createSsl(ca);
  return new GrpcTestClient(target, credentials);
}

const { listAgents, watch } = Council.method;

/** Common name of the certificate that a new connection is shown. */
function shownName(target: string): Promise<string> {
  const [host, port] = target.split(':');
  const files = { cert: readFileSync(known.certFile), key: readFileSync(known.keyFile) };
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(port), ca, ...files, ALPNProtocols: ['h2'] }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

test('a client with a certificate is served, and its digest goes to the gate', async () => {
  const client = clientOf(required.target, known);
  await client.unary(listAgents, {});
  const digest = new X509Certificate(readFileSync(known.certFile)).fingerprint256;
  assert.is(
    required.gate.calls.at(-1)?.credentials.certificateDigest,
    digest.replaceAll(':', '').toLowerCase(),
  );
  client.close();
});

test('a client without a certificate, or with one of another authority, does not get in', async () => {
  const before = required.gate.calls.length;
  for (const files of [undefined, stranger]) {
    const client = clientOf(required.target, files);
    assert.is((await failure(client.unary(listAgents, {}))).status, status.UNAVAILABLE);
    client.close();
  }
  const plain = new GrpcTestClient(required.target);
  assert.is((await failure(plain.unary(listAgents, {}))).status, status.UNAVAILABLE);
  plain.close();
  assert.is(required.gate.calls.length, before);
});

test('where none is required, a certificate of another authority counts as none', async () => {
  for (const files of [undefined, stranger]) {
    const client = clientOf(optional.target, files);
    await client.unary(listAgents, {});
    assert.is(optional.gate.calls.at(-1)?.credentials.certificateDigest, undefined);
    client.close();
  }
});

test('certificates are exchanged under load: no call fails, streams go on, new connections get the new', async () => {
  const client = clientOf(required.target, known);
  const stream = client.serverStream(watch, {});
  const { ended } = reading(stream);
  let isOver = false;
  let count = 0;
  const load = Array.from({ length: 4 }, async () => {
    while (!isOver) {
      const fresh = clientOf(required.target, known);
      await fresh.unary(listAgents, {});
      await client.unary(listAgents, {});
      fresh.close();
      count += 2;
    }
  });
  assert.is(await shownName(required.target), 'first');
  for (let turn = 0; turn < 6; turn += 1) {
    required.door.reloadTls({ ...pem(turn % 2 === 0 ? second : first), clientCa });
    assert.is(await shownName(required.target), turn % 2 === 0 ? 'second' : 'first');
  }
  isOver = true;
  await Promise.all(load);
  assert.ok(count > 0);
  assert.is(required.door.streamCount, 1);
  stream.cancel();
  await ended;
  client.close();
});

test('certificates that do not fit together are refused, and the old ones stay', async () => {
  const wrong = { cert: pem(first).cert, key: pem(second).key, clientCa };
  let code = '';
  try {
    required.door.reloadTls(wrong);
  } catch (error) {
    code = toWitanError(error).code;
  }
  assert.is(code, 'config_invalid');
  assert.is(await shownName(required.target), 'first');
});

test('files are read again when they change; a set that does not fit is told', async () => {
  const served = { certFile: join(folder, 'served.pem'), keyFile: join(folder, 'served.key') };
  const files = { ...served, clientCaFile: authority.certFile, requireClientCert: true };
  const serve = (from: Files): void => {
    copyFileSync(from.keyFile, served.keyFile);
    copyFileSync(from.certFile, served.certFile);
  };
  serve(first);
  const { door, target } = await openGrpcDoor({ tls: readTlsFiles(files) });
  let onReload: () => void = () => undefined;
  let onFault: () => void = () => undefined;
  const stop = reloadTlsOnChange(
    files,
    (tls) => {
      door.reloadTls(tls);
      onReload();
    },
    { checkMs: 20, onFault: () => onFault() },
  );
  const reloaded = new Promise<void>((resolve) => (onReload = resolve));
  serve(second);
  await reloaded;
  while ((await shownName(target)) !== 'second');
  const faulty = new Promise<void>((resolve) => (onFault = resolve));
  copyFileSync(first.keyFile, served.keyFile);
  await faulty;
  assert.is(await shownName(target), 'second');
  stop();
  await door.close(200);
});
