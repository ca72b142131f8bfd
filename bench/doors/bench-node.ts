/** A whole node with every door open and the whole gate before them, and who may call it. */
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { CryptoKey } from 'jose';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHost, createLogTelemetry } from '../../index.ts';
import type { Host, SettingsInput } from '../../index.ts';
import { NATS_MISSING, startNats } from '../../test/nats-server.ts';
import type { NatsServer } from '../../test/nats-server.ts';

/** A started node and its surroundings. */
export interface BenchNode extends AsyncDisposable {
  readonly host: Host;
  /** Undefined where no server is installed. */
  readonly nats: NatsServer | undefined;
  readonly ports: { readonly http: number; readonly grpc: number };
  /** A key of a tenant, with the roles that submit and read. */
  key(tenant: string): Promise<string>;
  /** `count` tokens, none like another. */
  tokens(count: number): Promise<string[]>;
}

const ISSUER = 'https://issuer.bench';
const UNLIMITED = 1_000_000_000;
/** One request in a hundred is logged. */
const SAMPLED_BP = 100;

/** Starts it on a real file below a temporary folder. Loopback is limited and counted like any address. */
export async function startBenchNode(settings: SettingsInput = {}): Promise<BenchNode> {
  const dataDir = await mkdtemp(join(tmpdir(), 'witan-bench-'));
  const nats = NATS_MISSING === undefined ? await startNats({ jetStream: false }) : undefined;
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const { kty = '', crv = '', x = '', y = '' } = await exportJWK(publicKey);
  const jwk = { kty, crv, x, y, kid: 'bench', alg: 'ES256' };
  const issuer = { name: 'bench', issuer: ISSUER, keys: [jwk] };
  // The lines are made and handed over; where they go to is the embedder's.
  const telemetry = createLogTelemetry({ write: () => undefined });
  const host = await createHost({
    dataDir,
    telemetry,
    settings: {
      http: { port: 0, addressConnectionMaxCount: 1_000_000 },
      grpc: { port: 0 },
      ...(nats && { nats: { url: nats.url } }),
      telemetry: { requestSampleBp: SAMPLED_BP },
      identity: { issuers: [issuer] },
      ...settings,
      admission: {
        limitLoopback: true,
        ipRequestMaxCount: UNLIMITED,
        keyRequestMaxCount: UNLIMITED,
        callerStreamMaxCount: 1_000_000,
        addressStreamMaxCount: 1_000_000,
        ...settings.admission,
      },
    },
  });
  await host.start();
  const { url, port } = host.address!;
  return {
    host,
    nats,
    ports: { http: port, grpc: host.grpcAddress!.port },
    key: (tenant) => makeKey(url, tenant),
    tokens: (count) => makeTokens(privateKey, count),
    [Symbol.asyncDispose]: async () => {
      await host.stop();
      await nats?.end();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function makeKey(url: string, tenant: string): Promise<string> {
  const response = await fetch(`${url}/api/v1/keys`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ tenant, roles: ['submitter'] }),
  });
  if (response.status !== 201) throw new Error(`no key was made: ${await response.text()}`);
  return ((await response.json()) as { key: string }).key;
}

function makeTokens(key: CryptoKey, count: number): Promise<string[]> {
  const now = Math.floor(Date.now() / 1_000);
  const claims = { iss: ISSUER, aud: 'nethical-api', tenant: 'acme', scope: 'nethical:read' };
  return Promise.all(
    Array.from({ length: count }, (_, at) =>
      new SignJWT({ ...claims, sub: 'bench', jti: String(at), nbf: now - 1, exp: now + 3_600 })
        .setProtectedHeader({ alg: 'ES256', kid: 'bench' })
        .sign(key),
    ),
  );
}
