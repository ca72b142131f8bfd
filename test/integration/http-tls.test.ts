/** HTTPS of the door: client certificates, an exchange of certificates under load, and the port that redirects. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:https';
import type { RequestOptions } from 'node:https';
import { request as plainRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { X509Certificate } from 'node:crypto';
import { certificateAuthority, signedCertificate } from '../doors/certificates.ts';
import { openStubDoor } from '../doors/stub-backend.ts';
import { assert, suite } from '../harness.ts';

const test = suite('http-tls', { limitMs: 20_000 });
const folder = mkdtempSync(join(tmpdir(), 'witan-tls-'));
const authority = certificateAuthority(folder);
const first = signedCertificate(folder, 'first', authority);
const second = signedCertificate(folder, 'second', authority);
const client = signedCertificate(folder, 'client', authority);
const served = { certFile: join(folder, 'served.pem'), keyFile: join(folder, 'served.key') };
const serve = (files: typeof served): void => {
  copyFileSync(files.keyFile, served.keyFile);
  copyFileSync(files.certFile, served.certFile);
};
serve(first);
const faults: string[] = [];
const { gate, door, port } = await openStubDoor({
  tls: { ...served, clientCaFile: authority.certFile },
  tlsCheckMs: 20,
  onDefect: (error) => faults.push(String(error)),
});
test.after(async () => {
  await door.close(200);
  rmSync(folder, { recursive: true });
});

interface Answer {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  /** Common name of the server's certificate. */
  readonly server: string;
}

function get(options: RequestOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const ca = readFileSync(authority.certFile);
    const call = request(
      { host: '127.0.0.1', port, path: '/health', ca, agent: false, ...options },
      (response) => {
        const server = String((response.socket as TLSSocket).getPeerCertificate().subject?.CN);
        response.resume();
        response.on('end', () =>
          resolve({ status: response.statusCode!, headers: response.headers, server }),
        );
      },
    );
    call.on('error', reject);
    call.end();
  });
}

test('answers over TLS say so to browsers', async () => {
  const { status, headers } = await get();
  assert.is(status, 200);
  assert.match(String(headers['strict-transport-security']), /max-age=/);
});

test('a client certificate of the authority is told to the gate, any other is not', async () => {
  await get({ cert: readFileSync(client.certFile), key: readFileSync(client.keyFile) });
  const digest = new X509Certificate(readFileSync(client.certFile)).fingerprint256
    .replaceAll(':', '')
    .toLowerCase();
  assert.is(gate.calls.at(-1)!.credentials.certificateDigest, digest);
  const stranger = certificateAuthority(folder, 'stranger');
  await get({ cert: readFileSync(stranger.certFile), key: readFileSync(stranger.keyFile) });
  assert.is(gate.calls.at(-1)!.credentials.certificateDigest, undefined);
});

test('new certificates are served without a lost request, on old connections too', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  let server = '';
  let count = 0;
  serve(second);
  while (server !== 'second') {
    const answers = await Promise.all([get(), get({ agent }), get({ agent })]);
    assert.ok(answers.every(({ status }) => status === 200));
    server = answers[0].server;
    count += 1;
  }
  agent.destroy();
  assert.ok(count > 0);
});

test('a key that does not fit is reported and the old certificate stays', async () => {
  copyFileSync(first.keyFile, served.keyFile);
  const count = faults.length;
  while (faults.length === count) assert.is((await get()).server, 'second');
  assert.match(faults.at(-1)!, /config_invalid|TLS files/);
  copyFileSync(second.keyFile, served.keyFile);
});

test('the other port redirects names that are ours and nothing else', async () => {
  const address = await door.redirect({ host: '127.0.0.1', port: 0 }, { host: '127.0.0.1', port, url: '' });
  const ask = (host: string): Promise<[number, string | undefined]> =>
    new Promise((resolve, reject) => {
      const call = plainRequest(
        { host: '127.0.0.1', port: address.port, path: '/api/v1/decisions?limit=1', headers: { host } },
        (response) => {
          response.resume();
          resolve([response.statusCode!, response.headers.location]);
        },
      );
      call.on('error', reject);
      call.end();
    });
  assert.equal(await ask('localhost:80'), [308, `https://localhost:${port}/api/v1/decisions?limit=1`]);
  assert.equal(await ask('evil.example'), [403, undefined]);
});
