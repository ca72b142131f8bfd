/**
 * Takes the README's pictures: the live page while the council deliberates on a real decision.
 *
 *     node --import tsx tools/docs/take-pictures.ts
 *
 * One seat is held back until the picture is taken, so that eleven ballots and the open tally are seen.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { createHost } from '../../index.ts';
import type { HostConfig } from '../../index.ts';

const ROOT = join(import.meta.dirname, '../..');
const FOLDER = join(ROOT, 'docs/pictures');
const DECISION = join(ROOT, 'examples/decisions/loan-denial.json');
const HELD_SEAT = 'wisdom';
const ARGS = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'];

type SeatPlanOf = NonNullable<HostConfig['seatPlan']>;

function heldBack(until: Promise<void>): SeatPlanOf {
  return (plan) => {
    if (plan.seat !== HELD_SEAT) return plan;
    const evaluators = plan.evaluators.map((evaluator) => ({
      ...evaluator,
      evaluate: async (...input: Parameters<typeof evaluator.evaluate>) => {
        if (input[0].decision.tenant !== 'system') await until;
        return evaluator.evaluate(...input);
      },
    }));
    return { ...plan, evaluators };
  };
}

async function take(scheme: 'light' | 'dark', file: string): Promise<void> {
  let release = (): void => undefined;
  const taken = new Promise<void>((resolve) => (release = resolve));
  const host = await createHost({
    dataDir: null,
    settings: { http: { port: 0 }, deadlines: { decisionMs: 60_000, policyMs: 10_000, checksMs: 20_000 } },
    seatPlan: heldBack(taken),
  });
  await host.start();
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGS });
  try {
    const page = await browser.newPage({
      viewport: { width: 1_200, height: 800 },
      colorScheme: scheme,
      reducedMotion: 'reduce',
    });
    const { decisionId, verdict } = await host.accept(JSON.parse(readFileSync(DECISION, 'utf8')));
    await page.goto(`${host.address!.url}/#/d/${decisionId}`);
    await page.locator('#standing', { hasText: '11 of 12 ballots' }).waitFor();
    await page.screenshot({ path: join(FOLDER, file), fullPage: true, animations: 'disabled' });
    release();
    await verdict;
  } finally {
    await browser.close();
    await host.stop({ graceMs: 1_000 });
  }
}

mkdirSync(FOLDER, { recursive: true });
await take('light', 'deliberation.png');
await take('dark', 'deliberation-dark.png');
