/** A whole node with the real gate and every door open, and an eye on what it must not do under attack. */
import { tmpdir } from 'node:os';
import { makeApiKey, secretDigest } from '../../../agents/platform/gate/credentials/api-key.ts';
import type { SettingsInput } from '../../../config/schema.ts';
import { SCOPES } from '../../../contracts/operations.ts';
import type { Scope } from '../../../contracts/operations.ts';
import { createHost, createLogTelemetry } from '../../../index.ts';
import type { Host } from '../../../index.ts';
import { makeKey } from '../../gate/token-issuer.ts';
import type { IssuerKey } from '../../gate/token-issuer.ts';
import { assert } from '../../harness.ts';
import { NATS_MISSING, startNats } from '../../nats-server.ts';
import type { NatsServer } from '../../nats-server.ts';

/** Issuer and audience that the node trusts. */
export const ISSUER = 'https://issuer.test';
export const AUDIENCE = 'nethical-api';

/** What belongs to the inside of a node and to no answer of it. */
const INSIDE = [
  /node_modules/,
  /\.[tj]s:\d/,
  /\bat (async )?[\w.<>]+ \(/,
  /file:\/\//,
  /node:internal/,
  /\bSELECT\b.+\bFROM\b|\bINSERT INTO\b/,
  /PRIVATE KEY/,
  /\b(Type|Range|Syntax|Reference|Zod)Error\b/,
  /Cannot read propert|is not a function|is not iterable|Unexpected token/,
  /\bE(NOENT|CONN\w+|PIPE|ACCES)\b/,
];

/** See the file's head. */
export class AttackedNode {
  readonly #keys = new Map<string, string>();
  readonly #faults: unknown[] = [];
  readonly #secrets: string[] = [];
  readonly logLines: string[] = [];
  host!: Host;
  nats: NatsServer | undefined;
  rsa!: IssuerKey;

  /** Starts it; `tenants` get a key for every scope, one for all of them, and one for all but each. */
  static async start(settings: SettingsInput = {}, { trustLoopback = false } = {}): Promise<AttackedNode> {
    const node = new AttackedNode();
    process.on('unhandledRejection', node.#onFault);
    process.on('uncaughtException', node.#onFault);
    node.nats = NATS_MISSING ? undefined : await startNats();
    node.rsa = await makeKey('rs-1', 'RS256');
    const identity = {
      trustLoopback,
      tokenLeewayMs: 0,
      apiKeys: ['red', 'blue'].flatMap((tenant) => node.#keysOf(tenant)),
      issuers: [
        {
          name: 'test',
          issuer: ISSUER,
          audience: AUDIENCE,
          keys: [node.rsa.jwk as Record<string, never>],
        },
      ],
    };
    node.host = await createHost({
      dataDir: null,
      telemetry: createLogTelemetry({ write: (line) => void node.logLines.push(line) }),
      settings: {
        http: { port: 0 },
        nats: { url: node.nats?.url ?? '' },
        identity,
        deadlines: { decisionMs: 30_000, policyMs: 10_000, checksMs: 10_000 },
        telemetry: { requestSampleBp: 10_000 },
        admission: {
          ipRequestMaxCount: 1_000_000,
          keyRequestMaxCount: 1_000_000,
          ratePerSecond: 1_000_000,
          rateBurstCount: 1_000_000,
          openDecisionMaxCount: 8,
          waitTargetMs: 0,
          // A decision may take long on a machine that does other work as well.
          waitMaxMs: 30_000,
        },
        ...settings,
      },
    });
    await node.host.start();
    return node;
  }

  get url(): string {
    return this.host.address!.url;
  }

  /** Key of a tenant: `all`, one scope, or `not:` and a scope. */
  key(tenant: 'red' | 'blue', kind: 'all' | Scope | `not:${Scope}` = 'all'): string {
    return this.#keys.get(`${tenant}/${kind}`)!;
  }

  /** Text that must stand in no answer and no log line. */
  keepSecret(text: string): string {
    this.#secrets.push(text);
    return text;
  }

  /** Nothing of the inside, and no secret, stands in what came out. */
  assertSaysNothing(text: string): void {
    for (const pattern of INSIDE) assert.not.match(text, pattern);
    for (const secret of [...this.#secrets, import.meta.dirname, process.cwd(), `${tmpdir()}/witan`]) {
      assert.not.ok(text.includes(secret), `${secret.slice(0, 20)}… stands in ${text.slice(0, 500)}`);
    }
  }

  /** The node works: it is ready, decides, and nothing fell to the process. */
  async assertHealthy(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(this.#faults.map(String), []);
    const ready = await fetch(`${this.url}/ready`);
    assert.is(ready.status, 200, await ready.text());
    const response = await fetch(`${this.url}/api/v1/decisions/evaluate`, {
      method: 'POST',
      headers: { 'x-api-key': this.key('blue'), 'content-type': 'application/json' },
      body: JSON.stringify({ type: 'chat', text: 'How long does a loaf bake?', council: 'always' }),
    });
    const answer = (await response.json()) as { body?: { outcome: string } };
    assert.is(answer.body?.outcome, 'approved', JSON.stringify(answer).slice(0, 500));
    for (const line of this.logLines) {
      for (const secret of this.#secrets) assert.not.ok(line.includes(secret), `a secret in: ${line}`);
    }
  }

  async end(): Promise<void> {
    await this.host.stop({ graceMs: 500 });
    await this.nats?.end();
    process.off('unhandledRejection', this.#onFault);
    process.off('uncaughtException', this.#onFault);
  }

  readonly #onFault = (fault: unknown): void => void this.#faults.push(fault);

  #keysOf(tenant: string): { id: string; tenant: string; scopes: Scope[]; digest: `sha256:${string}` }[] {
    const kinds = new Map<string, Scope[]>([['all', [...SCOPES]]]);
    for (const scope of SCOPES) {
      kinds.set(scope, [scope]);
      kinds.set(
        `not:${scope}`,
        SCOPES.filter((one) => one !== scope),
      );
    }
    return [...kinds].map(([kind, scopes]) => {
      const { text } = makeApiKey((count) => crypto.getRandomValues(new Uint8Array(count)));
      this.#keys.set(`${tenant}/${kind}`, this.keepSecret(text));
      return { id: `${tenant}-${kind}`, tenant, scopes, digest: `sha256:${secretDigest(text)}` as const };
    });
  }
}

/** Bytes of the heap that are in use when all garbage is gone. */
export function heapBytes(): number {
  const { gc } = globalThis;
  if (!gc) throw new Error('run with --expose-gc');
  gc();
  gc();
  return process.memoryUsage().heapUsed;
}
