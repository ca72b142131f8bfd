/** The client in a browser: bundled with nothing of Node, small, and working in Chromium against a node. */
import { build } from 'esbuild';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';
import { createHost } from '../../index.ts';
import { BENIGN } from '../host/fixtures.ts';
import { assert, suite } from '../harness.ts';

type Sdk = typeof import('../../transport/client/browser.ts');

const test = suite('client-bundle', { limitMs: 180_000 });
const ROOT = join(import.meta.dirname, '../..');
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-sync',
];

/**
 * Most of it is zod and the signature checks, of which pairings are 20 kB that a bundler with split chunks
 * loads only for records with an aggregate; without a bound it would grow unseen.
 */
const GZIP_MAX_BYTES = 170_000;

async function bundled(format: 'esm' | 'iife'): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(ROOT, 'transport/client/browser.ts')],
    bundle: true,
    minify: true,
    format,
    ...(format === 'iife' && { globalName: 'WitanClientSdk' }),
    platform: 'browser',
    target: 'es2022',
    write: false,
    logLevel: 'silent',
  });
  return outputFiles[0]!.text;
}

test('the bundle holds nothing of Node and stays small', async () => {
  const text = await bundled('esm');
  assert.not.match(text, /["']node:/);
  const zipped = gzipSync(text).length;
  process.stdout.write(`client bundle: ${text.length} bytes, ${zipped} gzipped\n`);
  assert.ok(zipped < GZIP_MAX_BYTES, `${zipped} bytes`);
});

test('package.json gives browsers the browser entry', () => {
  const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    exports: Record<string, Record<string, string>>;
  };
  const entry = Object.entries(exports['./client']!);
  assert.equal(
    entry.map(([condition]) => condition),
    ['types', 'browser', 'default'],
  );
});

test('in Chromium a decision is submitted, followed, proven and checked offline', async () => {
  const host = await createHost({ dataDir: null, settings: { http: { port: 0 } } });
  await host.start();
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGS });
  try {
    const page = await browser.newPage();
    // The node's own origin: it serves no other.
    await page.goto(host.address!.url);
    await page.evaluate(`${await bundled('iife')}; globalThis.WitanClientSdk = WitanClientSdk;`);
    const seen = await page.evaluate(
      async ({ request, pinned }) => {
        const { WitanClientSdk: sdk } = globalThis as unknown as { WitanClientSdk: Sdk };
        const client = await sdk.connect({ http: location.origin });
        const { decisionId, outcome } = (await client.evaluate(request)).body;
        const kinds = [];
        for await (const item of client.watch(decisionId))
          kinds.push(item.kind === 'event' ? item.event.type : item.kind);
        const { ok, mismatch } = await client.verify(decisionId, pinned);
        return { outcome, last: kinds.at(-1), ok, mismatch };
      },
      { request: BENIGN, pinned: host.pinnedKey() },
    );
    assert.equal(seen, { outcome: 'approved', last: 'final', ok: true, mismatch: null });
  } finally {
    await browser.close();
    await host.stop({ graceMs: 500 });
  }
});
