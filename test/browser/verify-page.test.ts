/** The page that checks decisions, opened from a file: without a node, without a network. */
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import axe from 'axe-core';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHost } from '../../index.ts';
import type { DecisionProof, PinnedKey } from '../../contracts/messages/decision-proof.ts';
import { verifyScript, wholePage } from '../../tools/setup/verify-page.mjs';
import { BENIGN } from '../host/fixtures.ts';
import { assert, suite } from '../harness.ts';

const test = suite('verify-page', { limitMs: 180_000 });

const ARGS = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'];
const folder = mkdtempSync(join(tmpdir(), 'witan-page-'));
const file = join(folder, 'verify.html');
let browser: Browser;
let proof: DecisionProof;
let key: PinnedKey;

test.before(async () => {
  writeFileSync(file, wholePage(verifyScript()));
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGS });
  const settings = { council: { aggregateBallots: true, aggregateWaitMs: 30_000 } };
  const host = await createHost({ dataDir: null, http: false, settings });
  await host.start();
  const { body } = await host.submit({ ...BENIGN, council: 'always' });
  proof = await host.proof(body.decisionId);
  key = host.pinnedKey();
  await host.stop({ graceMs: 1_000 });
});
test.after(async () => {
  await browser.close();
  rmSync(folder, { recursive: true });
});

async function opened(use: (page: Page, asked: string[]) => Promise<void>): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 1_280, height: 900 } });
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  page.on('pageerror', (error) => asked.push(error.message));
  page.on('console', (message) => message.type() === 'error' && asked.push(message.text()));
  try {
    await page.goto(`file://${file}`);
    await use(page, asked);
    assert.equal(asked, [`file://${file}`], 'the page loads and asks for nothing else');
  } finally {
    await page.close();
  }
}

const verdict = (page: Page): Promise<string> => page.locator('#verdict').innerText();
const steps = async (page: Page): Promise<string[]> => {
  const states: string[] = [];
  for (const item of await page.locator('#steps li').all()) {
    states.push((await item.getAttribute('data-state')) ?? '');
  }
  return states;
};
const bundleOf = (decision: unknown): string =>
  JSON.stringify({ format: 'witan-bundle/1', decision, witnessed: null, anchors: [] });

test('a true bundle is verified step by step, and what it lacks is said', () =>
  opened(async (page) => {
    await page.fill('#evidence', bundleOf(proof));
    assert.match(await verdict(page), /Name the public key/);
    await page.fill('#key', JSON.stringify(key));
    assert.match(await verdict(page), /^Verified: /);
    assert.equal(await steps(page), ['verified', 'verified', 'verified', 'absent', 'absent']);
    assert.match(await page.locator('#steps li').first().innerText(), /12 ballots and their aggregate/);
    await page.fill('#key', key.publicKeys[0]!);
    assert.match(await verdict(page), /^Verified: /);
    await page.fill('#evidence', JSON.stringify(proof));
    assert.match(await verdict(page), /^Verified: /);
  }));

test('every part that is changed is named as the first wrong thing', () =>
  opened(async (page) => {
    await page.fill('#key', JSON.stringify(key));
    const changed = async (change: (copy: DecisionProof) => void): Promise<string[]> => {
      const copy = structuredClone(proof);
      change(copy);
      await page.fill('#evidence', bundleOf(copy));
      return steps(page);
    };
    const byte = await changed((copy) => {
      copy.final.canonical = copy.final.canonical.replace('"outcome":"', '"outcome":"x');
    });
    assert.is(byte.indexOf('failed'), 1);
    assert.match(await verdict(page), /Not verified.*final #\d+, leafHash/s);
    const half = await changed(({ final }) => {
      const seat = final.keys.find(({ keyId }) => keyId.startsWith('seat/guardian'));
      const other = final.keys.find(({ keyId }) => keyId.startsWith('seat/truth'));
      seat!.aggregate!.possession = other!.aggregate!.possession;
    });
    assert.is(half.indexOf('failed'), 0);
    assert.match(await verdict(page), /Not verified.*final #\d+, keys\.seat\/guardian.*possession/s);
    const path = await changed((copy) => void (copy.final.inclusion[0] = '00'.repeat(32)));
    assert.is(path.indexOf('failed'), 1);
    const head = await changed((copy) => void (copy.opened.checkpoint.size += 1));
    assert.is(head.indexOf('failed'), 2);
    assert.equal(head.slice(3), ['unreached', 'unreached']);
  }));

test('another key, no JSON, and pins that cannot be read are told in words', () =>
  opened(async (page) => {
    await page.fill('#evidence', bundleOf(proof));
    await page.fill('#key', '00'.repeat(32));
    assert.match(await verdict(page), /Not verified.*checkpoint\.note/s);
    await page.fill('#key', 'my key');
    assert.match(await verdict(page), /Not JSON: the key/);
    await page.fill('#key', JSON.stringify(key));
    await page.fill('#evidence', '<img src=x onerror=alert(1)>');
    assert.match(await verdict(page), /Not JSON: the evidence/);
    await page.fill('#evidence', bundleOf(proof));
    await page.locator('summary').click();
    await page.fill('#chain-id', '1');
    assert.match(await verdict(page), /A chain is its number/);
    await page.fill('#contract', `0x${'11'.repeat(20)}`);
    assert.match(await verdict(page), /Not verified.*an anchor in 0x11/s);
  }));

test('it can be used by everyone: no violation of accessibility', () =>
  opened(async (page) => {
    await page.fill('#key', JSON.stringify(key));
    await page.fill('#evidence', bundleOf(proof));
    // Past the page's own policy, which lets no script of others in.
    const found = await page.evaluate(`${axe.source}; axe.run()`);
    const { violations } = found as { violations: { id: string }[] };
    assert.equal(
      violations.map(({ id }) => id),
      [],
    );
  }));
