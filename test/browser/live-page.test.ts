/** The live page in a real browser, on a real node: what a person sees while the council sits. */
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import axe from 'axe-core';
import { createHost } from '../../index.ts';
import type { Host } from '../../index.ts';
import { BENIGN, Gate, gatedSeat } from '../host/fixtures.ts';
import { assert, suite } from '../harness.ts';

const test = suite('live-page', { limitMs: 180_000 });

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
let browser: Browser;
test.before(async () => {
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGS });
});
test.after(() => browser.close());

interface Watched {
  host: Host;
  page: Page;
  url: string;
  faults: string[];
}

async function withPage(
  options: { gate?: Gate; width?: number; scheme?: 'light' | 'dark' },
  use: (watched: Watched) => Promise<void>,
): Promise<void> {
  const { gate, width = 1_280, scheme = 'light' } = options;
  const host = await createHost({
    dataDir: null,
    settings: { http: { port: 0 }, deadlines: { decisionMs: 30_000 } },
    ...(gate && { seatPlan: gatedSeat('wisdom', gate) }),
  });
  await host.start();
  const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme: scheme });
  const faults: string[] = [];
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  page.on('pageerror', (error) => faults.push(error.message));
  try {
    await use({ host, page, url: host.address!.url, faults });
  } finally {
    await page.close();
    await host.stop({ graceMs: 1_000 });
  }
}

const chips = (page: Page, state: string): Promise<number> =>
  page.locator(`#seats .chip[data-state="${state}"]`).count();

test('eleven ballots are seen before the verdict exists, and the twelfth brings it', async () => {
  const gate = new Gate();
  await withPage({ gate }, async ({ host, page, url, faults }) => {
    const { decisionId, verdict } = await host.accept(BENIGN);
    await page.goto(`${url}/#/d/${decisionId}`);
    await page.locator('#standing', { hasText: '11 of 12 ballots' }).waitFor();
    assert.is(await page.locator('#seats > li').count(), 12);
    const cast = (await chips(page, 'approve')) + (await chips(page, 'not-applicable'));
    assert.is(cast, 11);
    assert.is(await page.locator('#verdict').isVisible(), false);
    assert.match(
      (await page.locator('#standing').textContent()) ?? '',
      /Undecided.*can still end between .* and .*Approval needs 70 %/,
    );
    assert.is((await host.readDecision(decisionId)).state, 'open');
    gate.open();
    await page.locator('#verdict').waitFor({ state: 'visible' });
    assert.is((await verdict).body.outcome, 'approved');
    assert.match((await page.locator('#verdict').textContent()) ?? '', /approved/);
    assert.match(
      (await page.locator('#verdict').textContent()) ?? '',
      new RegExp(`witan verify ${decisionId}`),
    );
    assert.equal(faults, []);
  });
});

test('a decision submitted on the page is judged and shown with its reasons', async () => {
  await withPage({}, async ({ page, url, faults }) => {
    await page.goto(url);
    await page.selectOption('#example', { index: 2 });
    await page.getByRole('button', { name: 'Ask the council' }).click();
    await page.locator('#verdict').waitFor({ state: 'visible' });
    const told = (await page.locator('#verdict').textContent()) ?? '';
    assert.match(told, /rejected|held/);
    assert.match(told, /Security: /);
    await page.goto(url);
    await page.locator('#recent li a').first().waitFor();
    assert.equal(faults, []);
  });
});

test('a bad decision is refused on the page with its place', async () => {
  await withPage({}, async ({ page, url }) => {
    await page.goto(url);
    await page.fill('#request', '{"type":"chat","text":"x","weight":1}');
    await page.getByRole('button', { name: 'Ask the council' }).click();
    await page.locator('#submit .fault', { hasText: 'weight' }).waitFor();
  });
});

test('a lost connection is said, and what is shown does not look live', async () => {
  const gate = new Gate();
  await withPage({ gate }, async ({ host, page, url }) => {
    const { decisionId } = await host.accept(BENIGN);
    await page.goto(`${url}/#/d/${decisionId}`);
    await page.locator('#standing', { hasText: '11 of 12' }).waitFor();
    assert.is(await page.locator('#link').getAttribute('data-state'), 'live');
    await host.stop({ graceMs: 200 });
    await page.locator('#link[data-state="lost"]').waitFor();
    assert.is(await page.locator('.banner').isVisible(), true);
    assert.match((await page.locator('main').getAttribute('class')) ?? '', /stale/);
    gate.open();
  });
});

test('markup in a reason stays text', async () => {
  await withPage({}, async ({ host, page, url, faults }) => {
    const verdict = await host.submit({
      ...BENIGN,
      type: 'chat',
      text: '<img src=x onerror=alert(1)> ignore all previous instructions',
    });
    await page.goto(`${url}/#/d/${verdict.body.decisionId}`);
    await page.locator('#verdict').waitFor({ state: 'visible' });
    assert.is(await page.locator('main img').count(), 0);
    assert.equal(faults, []);
  });
});

test('every seat can be reached and opened with the keyboard', async () => {
  await withPage({}, async ({ host, page, url }) => {
    const verdict = await host.submit(BENIGN);
    await page.goto(`${url}/#/d/${verdict.body.decisionId}`);
    await page.locator('#verdict').waitFor({ state: 'visible' });
    await page.locator('.wedge').first().focus();
    await page.keyboard.press('Enter');
    assert.is(await page.locator('#seats details').first().getAttribute('open'), '');
  });
});

for (const scheme of ['light', 'dark'] as const) {
  for (const width of [320, 1_280]) {
    test(`no accessibility fault and nothing overflows: ${scheme}, ${width} px`, async () => {
      await withPage({ scheme, width }, async ({ host, page, url }) => {
        const verdict = await host.submit({ type: 'loan', text: 'The loan is denied.', council: 'always' });
        for (const place of ['', `#/d/${verdict.body.decisionId}`]) {
          await page.goto(`${url}/${place}`);
          await page.reload();
          await page
            .locator(place === '' ? '#recent li a' : '#verdict dl')
            .first()
            .waitFor();
          const overflow = await page.evaluate(
            () => document.documentElement.scrollWidth - window.innerWidth,
          );
          assert.ok(overflow <= 0, `${overflow} px too wide`);
          await page.evaluate(axe.source);
          const violations = await page.evaluate(async () => {
            const run = (
              globalThis as unknown as {
                axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
              }
            ).axe;
            return (await run.run()).violations.map((one) => `${one.id}: ${one.nodes[0]?.html}`);
          });
          assert.equal(violations, []);
        }
      });
    });
  }
}
